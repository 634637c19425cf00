//! The condition.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;
use std::time::Duration;

use common::{long, soon, start, start_waiting, until};
use ironthread::error::{NotHeld, WaitError};
use ironthread::sync::{Condition, Lock, RLock};
use ironthread::wait::{Deadline, Kind, Signals, Wake};

fn acquire(lock: &Lock) {
    assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
}

/// Takes the lock, waits once, releases it.
fn wait_once(lock: &Lock, condition: &Condition, deadline: Deadline) -> Result<bool, WaitError> {
    acquire(lock);
    let result = condition.wait(lock, deadline);
    lock.release().unwrap();
    result
}

/// Takes the lock, notifies, releases it.
fn notify(lock: &Lock, condition: &Condition, count: usize) {
    acquire(lock);
    condition.notify(lock, count).unwrap();
    lock.release().unwrap();
}

#[test]
fn waiting_and_notifying_need_the_lock() {
    let (lock, condition) = (Lock::new(), Condition::new());
    assert_eq!(condition.wait(&lock, Deadline::NEVER), Err(WaitError::NotHeld));
    assert_eq!(condition.notify(&lock, 1), Err(NotHeld));
    let lock = RLock::new();
    assert!(lock.try_acquire());
    scope(|scope| {
        let other = start(scope, || condition.notify(&lock, 1));
        assert_eq!(other.join(), Err(NotHeld));
    });
    assert_eq!(condition.waiters(), 0);
}

#[test]
fn a_wait_whose_time_is_up_holds_the_lock_again_and_is_counted_no_more() {
    let (lock, condition) = (Lock::new(), Condition::new());
    acquire(&lock);
    for deadline in [Deadline::PAST, soon()] {
        assert_eq!(condition.wait(&lock, deadline), Ok(false));
        assert!(lock.is_locked());
        assert!(!condition.has_waiters());
    }
}

#[test]
fn a_notification_wakes_as_many_as_it_says_in_the_order_in_which_they_came() {
    let (lock, condition) = (Lock::new(), Condition::new());
    let order = std::sync::Mutex::new(Vec::new());
    scope(|scope| {
        let waiters: Vec<_> = (0..5)
            .map(|name| {
                let (lock, condition, order) = (&lock, &condition, &order);
                start_waiting(scope, Kind::Condition, move || {
                    acquire(lock);
                    assert_eq!(condition.wait(lock, long()), Ok(true));
                    order.lock().unwrap().push(name);
                    lock.release().unwrap();
                })
            })
            .collect();
        for (count, woken) in [(0, 0), (1, 1), (2, 3), (9, 5)] {
            notify(&lock, &condition, count);
            assert_eq!(condition.waiters(), 5 - woken);
            until(|| waiters.iter().filter(|waiter| waiter.is_finished()).count() == woken);
        }
    });
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_notified_thread_does_not_return_before_the_lock_is_free() {
    let (lock, condition) = (Lock::new(), Condition::new());
    scope(|scope| {
        let wait = || wait_once(&lock, &condition, long());
        let waiter = start_waiting(scope, Kind::Condition, wait);
        acquire(&lock);
        condition.notify(&lock, 1).unwrap();
        assert_eq!(condition.waiters(), 0);
        for _ in 0..100 {
            std::thread::yield_now();
        }
        assert!(!waiter.is_finished());
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_notified_waiter_whose_time_is_up_while_it_waits_for_the_lock_was_notified() {
    let (lock, condition) = (Lock::new(), Condition::new());
    let limit = Deadline::after(Duration::from_millis(200));
    scope(|scope| {
        let waiter = start(scope, || wait_once(&lock, &condition, limit));
        until(|| condition.has_waiters());
        acquire(&lock);
        condition.notify(&lock, 1).unwrap();
        until(|| limit.is_past());
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_reentrant_lock_is_let_go_whole_and_comes_back_as_deep() {
    let (lock, condition) = (RLock::new(), Condition::new());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Condition, || {
            assert!(lock.try_acquire() && lock.try_acquire() && lock.try_acquire());
            assert_eq!(condition.wait(&lock, long()), Ok(true));
            lock.depth()
        });
        assert_eq!(lock.acquire(long()), Ok(true));
        condition.notify(&lock, 1).unwrap();
        lock.release().unwrap();
        assert_eq!(waiter.join(), 3);
    });
}

#[test]
fn the_halves_of_a_wait_serve_a_lock_of_the_callers_own() {
    let condition = Condition::new();
    let ticket = condition.enlist();
    assert_eq!(condition.waiters(), 1);
    condition.wake(1);
    assert_eq!(condition.sleep(ticket, Deadline::NEVER), Ok(true));
    let ticket = condition.enlist();
    assert_eq!(condition.sleep(ticket, soon()), Ok(false));
    assert!(!condition.has_waiters());
}

#[test]
fn a_ticket_given_back_passes_its_notification_on() {
    let condition = Condition::new();
    let (first, second) = (condition.enlist(), condition.enlist());
    condition.wake(1);
    condition.give_up(first);
    assert_eq!(condition.waiters(), 0);
    assert_eq!(second.sleep(Deadline::NEVER, Signals::Defer), Wake::Notified);
    condition.give_up(condition.enlist());
    assert_eq!(condition.waiters(), 0);
}

#[test]
fn every_token_is_taken_though_waiters_give_up_all_the_time() {
    let (lock, condition) = (Lock::new(), Condition::new());
    let (tokens, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = 3_000;
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while taken.load(Relaxed) < total {
                    acquire(&lock);
                    while tokens.load(Relaxed) == 0 && condition.wait(&lock, soon()).unwrap() {}
                    if tokens.load(Relaxed) > 0 {
                        tokens.store(tokens.load(Relaxed) - 1, Relaxed);
                        taken.fetch_add(1, Relaxed);
                    }
                    lock.release().unwrap();
                }
            });
        }
        for given in 0..total {
            acquire(&lock);
            tokens.store(tokens.load(Relaxed) + 1, Relaxed);
            condition.notify(&lock, 1 + given % 2).unwrap();
            lock.release().unwrap();
        }
    });
    assert_eq!((tokens.into_inner(), taken.into_inner(), condition.waiters()), (0, total, 0));
}
