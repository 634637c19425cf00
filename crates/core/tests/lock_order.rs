//! Locks taken in two orders: told once, with those who took them; harmless ones are not.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, scope};

use common::{long, start_waiting};
use ironthread::observe::order::{self, Inversion};
use ironthread::observe::origin::{Line, made_at};
use ironthread::observe::registry;
use ironthread::sync::{Condition, Lock, RLock};
use ironthread::wait::host::{Host, set_host};
use ironthread::wait::{Deadline, Kind, watch};

static TOLD: Mutex<Vec<Inversion>> = Mutex::new(Vec::new());

struct Listener;

impl Host for Listener {
    fn tell_inversion(&self, inversion: &Inversion) {
        lock(&TOLD).push(inversion.clone());
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a test with the order looked at, alone; returns what was told.
fn told_of(test: impl FnOnce()) -> Vec<Inversion> {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = lock(&ALONE);
    let _ = set_host(&Listener);
    lock(&TOLD).clear();
    assert!(!order::set_on(true));
    test();
    assert!(order::set_on(false));
    std::mem::take(&mut lock(&TOLD))
}

/// Runs steps one after the other, each in a thread of its own.
fn in_threads<const N: usize>(steps: [&(dyn Fn() + Sync); N]) {
    for (number, step) in steps.into_iter().enumerate() {
        scope(|scope| {
            scope.spawn(move || {
                registry::set_name(&format!("thread-{number}"));
                step();
            });
        });
    }
}

fn nested(locks: &[&Lock]) {
    for lock in locks {
        lock.acquire(Deadline::NEVER).unwrap();
    }
    locks.iter().rev().for_each(|lock| lock.release().unwrap());
}

#[test]
fn two_orders_one_after_the_other_are_told_once() {
    let (a, b) = (Lock::new(), Lock::new());
    let told = told_of(|| {
        in_threads([&|| nested(&[&a, &b]), &|| nested(&[&b, &a]), &|| nested(&[&b, &a])]);
    });
    let [inversion] = &told[..] else { panic!("{told:?}") };
    let threads: Vec<_> = inversion.steps.iter().map(|step| step.thread.as_deref()).collect();
    assert_eq!(threads, [Some("thread-1"), Some("thread-0")]);
    assert_eq!(inversion.steps[0].held.address, inversion.steps[1].taken.address);
    assert!(inversion.is_of_locks);
}

#[test]
fn a_hold_that_is_timed_too_is_over_for_both_when_the_lock_is_let_go() {
    let [a, b] = ["a", "b"].map(|name| {
        let line = Line { file: name.into(), number: line!() };
        Lock::made_at(Some(made_at(&line, Kind::Lock))) // the first acquire of each line is timed
    });
    watch::start();
    let told = told_of(|| {
        in_threads([
            &|| {
                nested(&[&a]);
                nested(&[&b]);
            },
            &|| nested(&[&b, &a]),
        ]);
    });
    watch::stop();
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn a_lock_that_was_made_free_in_a_forked_child_is_held_no_more() {
    let (a, b) = (Lock::new(), Lock::new());
    let told = told_of(|| {
        in_threads([
            &|| {
                a.acquire(Deadline::NEVER).unwrap();
                a.after_fork();
                nested(&[&b]);
            },
            &|| nested(&[&b, &a]),
        ]);
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn a_lock_that_was_dropped_while_it_was_held_is_not_the_next_at_its_place() {
    let other = Lock::new();
    let told = told_of(|| {
        let mut place = Lock::new();
        place.acquire(Deadline::NEVER).unwrap();
        place = Lock::new();
        nested(&[&other]);
        in_threads([&|| nested(&[&other, &place])]);
    });
    assert!(told.is_empty(), "{told:?}");
}

#[test]
fn the_same_order_a_common_gate_and_one_thread_alone_are_harmless() {
    let (a, b, gate) = (Lock::new(), Lock::new(), Lock::new());
    let told = told_of(|| {
        in_threads([&|| nested(&[&a, &b]), &|| nested(&[&a, &b])]);
    });
    assert_eq!(told, []);
    let told = told_of(|| {
        in_threads([&|| nested(&[&gate, &a, &b]), &|| nested(&[&gate, &b, &a])]);
    });
    assert_eq!(told, []);
    let told = told_of(|| {
        in_threads([&|| {
            nested(&[&a, &b]);
            nested(&[&b, &a]);
        }]);
    });
    assert_eq!(told, []);
}

#[test]
fn what_waits_for_nobody_for_ever_is_in_no_order() {
    let (a, b) = (Lock::new(), Lock::new());
    let told = told_of(|| {
        in_threads([&|| nested(&[&a, &b]), &|| {
            assert_eq!(b.acquire(Deadline::NEVER), Ok(true));
            assert_eq!(a.acquire(long()), Ok(true));
            a.release().unwrap();
            assert!(a.try_acquire());
            a.release().unwrap();
            b.release().unwrap();
        }]);
    });
    assert_eq!(told, []);
}

#[test]
fn an_rlock_taken_again_is_no_step_and_a_lock_given_back_by_another_is_not_held() {
    let (a, b) = (RLock::new(), RLock::new());
    let told = told_of(|| {
        in_threads([
            &|| {
                for lock in [&a, &b, &a] {
                    lock.acquire(Deadline::NEVER).unwrap();
                }
                for lock in [&a, &b, &a] {
                    lock.release().unwrap();
                }
            },
            &|| {
                a.acquire(Deadline::NEVER).unwrap();
                b.acquire(Deadline::NEVER).unwrap();
                b.release().unwrap();
                a.release().unwrap();
            },
        ]);
    });
    assert_eq!(told, []);

    let (c, d) = (Lock::new(), Lock::new());
    let told = told_of(|| {
        nested(&[&c, &d]);
        d.acquire(Deadline::NEVER).unwrap();
        in_threads([&|| d.release().unwrap()]);
        in_threads([&|| nested(&[&c])]);
        // This thread does not hold it any more.
        c.acquire(Deadline::NEVER).unwrap();
        c.release().unwrap();
    });
    assert_eq!(told, []);
}

#[test]
fn a_condition_takes_its_lock_back_while_others_are_held() {
    let (inner, outer, ready) = (Lock::new(), Lock::new(), Condition::new());
    let told = told_of(|| {
        scope(|scope| {
            let waiter = start_waiting(scope, Kind::Condition, || {
                inner.acquire(Deadline::NEVER).unwrap();
                outer.acquire(Deadline::NEVER).unwrap();
                ready.wait(&inner, Deadline::NEVER).unwrap();
                outer.release().unwrap();
                inner.release().unwrap();
            });
            inner.acquire(Deadline::NEVER).unwrap();
            ready.notify(&inner, 1).unwrap();
            inner.release().unwrap();
            waiter.join();
        });
        // What the waiter did in itself was the other order, and the same order.
        in_threads([&|| nested(&[&inner, &outer])]);
    });
    assert_eq!(told.len(), 1);
}

#[test]
fn a_lock_that_is_gone_is_not_taken_for_one_at_its_place() {
    let a = Lock::new();
    let told = told_of(|| {
        for turn in 0..100 {
            let b = Box::new(Lock::new());
            let order: [&Lock; 2] = if turn % 2 == 0 { [&a, &b] } else { [&b, &a] };
            thread::scope(|scope| {
                scope.spawn(|| nested(&order));
            });
        }
    });
    assert_eq!(told, []);
}
