//! The backlog: no job beside a sleeping worker, no free place beside a producer, no pace without a pacer.

use ironthread::error::{GetError, ReserveError};
use ironthread::exec::Backlog;
use ironthread::exec::rate::Pace;
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread::{self, JoinHandle};

use crate::{join, soon};

type Jobs = Arc<Backlog<u32>>;

/// Refuses so many times, and has the worker sleep until a moment that comes when it sleeps.
struct Refusing(AtomicUsize);

impl Pace for Refusing {
    fn start(&self) -> Result<(), Deadline> {
        let left = self.0.load(Relaxed);
        if left == 0 {
            return Ok(());
        }
        self.0.store(left - 1, Relaxed);
        Err(soon())
    }
}

fn backlog(places: usize) -> Jobs {
    Arc::new(Backlog::new(Some(places), None))
}

fn refusing(times: usize) -> Jobs {
    Arc::new(Backlog::new(None, Some(std::sync::Arc::new(Refusing(AtomicUsize::new(times))))))
}

/// Never allows a start.
struct Never;

impl Pace for Never {
    fn start(&self) -> Result<(), Deadline> {
        Err(Deadline::NEVER)
    }
}

fn put(jobs: &Jobs, priority: i64, job: u32) {
    jobs.reserve(Deadline::NEVER).unwrap().put(priority, job);
}

fn get(jobs: &Jobs) -> Option<u32> {
    jobs.get(Deadline::NEVER).unwrap()
}

fn start_getting(jobs: &Jobs, deadline: Deadline) -> JoinHandle<Result<Option<u32>, GetError>> {
    let jobs = Arc::clone(jobs);
    thread::spawn(move || jobs.get(deadline))
}

fn start_putting(jobs: &Jobs, job: u32) -> JoinHandle<()> {
    let jobs = Arc::clone(jobs);
    thread::spawn(move || put(&jobs, 0, job))
}

fn got(workers: [JoinHandle<Result<Option<u32>, GetError>>; 2]) -> u32 {
    workers.map(|worker| join(worker).unwrap().unwrap_or_default()).iter().sum()
}

#[test]
fn jobs_reach_every_worker() {
    loom::model(|| {
        let jobs = backlog(2);
        let workers = [(); 2].map(|()| start_getting(&jobs, Deadline::NEVER));
        put(&jobs, 0, 1);
        put(&jobs, 1, 2);
        assert_eq!(got(workers), 3);
    });
}

#[test]
fn a_job_and_a_marker_reach_a_worker_each() {
    loom::model(|| {
        let jobs = backlog(2);
        let workers = [(); 2].map(|()| start_getting(&jobs, Deadline::NEVER));
        jobs.mark();
        put(&jobs, 0, 1);
        assert_eq!(got(workers), 1);
    });
}

#[test]
fn a_worker_whose_time_is_up_takes_no_wake_up_with_it() {
    loom::model(|| {
        let jobs = backlog(2);
        let hasty = start_getting(&jobs, soon());
        let patient = start_getting(&jobs, Deadline::NEVER);
        put(&jobs, 0, 1);
        put(&jobs, 0, 1);
        assert_eq!(join(patient), Ok(Some(1)));
        let left = usize::from(join(hasty).is_err());
        assert_eq!(jobs.len(), left);
    });
}

#[test]
fn a_place_that_becomes_free_reaches_the_producer() {
    loom::model(|| {
        let jobs = backlog(1);
        put(&jobs, 0, 1);
        let producer = start_putting(&jobs, 2);
        assert_eq!(get(&jobs), Some(1));
        jobs.done();
        assert_eq!(get(&jobs), Some(2));
        join(producer);
    });
}

#[test]
fn a_producer_whose_time_is_up_takes_no_place_with_it() {
    loom::model(|| {
        let jobs = backlog(1);
        put(&jobs, 0, 1);
        let hasty = thread::spawn({
            let jobs = Arc::clone(&jobs);
            move || drop(jobs.reserve(soon()))
        });
        let patient = start_putting(&jobs, 2);
        assert_eq!(jobs.drain(), [1]);
        join(patient);
        join(hasty);
        assert_eq!(jobs.len(), 1);
        assert!(jobs.reserve(Deadline::PAST).is_err());
    });
}

