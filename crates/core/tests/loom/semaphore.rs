//! The semaphore: what is released is acquired, by one who waits if there is one.

use ironthread::sync::Semaphore;
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::thread;

use crate::{Guarded, join, soon};

fn start_acquiring(semaphore: &Arc<Semaphore>, deadline: Deadline) -> thread::JoinHandle<bool> {
    let semaphore = Arc::clone(semaphore);
    thread::spawn(move || semaphore.acquire(deadline).unwrap())
}

#[test]
fn one_release_of_two_lets_two_waiters_in() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let waiters = [(); 2].map(|()| start_acquiring(&semaphore, Deadline::NEVER));
        semaphore.release(2, None).unwrap();
        for waiter in waiters {
            assert!(join(waiter));
        }
        assert_eq!(semaphore.value(), 0);
    });
}

#[test]
fn two_releases_of_one_let_two_waiters_in() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let waiters = [(); 2].map(|()| start_acquiring(&semaphore, Deadline::NEVER));
        for _ in 0..2 {
            semaphore.release(1, None).unwrap();
        }
        for waiter in waiters {
            assert!(join(waiter));
        }
        assert_eq!(semaphore.value(), 0);
    });
}

#[test]
fn a_waiter_whose_time_is_up_takes_no_wake_up_with_it() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let hasty = thread::spawn({
            let semaphore = Arc::clone(&semaphore);
            move || {
                if semaphore.acquire(soon()).unwrap() {
                    semaphore.release(1, None).unwrap();
                }
            }
        });
        let patient = start_acquiring(&semaphore, Deadline::NEVER);
        semaphore.release(1, None).unwrap();
        assert!(join(patient));
        join(hasty);
        assert_eq!(semaphore.value(), 0);
    });
}

#[test]
fn one_who_takes_without_waiting_leaves_no_waiter_behind() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let waiter = start_acquiring(&semaphore, Deadline::NEVER);
        semaphore.release(1, None).unwrap();
        if semaphore.try_acquire() {
            semaphore.release(1, None).unwrap();
        }
        assert!(join(waiter));
        assert_eq!(semaphore.value(), 0);
    });
}

#[test]
fn a_semaphore_of_one_is_a_lock() {
    loom::model(|| {
        let shared = Arc::new((Semaphore::new(1), Guarded::default()));
        let count = |(semaphore, count): &(Semaphore, Guarded)| {
            assert!(semaphore.acquire(Deadline::NEVER).unwrap());
            count.add_one();
            semaphore.release(1, Some(1)).unwrap();
        };
        let others = [(); 2].map(|()| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || count(&shared))
        });
        count(&shared);
        for thread in others {
            join(thread);
        }
        assert_eq!((shared.1.get(), shared.0.value()), (3, 1));
    });
}

#[test]
fn a_bound_holds_whoever_releases_first() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let other = thread::spawn({
            let semaphore = Arc::clone(&semaphore);
            move || semaphore.release(1, Some(1)).is_ok()
        });
        let mine = semaphore.release(1, Some(1)).is_ok();
        assert!(mine ^ join(other));
        assert_eq!(semaphore.value(), 1);
    });
}

#[test]
fn a_new_value_lets_waiters_in() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let waiters = [(); 2].map(|()| start_acquiring(&semaphore, Deadline::NEVER));
        semaphore.set_value(2);
        for waiter in waiters {
            assert!(join(waiter));
        }
        assert_eq!(semaphore.value(), 0);
    });
}
