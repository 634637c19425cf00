//! The reentrant lock.

#![cfg(not(loom))]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;

use common::{long, soon, start, start_waiting};
use ironthread::error::NotHeld;
use ironthread::sync::RLock;
use ironthread::thread::ThreadId;
use ironthread::wait::{Deadline, Kind};

#[test]
fn its_holder_takes_it_again_and_releases_it_as_often() {
    let lock = RLock::new();
    for depth in 1..=3 {
        assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
        assert_eq!(lock.depth(), depth);
    }
    for depth in [2, 1, 0] {
        lock.release().unwrap();
        assert_eq!(lock.depth(), depth);
    }
    assert!(!lock.is_locked());
    assert_eq!(lock.release(), Err(NotHeld));
}

#[test]
fn only_its_holder_can_release_it() {
    let lock = RLock::new();
    assert!(lock.try_acquire());
    scope(|scope| {
        let other = start(scope, || (lock.release(), lock.is_owned(), lock.is_locked()));
        assert_eq!(other.join(), (Err(NotHeld), false, true));
    });
    assert_eq!((lock.is_owned(), lock.holder()), (true, Some(ThreadId::current())));
}

#[test]
fn others_do_not_get_it_before_the_last_release() {
    let lock = RLock::new();
    assert!(lock.try_acquire() && lock.try_acquire());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::RLock, || {
            assert_eq!(lock.acquire(long()), Ok(true));
            lock.depth()
        });
        lock.release().unwrap();
        start(scope, || assert!(!lock.try_acquire())).join();
        assert!(waiter.waiting().is_some());
        lock.release().unwrap();
        assert_eq!(waiter.join(), 1);
    });
}

#[test]
fn a_wait_for_it_can_have_a_limit() {
    let lock = RLock::new();
    assert!(lock.try_acquire());
    scope(|scope| {
        let other = start(scope, || (lock.acquire(soon()), lock.acquire(Deadline::PAST)));
        assert_eq!(other.join(), (Ok(false), Ok(false)));
    });
    assert_eq!(lock.depth(), 1);
}

#[test]
fn a_later_thread_never_passes_for_a_holder_that_ended() {
    let lock = RLock::new();
    scope(|scope| start(scope, || assert!(lock.try_acquire())).join());
    for _ in 0..20 {
        scope(|scope| {
            start(scope, || assert!(!lock.is_owned() && lock.release().is_err())).join();
        });
    }
    lock.after_fork();
    assert!(lock.try_acquire());
    assert_eq!(lock.depth(), 1);
}

#[test]
fn many_threads_take_turns_at_any_depth() {
    let lock = RLock::new();
    let count = AtomicUsize::new(0);
    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for round in 0..300 {
                    let depth = round % 3 + 1;
                    for _ in 0..depth {
                        assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
                    }
                    assert_eq!(lock.depth(), depth);
                    count.store(count.load(Relaxed) + 1, Relaxed);
                    for _ in 0..depth {
                        lock.release().unwrap();
                    }
                }
            });
        }
    });
    assert_eq!((count.into_inner(), lock.depth()), (2_400, 0));
}
