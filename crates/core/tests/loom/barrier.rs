//! The barrier: nobody leaves before all have come.

use std::convert::Infallible;

use ironthread::error::BarrierError;
use ironthread::sync::Barrier;
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use crate::{Guarded, join, soon};

/// A barrier and what its action writes.
struct Shared {
    barrier: Barrier,
    rounds: Guarded,
}

type Outcome = Result<usize, BarrierError<Infallible>>;

impl Shared {
    fn new() -> Arc<Self> {
        Arc::new(Self { barrier: Barrier::new(2), rounds: Guarded::default() })
    }

    fn wait(&self, deadline: Deadline) -> Outcome {
        self.barrier.wait(deadline, || {
            self.rounds.add_one();
            Ok(())
        })
    }
}

fn start_waiting(shared: &Arc<Shared>, deadline: Deadline) -> JoinHandle<Outcome> {
    let shared = Arc::clone(shared);
    thread::spawn(move || shared.wait(deadline))
}

#[test]
fn two_threads_meet_and_the_action_runs_before_either_leaves() {
    loom::model(|| {
        let shared = Shared::new();
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let place = shared.wait(Deadline::NEVER).unwrap();
                assert_eq!(shared.rounds.get(), 1);
                place
            }
        });
        let place = shared.wait(Deadline::NEVER).unwrap();
        assert_eq!(shared.rounds.get(), 1);
        assert_eq!(place + join(other), 1);
        assert_eq!(shared.barrier.waiting(), 0);
    });
}

#[test]
fn two_threads_meet_again() {
    loom::model(|| {
        let shared = Shared::new();
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || [(); 2].map(|()| shared.wait(Deadline::NEVER).unwrap())
        });
        let places = [(); 2].map(|()| shared.wait(Deadline::NEVER).unwrap());
        let others = join(other);
        for (mine, theirs) in places.into_iter().zip(others) {
            assert_eq!(mine + theirs, 1);
        }
        assert_eq!(shared.rounds.get(), 2);
    });
}

#[test]
fn a_time_limit_breaks_it_for_both_or_for_neither() {
    loom::model(|| {
        let shared = Shared::new();
        let hasty = start_waiting(&shared, soon());
        let mine = shared.wait(Deadline::NEVER);
        let theirs = join(hasty);
        assert_eq!(mine.is_ok(), theirs.is_ok());
        assert_eq!(shared.barrier.is_broken(), mine.is_err());
    });
}

#[test]
fn who_is_turned_out_by_a_reset_can_come_again() {
    loom::model(|| {
        let shared = Shared::new();
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let first = shared.wait(Deadline::NEVER);
                if first.is_err() { shared.wait(Deadline::NEVER) } else { first }
            }
        });
        shared.barrier.reset().unwrap();
        let place = shared.wait(Deadline::NEVER).unwrap();
        assert_eq!(place + join(other).unwrap(), 1);
        assert_eq!(shared.rounds.get(), 1);
    });
}

#[test]
fn an_abort_breaks_it_for_who_waits_and_for_who_comes() {
    loom::model(|| {
        let shared = Shared::new();
        let other = start_waiting(&shared, Deadline::NEVER);
        shared.barrier.abort().unwrap();
        assert_eq!(join(other), Err(BarrierError::Broken));
        assert_eq!(shared.wait(Deadline::NEVER), Err(BarrierError::Broken));
    });
}
