//! The semaphore.

#![cfg(not(loom))]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;

use common::{Running, long, soon, start_waiting};
use ironthread::error::ReleaseError;
use ironthread::sync::Semaphore;
use ironthread::wait::{Deadline, Kind};

#[test]
fn as_many_acquire_as_the_value_says() {
    let semaphore = Semaphore::new(2);
    assert!(semaphore.try_acquire());
    assert_eq!(semaphore.acquire(Deadline::PAST), Ok(true));
    assert_eq!(semaphore.value(), 0);
    assert!(!semaphore.try_acquire());
    assert_eq!(semaphore.acquire(Deadline::PAST), Ok(false));
    assert_eq!(semaphore.acquire(soon()), Ok(false));
    semaphore.release(1, None).unwrap();
    assert!(semaphore.try_acquire());
}

#[test]
fn a_release_of_many_lets_as_many_waiters_in() {
    let semaphore = Semaphore::new(0);
    scope(|scope| {
        let acquire = || semaphore.acquire(long());
        let waiters = [(); 5].map(|()| start_waiting(scope, Kind::Semaphore, acquire));
        semaphore.release(2, None).unwrap();
        semaphore.release(3, None).unwrap();
        assert_eq!(waiters.map(Running::join), [Ok(true); 5]);
    });
    assert_eq!(semaphore.value(), 0);
}

#[test]
fn what_is_released_above_the_number_of_waiters_stays() {
    let semaphore = Semaphore::new(0);
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Semaphore, || semaphore.acquire(long()));
        semaphore.release(3, None).unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
    assert_eq!(semaphore.value(), 2);
}

#[test]
fn a_bounded_semaphore_does_not_rise_above_its_bound() {
    let semaphore = Semaphore::new(1);
    assert_eq!(semaphore.release(1, Some(1)), Err(ReleaseError::AboveBound));
    assert!(semaphore.try_acquire());
    assert_eq!(semaphore.release(2, Some(1)), Err(ReleaseError::AboveBound));
    assert_eq!((semaphore.release(1, Some(1)), semaphore.value()), (Ok(()), 1));
}

#[test]
fn a_value_that_does_not_fit_is_an_error_and_changes_nothing() {
    let semaphore = Semaphore::new(Semaphore::MAX);
    assert_eq!(semaphore.release(1, None), Err(ReleaseError::Overflow));
    assert_eq!(semaphore.release(u64::MAX, None), Err(ReleaseError::Overflow));
    assert_eq!(semaphore.value(), Semaphore::MAX);
    assert!(semaphore.try_acquire());
    assert_eq!(semaphore.value(), Semaphore::MAX - 1);
}

#[test]
fn a_new_value_lets_as_many_waiters_in() {
    let semaphore = Semaphore::new(0);
    scope(|scope| {
        let acquire = || semaphore.acquire(long());
        let waiters = [(); 3].map(|()| start_waiting(scope, Kind::Semaphore, acquire));
        semaphore.set_value(4);
        assert_eq!(waiters.map(Running::join), [Ok(true); 3]);
    });
    assert_eq!(semaphore.value(), 1);
    semaphore.set_value(0);
    assert!(!semaphore.try_acquire());
}

#[test]
fn a_new_value_for_some_leaves_the_others_to_later_releases() {
    let semaphore = Semaphore::new(0);
    scope(|scope| {
        let acquire = || semaphore.acquire(long());
        let waiters = [(); 3].map(|()| start_waiting(scope, Kind::Semaphore, acquire));
        semaphore.set_value(1);
        semaphore.release(2, None).unwrap();
        assert_eq!(waiters.map(Running::join), [Ok(true); 3]);
    });
    assert_eq!(semaphore.value(), 0);
}

#[test]
fn never_more_threads_are_inside_than_the_value_says() {
    let semaphore = Semaphore::new(3);
    let (inside, entered) = (AtomicUsize::new(0), AtomicUsize::new(0));
    scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..400 {
                    assert_eq!(semaphore.acquire(Deadline::NEVER), Ok(true));
                    assert!(inside.fetch_add(1, Relaxed) < 3);
                    entered.fetch_add(1, Relaxed);
                    inside.fetch_sub(1, Relaxed);
                    semaphore.release(1, Some(3)).unwrap();
                }
            });
        }
    });
    assert_eq!((entered.into_inner(), semaphore.value()), (3_200, 3));
}
