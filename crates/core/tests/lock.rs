//! The plain lock.

#![cfg(not(loom))]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;

use common::{long, soon, start, start_waiting, until};
use ironthread::error::NotHeld;
use ironthread::sync::Lock;
use ironthread::thread::ThreadId;
use ironthread::wait::{Deadline, Kind};

#[test]
fn a_free_lock_is_taken_and_names_its_holder() {
    let lock = Lock::new();
    assert_eq!(lock.holder(), None);
    assert!(lock.try_acquire());
    assert_eq!((lock.is_locked(), lock.holder()), (true, Some(ThreadId::current())));
    lock.release().unwrap();
    assert!(!lock.is_locked());
}

#[test]
fn a_held_lock_is_not_taken_again_even_by_its_holder() {
    let lock = Lock::new();
    assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
    assert!(!lock.try_acquire());
    assert_eq!(lock.acquire(Deadline::PAST), Ok(false));
    assert_eq!(lock.acquire(soon()), Ok(false));
}

#[test]
fn a_free_lock_cannot_be_released() {
    let lock = Lock::new();
    assert_eq!(lock.release(), Err(NotHeld));
    assert!(lock.try_acquire());
    assert!(!lock.acquire(soon()).unwrap());
    assert_eq!(lock.release(), Ok(()));
    assert_eq!(lock.release(), Err(NotHeld));
}

#[test]
fn a_lock_may_be_released_by_another_thread() {
    let lock = Lock::new();
    assert!(lock.try_acquire());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Lock, || lock.acquire(long()));
        start(scope, || lock.release().unwrap()).join();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_thread_can_wait_for_a_lock_it_holds_until_another_frees_it() {
    let lock = Lock::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Lock, || {
            assert!(lock.try_acquire());
            lock.acquire(long())
        });
        assert_eq!(lock.holder(), Some(waiter.id));
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_lock_that_its_holder_left_behind_stays_held() {
    let lock = Lock::new();
    let holder = scope(|scope| {
        start(scope, || {
            assert!(lock.try_acquire());
            ThreadId::current()
        })
        .join()
    });
    assert_eq!(lock.holder(), Some(holder));
    assert!(!lock.try_acquire());
    lock.after_fork();
    assert!(lock.try_acquire());
}

#[test]
fn waiters_get_the_lock_in_the_order_in_which_they_came() {
    let lock = Lock::new();
    let order = std::sync::Mutex::new(Vec::new());
    assert!(lock.try_acquire());
    scope(|scope| {
        for name in 0..5 {
            let (lock, order) = (&lock, &order);
            start_waiting(scope, Kind::Lock, move || {
                assert_eq!(lock.acquire(long()), Ok(true));
                order.lock().unwrap().push(name);
                lock.release().unwrap();
            });
        }
        lock.release().unwrap();
    });
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3, 4]);
}

#[test]
fn a_thread_that_takes_the_lock_again_and_again_does_not_starve_a_waiter() {
    let lock = Lock::new();
    let waiter_had_it = AtomicUsize::new(0);
    assert!(lock.try_acquire());
    scope(|scope| {
        start_waiting(scope, Kind::Lock, || {
            assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
            waiter_had_it.store(1, Relaxed);
            lock.release().unwrap();
        });
        lock.release().unwrap();
        until(|| {
            assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
            lock.release().unwrap();
            waiter_had_it.load(Relaxed) == 1
        });
    });
}

#[test]
fn many_threads_take_turns() {
    let lock = Lock::new();
    let count = AtomicUsize::new(0);
    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..500 {
                    assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
                    // Not atomic: right only if the lock excludes.
                    count.store(count.load(Relaxed) + 1, Relaxed);
                    lock.release().unwrap();
                }
            });
        }
    });
    assert_eq!(count.into_inner(), 4_000);
    assert!(!lock.is_locked());
}

#[test]
fn waiters_whose_time_is_up_leave_the_others_their_wake_up() {
    let lock = Lock::new();
    assert!(lock.try_acquire());
    scope(|scope| {
        for _ in 0..20 {
            let hasty = start(scope, || lock.acquire(soon()));
            let patient = start_waiting(scope, Kind::Lock, || {
                assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
                lock.release().unwrap();
            });
            until(|| hasty.is_finished());
            lock.release().unwrap();
            patient.join();
            if hasty.join() == Ok(true) {
                lock.release().unwrap();
            }
            assert!(lock.try_acquire());
        }
    });
}
