//! The future: one outcome, once, for everybody who waits.

#![cfg(not(loom))]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::scope;

use common::{long, soon, start_waiting};
use ironthread::error::InvalidState;
use ironthread::exec::Future;
use ironthread::exec::future::State;
use ironthread::wait::{Deadline, Kind};

type Plain = Future<u32, u32>;

#[test]
fn a_job_begins_and_ends_once() {
    let future = Plain::new();
    assert_eq!((future.state(), future.outcome()), (State::Pending, None));
    assert_eq!(future.start(), Ok(true));
    assert_eq!(future.state(), State::Running);
    assert_eq!(future.start(), Err(InvalidState));
    assert_eq!(future.finish(7), Ok(vec![]));
    assert_eq!((future.state(), future.outcome()), (State::Finished, Some(&7)));
    assert_eq!(future.finish(8), Err((InvalidState, 8)));
    assert_eq!(future.start(), Err(InvalidState));
    assert_eq!(future.cancel(), (false, vec![]));
    assert_eq!(future.outcome(), Some(&7));
}

#[test]
fn an_outcome_may_come_before_the_job_begins() {
    let future = Plain::new();
    assert_eq!(future.finish(7), Ok(vec![]));
    assert_eq!(future.wait(Deadline::PAST), Ok(State::Finished));
}

#[test]
fn what_has_not_begun_can_be_cancelled() {
    let future = Plain::new();
    assert_eq!(future.add_callback(1), Ok(()));
    assert_eq!(future.cancel(), (true, vec![1]));
    assert_eq!(future.cancel(), (true, vec![]));
    assert_eq!(future.state(), State::Cancelled);
    assert_eq!(future.finish(7), Err((InvalidState, 7)));
    assert_eq!(future.start(), Ok(false));
    assert_eq!(future.state(), State::CancelledAndNotified);
    assert_eq!(future.start(), Err(InvalidState));
    assert_eq!(future.cancel(), (true, vec![]));
    let running = Plain::new();
    assert_eq!(running.start(), Ok(true));
    assert_eq!(running.cancel(), (false, vec![]));
}

#[test]
fn an_open_one_is_stepped_by_who_says_so() {
    let (pending, cancelled) = (Plain::new(), Plain::new());
    pending.open();
    assert_eq!(pending.add_callback(1), Ok(()));
    assert_eq!(pending.cancel_if_shut(), None);
    assert_eq!(pending.finish_if_shut(|| unreachable!()), Ok(None));
    assert_eq!(pending.state(), State::Pending);
    assert_eq!(pending.start(), Ok(true));
    assert_eq!(pending.cancel_if_shut(), Some((false, vec![])));
    assert_eq!(pending.finish(7), Ok(vec![1]));
    assert_eq!(pending.finish_if_shut(|| unreachable!()), Err(InvalidState));
    assert_eq!(cancelled.cancel_if_shut(), Some((true, vec![])));
    assert_eq!(cancelled.acknowledge(), Ok(()));
    assert_eq!(cancelled.acknowledge(), Err(InvalidState));
    let cancelled = Plain::new();
    assert_eq!(cancelled.cancel(), (true, vec![]));
    cancelled.open();
    assert_eq!(cancelled.start(), Ok(false));
    assert_eq!(cancelled.state(), State::Cancelled);
    assert_eq!(cancelled.cancel_if_shut(), Some((true, vec![])));
    assert_eq!(cancelled.acknowledge(), Ok(()));
}

#[test]
fn one_that_is_opened_while_it_is_ended_is_as_before() {
    for begun in [false, true] {
        let future = Plain::new();
        if begun {
            assert_eq!(future.start(), Ok(true));
        }
        let (before, mut there) = (future.state(), false);
        let ended = future.finish_if_shut(|| {
            future.open();
            there = !there;
        });
        assert_eq!((ended, future.state(), there), (Ok(None), before, false));
        assert_eq!(future.finish(7), Ok(vec![]));
    }
}

#[test]
fn one_that_nobody_follows_is_ended_alone_and_others_are_left_as_they_are() {
    for begun in [false, true] {
        let (plain, called, told, open) = (Plain::new(), Plain::new(), Plain::new(), Plain::new());
        let all = [&plain, &called, &told, &open];
        if begun {
            assert!(all.iter().all(|future| future.start() == Ok(true)));
        }
        assert_eq!(called.add_callback(1), Ok(()));
        assert_eq!(told.follow(), told.state());
        open.open();
        for future in [called, told, open] {
            let before = future.state();
            assert!(!future.finish_if_alone(|| unreachable!()));
            assert_eq!(future.state(), before);
        }
        let mut written = 0;
        assert!(plain.finish_if_alone(|| written += 1));
        assert_eq!((written, plain.state(), plain.follow()), (1, State::Finished, State::Finished));
        assert!(!plain.finish_if_alone(|| unreachable!()));
        assert_eq!(plain.add_callback(1), Err(1));
    }
}

#[test]
fn one_that_is_followed_while_it_is_ended_alone_is_as_before() {
    for begun in [false, true] {
        let future = Plain::new();
        if begun {
            assert_eq!(future.start(), Ok(true));
        }
        let (before, mut there) = (future.state(), false);
        let ended = future.finish_if_alone(|| {
            let state = future.follow();
            assert!(there || state == State::Running);
            there = !there;
        });
        assert_eq!((ended, future.state(), there), (false, before, false));
        assert_eq!(future.finish(7), Ok(vec![]));
    }
}

#[test]
fn callbacks_come_back_in_their_order_once() {
    let future = Plain::new();
    for callback in 1..=3 {
        assert_eq!(future.add_callback(callback), Ok(()));
    }
    assert_eq!(future.finish(7), Ok(vec![1, 2, 3]));
    assert_eq!(future.add_callback(4), Err(4));
}

#[test]
fn everybody_who_waits_is_woken_by_the_end() {
    let future = Plain::new();
    assert_eq!(future.wait(soon()), Ok(State::Pending));
    scope(|scope| {
        let waiters = [(); 4].map(|()| start_waiting(scope, Kind::Future, || future.wait(long())));
        assert_eq!(future.start(), Ok(true));
        assert_eq!(future.finish(7), Ok(vec![]));
        for waiter in waiters {
            assert_eq!(waiter.join(), Ok(State::Finished));
        }
    });
    let cancelled = Plain::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Future, || cancelled.wait(long()));
        assert!(cancelled.cancel().0);
        assert_eq!(waiter.join(), Ok(State::Cancelled));
    });
}

#[test]
fn of_many_who_end_it_one_does() {
    for _ in 0..200 {
        let (future, ends, calls) = (Plain::new(), AtomicUsize::new(0), AtomicUsize::new(0));
        let end = |callbacks: Option<Vec<u32>>| {
            if let Some(callbacks) = callbacks {
                ends.fetch_add(1, SeqCst);
                calls.fetch_add(callbacks.len(), SeqCst);
            }
        };
        assert_eq!(future.add_callback(0), Ok(()));
        scope(|scope| {
            scope.spawn(|| end(future.finish(1).ok()));
            scope.spawn(|| end(future.finish(2).ok()));
            scope.spawn(|| {
                let (_, callbacks) = future.cancel();
                end((!callbacks.is_empty()).then_some(callbacks));
            });
            scope.spawn(|| assert!(future.wait(long()).is_ok_and(State::is_done)));
            scope.spawn(|| {
                if future.add_callback(9).is_err() {
                    calls.fetch_add(1, SeqCst);
                }
            });
        });
        assert_eq!((ends.into_inner(), calls.into_inner()), (1, 2));
    }
}
