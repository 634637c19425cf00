//! The backlog: places, priorities, markers, and jobs that leave at a rate.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::scope;
use std::time::Duration;

use common::{Running, long, soon, start_waiting};
use ironthread::error::{GetError, ReserveError};
use ironthread::exec::Backlog;
use ironthread::exec::backlog::Key;
use ironthread::exec::rate::{Pace, Rate, RateLimit};
use ironthread::wait::{Deadline, Kind, clock};

/// A pace that allows starts once it is opened; those who ask before are to ask again soon, or never.
struct Gate {
    open: AtomicBool,
    again: fn() -> Deadline,
}

impl Gate {
    fn closed(again: fn() -> Deadline) -> Arc<Self> {
        Arc::new(Self { open: AtomicBool::new(false), again })
    }
}

impl Pace for Gate {
    fn start(&self) -> Result<(), Deadline> {
        if self.open.load(Relaxed) { Ok(()) } else { Err((self.again)()) }
    }
}

fn put(backlog: &Backlog<u32>, priority: i64, job: u32) -> Key {
    backlog.reserve(Deadline::PAST).unwrap().put(priority, job)
}

fn filled(places: usize, jobs: &[u32]) -> Backlog<u32> {
    let backlog = Backlog::new(Some(places), None);
    for &job in jobs {
        put(&backlog, 0, job);
    }
    backlog
}

#[test]
fn the_highest_priority_leaves_first_and_equals_in_their_order() {
    let backlog = Backlog::new(None, None);
    for (priority, job) in [(0, 1), (5, 2), (-3, 3), (0, 4), (5, 5), (i64::MAX, 6), (i64::MIN, 7)] {
        put(&backlog, priority, job);
    }
    backlog.mark();
    let left: Vec<_> = std::iter::from_fn(|| backlog.get(Deadline::PAST).unwrap()).collect();
    assert_eq!(left, [6, 2, 5, 1, 4, 3, 7]);
    assert_eq!(backlog.get(Deadline::PAST), Err(GetError::Empty));
    assert_eq!(backlog.get(soon()), Err(GetError::Empty));
}

#[test]
fn a_job_keeps_its_place_until_it_is_done() {
    let backlog = filled(2, &[1, 2]);
    assert_eq!(backlog.reserve(Deadline::PAST).err(), Some(ReserveError::Full));
    assert_eq!(backlog.get(Deadline::PAST), Ok(Some(1)));
    assert_eq!((backlog.len(), backlog.unfinished()), (1, 2));
    assert_eq!(backlog.reserve(soon()).err(), Some(ReserveError::Full));
    backlog.done();
    assert_eq!((backlog.len(), backlog.unfinished()), (1, 1));
    put(&backlog, 0, 3);
}

#[test]
fn what_is_taken_back_frees_its_place() {
    let backlog = filled(1, &[]);
    let key = put(&backlog, 7, 1);
    assert!(backlog.reserve(Deadline::PAST).is_err());
    assert_eq!((backlog.remove(key), backlog.remove(key)), (Some(1), None));
    let key = put(&backlog, 0, 2);
    assert_eq!(backlog.get(Deadline::PAST), Ok(Some(2)));
    assert_eq!(backlog.remove(key), None);
}

#[test]
fn a_place_that_is_dropped_is_free_and_one_that_is_kept_is_not() {
    let backlog = filled(1, &[]);
    drop(backlog.reserve(Deadline::PAST).unwrap());
    backlog.reserve(Deadline::PAST).unwrap().keep();
    assert!(backlog.reserve(Deadline::PAST).is_err());
    backlog.kept().put(0, 1);
    assert_eq!(backlog.get(Deadline::PAST), Ok(Some(1)));
    backlog.done();
    backlog.reserve(Deadline::PAST).unwrap().keep();
    drop(backlog.kept());
    assert!(backlog.reserve(Deadline::PAST).is_ok());
}

#[test]
fn producers_that_are_held_back_get_places_in_their_order() {
    let backlog = filled(3, &[0, 0, 0]);
    scope(|scope| {
        let mut producers = Vec::new();
        for job in 1..=4 {
            let backlog = &backlog;
            producers.push(start_waiting(scope, Kind::BacklogPlace, move || {
                backlog.reserve(long()).unwrap().put(0, job);
            }));
        }
        for producer in producers {
            backlog.get(Deadline::PAST).unwrap();
            backlog.done();
            // The place is the producer's before it runs.
            assert_eq!(backlog.reserve(Deadline::PAST).err(), Some(ReserveError::Full));
            producer.join();
        }
    });
    assert_eq!(backlog.drain(), [2, 3, 4]);
}

#[test]
fn as_many_producers_come_in_as_places_become_free_at_once() {
    let backlog = filled(4, &[1, 2, 3, 4]);
    scope(|scope| {
        let reserve = || backlog.reserve(long()).unwrap().keep();
        let producers = [(); 4].map(|()| start_waiting(scope, Kind::BacklogPlace, reserve));
        assert_eq!(backlog.drain(), [1, 2, 3, 4]);
        let _ = producers.map(Running::join);
    });
    assert!(backlog.reserve(Deadline::PAST).is_err());
}

#[test]
fn a_closed_backlog_refuses_producers_and_gives_out_its_jobs() {
    let backlog = filled(1, &[1]);
    scope(|scope| {
        let reserve = || backlog.reserve(long()).err();
        let producers = [(); 3].map(|()| start_waiting(scope, Kind::BacklogPlace, reserve));
        backlog.close();
        assert_eq!(producers.map(Running::join), [Some(ReserveError::Closed); 3]);
    });
    assert_eq!(backlog.reserve(Deadline::NEVER).err(), Some(ReserveError::Closed));
    assert_eq!(backlog.get(Deadline::NEVER), Ok(Some(1)));
}