#[test]
fn two_producers_get_the_places_of_a_job_that_is_done_and_one_that_is_removed() {
    loom::model(|| {
        let jobs = backlog(2);
        put(&jobs, 0, 1);
        let key = jobs.reserve(Deadline::PAST).unwrap().put(0, 2);
        let producers = [3, 4].map(|job| start_putting(&jobs, job));
        assert_eq!(get(&jobs), Some(1));
        jobs.done();
        assert_eq!(jobs.remove(key), Some(2));
        producers.into_iter().for_each(join);
        assert_eq!(jobs.len(), 2);
    });
}

#[test]
fn closing_ends_the_wait_of_every_producer() {
    loom::model(|| {
        let jobs = backlog(1);
        put(&jobs, 0, 1);
        let producers = [(); 2].map(|()| {
            let jobs = Arc::clone(&jobs);
            thread::spawn(move || jobs.reserve(Deadline::NEVER).err())
        });
        jobs.close();
        for producer in producers {
            assert_eq!(join(producer), Some(ReserveError::Closed));
        }
    });
}

#[test]
fn a_place_handed_over_as_the_backlog_closes_is_nobody_s_loss() {
    loom::model(|| {
        let jobs = backlog(1);
        put(&jobs, 0, 1);
        let producer = thread::spawn({
            let jobs = Arc::clone(&jobs);
            move || jobs.reserve(Deadline::NEVER).map(|place| place.put(0, 2)).is_ok()
        });
        assert_eq!(jobs.drain(), [1]);
        jobs.close();
        let came_in = join(producer);
        assert_eq!(jobs.len(), usize::from(came_in));
    });
}

#[test]
fn the_pacer_hands_the_pace_over() {
    loom::model(|| {
        let jobs = refusing(2);
        put(&jobs, 0, 1);
        put(&jobs, 0, 2);
        let worker = start_getting(&jobs, Deadline::NEVER);
        let own = get(&jobs).unwrap();
        assert_eq!(own + join(worker).unwrap().unwrap(), 3);
    });
}

#[test]
fn jobs_that_come_while_one_paces_are_started_by_the_others() {
    loom::model(|| {
        let jobs = refusing(1);
        let workers = [(); 2].map(|()| start_getting(&jobs, Deadline::NEVER));
        put(&jobs, 0, 1);
        put(&jobs, 0, 2);
        assert_eq!(got(workers), 3);
    });
}

#[test]
fn a_pacer_whose_time_is_up_leaves_the_pace_to_another() {
    loom::model(|| {
        let jobs = refusing(2);
        put(&jobs, 0, 1);
        let hasty = thread::spawn({
            let jobs = Arc::clone(&jobs);
            move || {
                if let Ok(Some(job)) = jobs.get(soon()) {
                    put(&jobs, 0, job);
                }
            }
        });
        assert_eq!(get(&jobs), Some(1));
        join(hasty);
        assert!(jobs.is_empty());
    });
}

#[test]
fn a_pacer_whose_job_is_taken_back_sees_the_marker() {
    loom::model(|| {
        let jobs = refusing(1);
        let key = jobs.reserve(Deadline::PAST).unwrap().put(0, 1);
        let worker = start_getting(&jobs, Deadline::NEVER);
        let removed = jobs.remove(key);
        jobs.mark();
        match removed {
            Some(_) => assert_eq!(join(worker), Ok(None)),
            None => assert_eq!(join(worker), Ok(Some(1))),
        }
    });
}

#[test]
fn a_pacer_without_a_job_is_called_away_from_the_clock() {
    loom::model(|| {
        let jobs: Jobs = Arc::new(Backlog::new(None, Some(std::sync::Arc::new(Never))));
        let key = jobs.reserve(Deadline::PAST).unwrap().put(0, 1);
        let worker = start_getting(&jobs, Deadline::NEVER);
        assert_eq!(jobs.remove(key), Some(1));
        jobs.mark();
        assert_eq!(join(worker), Ok(None));
    });
}
