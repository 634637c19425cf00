//! The barrier.

#![cfg(not(loom))]

mod common;

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;

use common::{Running, long, soon, start, start_waiting, until};
use ironthread::error::BarrierError;
use ironthread::sync::Barrier;
use ironthread::wait::{Deadline, Kind};

type Outcome = Result<usize, BarrierError<Infallible>>;

fn wait(barrier: &Barrier, deadline: Deadline) -> Outcome {
    barrier.wait(deadline, || Ok(()))
}

#[test]
fn nobody_leaves_before_all_have_come_and_each_has_a_place_of_its_own() {
    let barrier = Barrier::new(4);
    let came = AtomicUsize::new(0);
    let arrive = || {
        came.fetch_add(1, Relaxed);
        let place = wait(&barrier, long()).unwrap();
        assert_eq!(came.load(Relaxed), 4);
        place
    };
    scope(|scope| {
        let others = [(); 3].map(|()| start_waiting(scope, Kind::Barrier, arrive));
        assert_eq!((barrier.waiting(), barrier.parties()), (3, 4));
        assert_eq!(arrive(), 3);
        let mut places = others.map(Running::join);
        places.sort_unstable();
        assert_eq!(places, [0, 1, 2]);
    });
    assert_eq!(barrier.waiting(), 0);
}

#[test]
fn the_last_to_come_runs_the_action_before_anybody_leaves() {
    let barrier = Barrier::new(2);
    let actions = AtomicUsize::new(0);
    let arrive = || {
        let outcome: Outcome = barrier.wait(long(), || {
            actions.fetch_add(1, Relaxed);
            Ok(())
        });
        assert_eq!(actions.load(Relaxed), 1);
        outcome.unwrap()
    };
    scope(|scope| {
        let other = start_waiting(scope, Kind::Barrier, arrive);
        assert_eq!((arrive(), other.join()), (1, 0));
    });
}

#[test]
fn a_wait_whose_time_is_up_breaks_it_until_a_reset() {
    let barrier = Barrier::new(3);
    scope(|scope| {
        let other = start_waiting(scope, Kind::Barrier, || wait(&barrier, long()));
        assert_eq!(wait(&barrier, soon()), Err(BarrierError::Broken));
        assert_eq!(other.join(), Err(BarrierError::Broken));
    });
    assert!(barrier.is_broken());
    assert_eq!(wait(&barrier, long()), Err(BarrierError::Broken));
    barrier.reset().unwrap();
    assert!(!barrier.is_broken());
}

#[test]
fn an_action_that_fails_or_panics_breaks_it_for_the_others() {
    for panics in [false, true] {
        let barrier = Barrier::new(2);
        scope(|scope| {
            let other = start_waiting(scope, Kind::Barrier, || wait(&barrier, long()));
            let last = catch_unwind(AssertUnwindSafe(|| {
                barrier.wait(long(), || if panics { panic!("the action's own") } else { Err("no") })
            }));
            match last {
                Ok(outcome) => assert_eq!(outcome, Err(BarrierError::Action("no"))),
                Err(_) => assert!(panics),
            }
            assert_eq!(other.join(), Err(BarrierError::Broken));
        });
        assert!(barrier.is_broken());
        barrier.reset().unwrap();
        assert_eq!(barrier.waiting(), 0);
    }
}

#[test]
fn an_abort_turns_out_everybody() {
    let barrier = Barrier::new(3);
    scope(|scope| {
        let wait = || wait(&barrier, long());
        let waiters = [(); 2].map(|()| start_waiting(scope, Kind::Barrier, wait));
        barrier.abort().unwrap();
        assert_eq!(waiters.map(Running::join), [Err(BarrierError::Broken); 2]);
    });
    assert!(barrier.is_broken());
}

#[test]
fn a_reset_turns_out_who_waits_and_the_next_meet() {
    let barrier = Barrier::new(2);
    barrier.reset().unwrap();
    scope(|scope| {
        let first = start_waiting(scope, Kind::Barrier, || wait(&barrier, long()));
        barrier.reset().unwrap();
        assert_eq!(first.join(), Err(BarrierError::Broken));
        assert!(!barrier.is_broken());
        let second = start_waiting(scope, Kind::Barrier, || wait(&barrier, long()));
        assert_eq!((wait(&barrier, long()), second.join()), (Ok(1), Ok(0)));
    });
}

#[test]
fn it_serves_round_after_round() {
    let barrier = Barrier::new(4);
    let (rounds, came) = (300, AtomicUsize::new(0));
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for round in 1..=rounds {
                    came.fetch_add(1, Relaxed);
                    wait(&barrier, long()).unwrap();
                    assert!(came.load(Relaxed) >= round * 4);
                }
            });
        }
    });
    assert_eq!(came.into_inner(), rounds * 4);
}

#[test]
fn a_round_is_over_for_all_when_the_last_comes() {
    for _ in 0..100 {
        let barrier = Barrier::new(2);
        scope(|scope| {
            let waiter = start_waiting(scope, Kind::Barrier, || wait(&barrier, long()));
            assert_eq!(wait(&barrier, long()), Ok(1));
            assert_eq!(barrier.waiting(), 0);
            barrier.abort().unwrap();
            assert_eq!(waiter.join(), Ok(0));
        });
        assert!(barrier.is_broken());
    }
}

#[test]
fn who_comes_while_others_leave_waits_for_the_next_round() {
    let barrier = Barrier::new(2);
    let met = AtomicUsize::new(0);
    scope(|scope| {
        for _ in 0..6 {
            start(scope, || {
                wait(&barrier, long()).unwrap();
                met.fetch_add(1, Relaxed);
            });
        }
        until(|| met.load(Relaxed) == 6);
    });
    assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
}
