//! The condition: a notification reaches a waiter or nobody, through the queue of the lock.

use ironthread::error::Interrupted;
use ironthread::sync::{Condition, Lock, RLock, Relock};
use ironthread::wait::{Deadline, Place, Signals};
use loom::sync::Arc;
use loom::thread;

use crate::{Guarded, join, soon};

/// A condition over a lock, and tokens that waiters take.
#[derive(Default)]
struct Shared<L> {
    lock: L,
    condition: Condition,
    tokens: Guarded,
}

/// What the models need beyond waiting: to take the lock from the outside.
trait Acquire: Relock {
    fn acquire(&self);
}

impl Acquire for Lock {
    fn acquire(&self) {
        assert!(self.acquire(Deadline::NEVER).unwrap());
    }
}

impl Acquire for RLock {
    fn acquire(&self) {
        assert!(self.acquire(Deadline::NEVER).unwrap());
    }
}

impl<L: Acquire> Shared<L> {
    fn locked<R>(&self, step: impl FnOnce() -> R) -> R {
        self.lock.acquire();
        let result = step();
        assert!(self.lock.release_save().is_ok());
        result
    }

    fn take_a_token(&self) {
        self.locked(|| {
            while self.tokens.get() == 0 {
                assert_eq!(self.condition.wait(&self.lock, Deadline::NEVER), Ok(true));
            }
            self.tokens.set(self.tokens.get() - 1);
        });
    }

    fn give_tokens(&self, count: usize) {
        self.locked(|| {
            self.tokens.set(self.tokens.get() + count);
            self.condition.notify(&self.lock, count).unwrap();
        });
    }
}

fn start_taking<L: Acquire + Send + Sync + 'static>(
    shared: &Arc<Shared<L>>,
) -> thread::JoinHandle<()> {
    let shared = Arc::clone(shared);
    thread::spawn(move || shared.take_a_token())
}

#[test]
fn a_notification_reaches_the_waiter() {
    loom::model(|| {
        let shared = Arc::new(Shared::<Lock>::default());
        let waiter = start_taking(&shared);
        shared.give_tokens(1);
        join(waiter);
        assert_eq!(shared.condition.waiters(), 0);
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn two_notifications_reach_two_waiters() {
    loom::model(|| {
        let shared = Arc::new(Shared::<Lock>::default());
        let waiters = [(); 2].map(|()| start_taking(&shared));
        for _ in 0..2 {
            shared.give_tokens(1);
        }
        for thread in waiters {
            join(thread);
        }
        assert_eq!(shared.condition.waiters(), 0);
    });
}

#[test]
fn one_notification_of_all_reaches_all_one_after_the_other() {
    loom::model(|| {
        let shared = Arc::new(Shared::<Lock>::default());
        let waiters = [(); 2].map(|()| start_taking(&shared));
        shared.give_tokens(2);
        for thread in waiters {
            join(thread);
        }
        assert_eq!((shared.tokens.get(), shared.condition.waiters()), (0, 0));
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn a_reentrant_lock_comes_back_as_deep_as_it_was() {
    loom::model(|| {
        let shared = Arc::new(Shared::<RLock>::default());
        let waiter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.locked(|| {
                    assert!(shared.lock.try_acquire());
                    while shared.tokens.get() == 0 {
                        assert_eq!(shared.condition.wait(&shared.lock, Deadline::NEVER), Ok(true));
                    }
                    assert_eq!(shared.lock.depth(), 2);
                });
            }
        });
        shared.give_tokens(1);
        join(waiter);
        assert_eq!(shared.lock.depth(), 0);
    });
}

#[test]
fn a_waiter_was_notified_or_timed_out_and_a_notification_is_not_spent_on_both() {
    loom::model(|| {
        let shared = Arc::new(Shared::<Lock>::default());
        let hasty = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.locked(|| {
                    if shared.condition.wait(&shared.lock, soon()).unwrap() {
                        // Not wanted: for the other.
                        shared.condition.notify(&shared.lock, 1).unwrap();
                    }
                });
            }
        });
        let patient = start_taking(&shared);
        shared.give_tokens(1);
        join(patient);
        join(hasty);
        assert_eq!((shared.tokens.get(), shared.condition.waiters()), (0, 0));
    });
}

#[test]
fn a_time_limit_racing_with_a_notification_leaves_no_trace() {
    loom::model(|| {
        let shared = Arc::new(Shared::<Lock>::default());
        let waiter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.locked(|| {
                    let told = shared.tokens.get() == 1;
                    let notified = shared.condition.wait(&shared.lock, soon()).unwrap();
                    assert!(!(told && notified), "the notification came before the wait");
                    assert!(!notified || shared.tokens.get() == 1);
                });
            }
        });
        shared.give_tokens(1);
        join(waiter);
        assert_eq!(shared.condition.waiters(), 0);
        assert!(!shared.lock.is_locked());
        assert!(shared.lock.try_acquire());
    });
}

#[test]
fn a_moved_waiter_and_a_thread_in_front_of_the_lock_both_get_it() {
    loom::model(|| {
        let shared = Arc::new(Shared::<Lock>::default());
        let waiter = start_taking(&shared);
        let passer = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.locked(|| ())
        });
        shared.give_tokens(1);
        join(waiter);
        join(passer);
        assert!(!shared.lock.is_locked());
    });
}

/// A lock without a queue at the door: nobody can be moved there.
#[derive(Default)]
struct Foreign(Lock);

impl Relock for Foreign {
    type Saved = ();

    fn is_held(&self) -> bool {
        self.0.is_held()
    }

    fn release_save(&self) -> Result<(), ironthread::error::NotHeld> {
        self.0.release_save()
    }

    fn acquire_restore(&self, (): (), place: Place, signals: Signals) -> Result<(), Interrupted> {
        self.0.acquire_restore((), place, signals)
    }

    fn move_here(&self, _from: usize, _count: usize) -> usize {
        0
    }
}

impl Acquire for Foreign {
    fn acquire(&self) {
        assert!(self.0.acquire(Deadline::NEVER).unwrap());
    }
}

#[test]
fn over_a_foreign_lock_a_notification_wakes() {
    loom::model(|| {
        let shared = Arc::new(Shared::<Foreign>::default());
        let waiter = start_taking(&shared);
        shared.give_tokens(1);
        join(waiter);
        assert_eq!(shared.condition.waiters(), 0);
    });
}
