//! Seats: no job stays alone while a worker sleeps.

use std::sync::atomic::Ordering::{AcqRel, Relaxed};

use ironthread::exec::seats::{Rise, Seats};
use ironthread::wait::{Deadline, Wake};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU32};
use loom::thread;

use crate::{join, soon};

/// Workers, and where they look for jobs and news.
struct Shared {
    seats: Seats,
    jobs: AtomicU32,
    news: AtomicBool,
}

impl Shared {
    fn new(workers: usize) -> Arc<Self> {
        let (jobs, news) = (AtomicU32::new(0), AtomicBool::new(false));
        Arc::new(Self { seats: Seats::made_at(workers, None), jobs, news })
    }

    /// Relaxed, so that it is the seats that make it visible.
    fn bring(&self) {
        self.jobs.fetch_add(1, Relaxed);
        self.seats.call_one();
    }

    fn take(&self) -> bool {
        self.jobs.fetch_update(AcqRel, Relaxed, |jobs| jobs.checked_sub(1)).is_ok()
    }

    fn pass_on(&self, rise: Rise) {
        if rise == Rise::Called {
            self.seats.call_one();
        }
    }

    /// Works until there was a job or the time is up. Returns whether there was one.
    fn work(&self, worker: usize, deadline: Deadline) -> bool {
        loop {
            self.seats.announce(worker);
            if self.take() {
                self.pass_on(self.seats.rise(worker));
                return true;
            }
            let wake = self.seats.sleep(worker, deadline);
            let rise = self.seats.rise(worker);
            if self.take() {
                return true;
            }
            if wake == Wake::TimedOut {
                self.pass_on(rise);
                return false;
            }
        }
    }
}

fn start_working(
    shared: &Arc<Shared>,
    worker: usize,
    deadline: Deadline,
) -> thread::JoinHandle<bool> {
    let shared = Arc::clone(shared);
    thread::spawn(move || shared.work(worker, deadline))
}

#[test]
fn a_job_is_seen_in_the_last_look_or_calls_the_sleeper() {
    loom::model(|| {
        let shared = Shared::new(1);
        let worker = start_working(&shared, 0, Deadline::NEVER);
        shared.bring();
        assert!(join(worker));
    });
}

#[test]
fn every_job_finds_a_worker() {
    loom::model(|| {
        let shared = Shared::new(2);
        let workers = [0, 1].map(|worker| start_working(&shared, worker, Deadline::NEVER));
        shared.bring();
        shared.bring();
        for worker in workers {
            assert!(join(worker));
        }
    });
}

#[test]
fn a_worker_that_gives_up_passes_its_call_on() {
    loom::model(|| {
        let shared = Shared::new(2);
        let hasty = start_working(&shared, 0, soon());
        let patient = start_working(&shared, 1, Deadline::NEVER);
        shared.bring();
        if join(hasty) {
            shared.bring();
        }
        assert!(join(patient));
    });
}

#[test]
fn a_nudged_worker_sees_the_news() {
    loom::model(|| {
        let shared = Shared::new(1);
        let worker = thread::spawn({
            let shared = Arc::clone(&shared);
            move || loop {
                shared.seats.announce(0);
                if shared.seats.news(0) != 0 {
                    assert!(shared.news.load(Relaxed), "news show what was done before");
                    let _ = shared.seats.rise(0);
                    return;
                }
                let _ = shared.seats.sleep(0, Deadline::NEVER);
                let _ = shared.seats.rise(0);
            }
        });
        shared.news.store(true, Relaxed);
        shared.seats.nudge(0);
        join(worker);
    });
}