#[test]
fn every_worker_that_waits_gets_a_job_or_a_marker() {
    let backlog = Backlog::new(None, None);
    scope(|scope| {
        let get = || backlog.get(long()).unwrap();
        let workers = [(); 6].map(|()| start_waiting(scope, Kind::Work, get));
        for job in 1..=4 {
            put(&backlog, 0, job);
        }
        backlog.mark();
        backlog.mark();
        let got = workers.map(Running::join);
        assert_eq!(got.iter().flatten().sum::<u32>(), 10);
        assert_eq!(got.iter().filter(|job| job.is_none()).count(), 2);
    });
}

#[test]
fn one_worker_sleeps_by_the_clock_and_the_others_by_it() {
    let gate = Gate::closed(|| Deadline::after(Duration::from_millis(1)));
    let backlog = Backlog::new(None, Some(gate.clone()));
    let jobs: Vec<_> = (0..4).map(|job| put(&backlog, 0, job)).collect();
    scope(|scope| {
        let get = || backlog.get(long()).unwrap().unwrap();
        let workers = [(); 4].map(|()| start_waiting(scope, Kind::Rate, get));
        assert!(workers.iter().all(|worker| !worker.is_finished()));
        gate.open.store(true, Relaxed);
        assert_eq!(workers.map(Running::join).iter().sum::<u32>(), 6);
    });
    assert_eq!(jobs.len(), 4);
}

#[test]
fn the_job_is_chosen_when_the_pace_allows_a_start() {
    let gate = Gate::closed(|| Deadline::after(Duration::from_millis(1)));
    let backlog = Backlog::new(None, Some(gate.clone()));
    put(&backlog, 0, 1);
    scope(|scope| {
        let worker = start_waiting(scope, Kind::Rate, || backlog.get(long()));
        put(&backlog, 1, 2);
        gate.open.store(true, Relaxed);
        assert_eq!(worker.join(), Ok(Some(2)));
    });
    assert_eq!(backlog.get(Deadline::PAST), Ok(Some(1)));
}

#[test]
fn a_pacer_without_a_job_is_a_worker_like_any_other() {
    let gate = Gate::closed(|| Deadline::NEVER);
    let backlog = Backlog::new(None, Some(gate.clone()));
    let key = put(&backlog, 0, 1);
    scope(|scope| {
        let worker = start_waiting(scope, Kind::Rate, || backlog.get(long()));
        assert_eq!(backlog.remove(key), Some(1));
        worker.until_waiting(Kind::Work);
        backlog.mark();
        assert_eq!(worker.join(), Ok(None));
    });
}

#[test]
fn a_pacer_that_leaves_at_its_limit_leaves_the_pace_to_another() {
    let gate = Gate::closed(|| Deadline::after(Duration::from_millis(1)));
    let backlog = Backlog::new(None, Some(gate.clone()));
    put(&backlog, 0, 1);
    scope(|scope| {
        let hasty = || backlog.get(Deadline::after(Duration::from_millis(50)));
        let first = start_waiting(scope, Kind::Rate, hasty);
        let second = start_waiting(scope, Kind::Rate, || backlog.get(long()));
        assert_eq!(first.join(), Err(GetError::Empty));
        gate.open.store(true, Relaxed);
        assert_eq!(second.join(), Ok(Some(1)));
    });
}

#[test]
fn threads_that_share_a_limit_start_no_faster_than_it_says() {
    const STARTS: u32 = 40;
    let limit = RateLimit::made_at(Rate::new(500.0, 5).unwrap(), None);
    let before = clock::now();
    scope(|scope| {
        let acquire = || (0..STARTS / 4).all(|_| limit.acquire(long()).unwrap());
        let threads = [(); 4].map(|()| common::start(scope, acquire));
        assert_eq!(threads.map(Running::join), [true; 4]);
    });
    // 5 at once, the others 2 ms apart: a start can be late, never early.
    let least = Duration::from_millis(2) * (STARTS - 5);
    assert!(Duration::from_nanos(clock::now() - before) >= least);
}

#[test]
fn who_cannot_wait_for_a_limit_is_told_no_and_takes_nothing() {
    let limit = RateLimit::made_at(Rate::new(0.001, 2).unwrap(), None);
    assert_eq!([(); 2].map(|()| limit.acquire(Deadline::PAST)), [Ok(true); 2]);
    assert_eq!([(); 2].map(|()| limit.acquire(soon())), [Ok(false); 2]);
    scope(|scope| {
        let hasty = || limit.acquire(Deadline::after(Duration::from_millis(20)));
        let threads = [(); 3].map(|()| start_waiting(scope, Kind::Rate, hasty));
        assert_eq!(threads.map(Running::join), [Ok(false); 3]);
    });
}

#[test]
fn two_backlogs_share_a_rate() {
    let rate = Arc::new(Rate::new(200.0, 1).unwrap());
    let backlogs = [(); 2].map(|()| Backlog::new(None, Some(rate.clone() as Arc<dyn Pace>)));
    for backlog in &backlogs {
        for job in 0..5 {
            put(backlog, 0, job);
        }
    }
    let before = clock::now();
    scope(|scope| {
        for backlog in &backlogs {
            scope.spawn(|| (0..5).all(|_| backlog.get(long()).unwrap().is_some()));
        }
    });
    assert!(Duration::from_nanos(clock::now() - before) >= Duration::from_millis(5 * 9));
    assert!(backlogs.iter().all(Backlog::is_empty));
}
