//! The lock: one holder at a time, and nobody sleeps beside a free lock.

use ironthread::sync::{Lock, Relock};
use ironthread::wait::{Deadline, Place, Signals};
use loom::sync::Arc;
use loom::thread;

use crate::{Guarded, join, soon};

/// A lock and what it guards.
#[derive(Default)]
struct Shared {
    lock: Lock,
    count: Guarded,
}

impl Shared {
    /// Takes the lock, counts, frees it; says whether it was taken in time.
    fn count(&self, deadline: Deadline) -> bool {
        let taken = self.lock.acquire(deadline).unwrap();
        if taken {
            self.count_held();
        }
        taken
    }

    /// The same in a block, as long as it takes.
    fn count_in_block(&self) {
        self.lock.enter().unwrap();
        self.count_held();
    }

    fn count_held(&self) {
        self.count.add_one();
        self.lock.release().unwrap();
    }
}

fn start_block(shared: &Arc<Shared>) -> thread::JoinHandle<()> {
    let shared = Arc::clone(shared);
    thread::spawn(move || shared.count_in_block())
}

fn start_counting(shared: &Arc<Shared>, deadline: Deadline) -> thread::JoinHandle<bool> {
    let shared = Arc::clone(shared);
    thread::spawn(move || shared.count(deadline))
}

#[test]
fn two_threads_take_turns() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let other = start_counting(&shared, Deadline::NEVER);
        for _ in 0..2 {
            assert!(shared.count(Deadline::NEVER));
        }
        assert!(join(other));
        assert_eq!(shared.count.get(), 3);
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn three_threads_take_turns() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let others = [(); 2].map(|()| start_counting(&shared, Deadline::NEVER));
        assert!(shared.count(Deadline::NEVER));
        for thread in others {
            join(thread);
        }
        assert_eq!(shared.count.get(), 3);
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn every_release_of_a_lock_with_two_waiters_wakes_one() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_acquire());
        let others = [(); 2].map(|()| start_counting(&shared, Deadline::NEVER));
        shared.lock.release().unwrap();
        for thread in others {
            join(thread);
        }
        assert_eq!(shared.count.get(), 2);
    });
}

#[test]
fn a_waiter_gets_a_lock_that_another_thread_than_its_holder_frees() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_acquire());
        shared.count.set(1);
        let waiter = start_counting(&shared, Deadline::NEVER);
        let releaser = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.lock.release()
        });
        assert!(join(waiter));
        join(releaser).unwrap();
        assert_eq!(shared.count.get(), 2);
    });
}

#[test]
fn a_waiter_whose_time_is_up_takes_no_wake_up_with_it() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_acquire());
        let hasty = start_counting(&shared, soon());
        let patient = start_counting(&shared, Deadline::NEVER);
        shared.lock.release().unwrap();
        assert!(join(patient));
        let taken = 1 + usize::from(join(hasty));
        assert_eq!(shared.count.get(), taken);
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn a_lock_taken_without_waiting_wakes_who_came_meanwhile() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_acquire());
        let waiter = start_counting(&shared, Deadline::NEVER);
        shared.lock.release().unwrap();
        if shared.lock.try_acquire() {
            shared.count.add_one();
            shared.lock.release().unwrap();
        }
        assert!(join(waiter));
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn a_lock_handed_over_is_held_by_who_was_chosen() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_acquire());
        let waiter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                // As if another thread had been faster before.
                shared.lock.acquire_restore((), Place::Front, Signals::Defer).unwrap();
                shared.count.add_one();
                shared.lock.release().unwrap();
            }
        });
        shared.count.add_one();
        shared.lock.release().unwrap();
        join(waiter);
        assert_eq!(shared.count.get(), 2);
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn a_lock_taken_once_is_freed_once_whoever_comes_first() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_acquire());
        // Leaves the bit for waiters behind: both releases take the slow way.
        assert!(!shared.lock.acquire(soon()).unwrap());
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.lock.release().is_ok()
        });
        let mine = shared.lock.release().is_ok();
        assert!(mine ^ join(other));
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn two_threads_take_turns_in_blocks() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let other = start_block(&shared);
        shared.count_in_block();
        shared.count_in_block();
        join(other);
        assert_eq!(shared.count.get(), 3);
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn a_block_that_is_entered_at_once_keeps_who_waits_in_mind() {
    loom::model(|| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_enter());
        let others = [(); 2].map(|()| {
            let lock = Arc::clone(&lock);
            thread::spawn(move || {
                lock.enter().unwrap();
                lock.release().unwrap();
            })
        });
        lock.release().unwrap();
        if lock.try_enter() {
            lock.release().unwrap();
        }
        for thread in others {
            join(thread);
        }
        assert!(!lock.is_locked());
    });
}

#[test]
fn who_enters_at_once_during_a_release_and_who_waits_take_turns() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_enter());
        let waiter = start_block(&shared);
        let hasty = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                let entered = shared.lock.try_enter();
                if entered {
                    shared.count_held();
                }
                entered
            }
        });
        shared.count_held();
        let entered = join(hasty);
        join(waiter);
        assert_eq!(shared.count.get(), 2 + usize::from(entered));
        assert!(!shared.lock.is_locked());
    });
}

#[test]
fn a_block_whose_lock_another_thread_frees_leaves_it_free() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        assert!(shared.lock.try_enter());
        let waiter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                shared.lock.enter().unwrap();
                shared.lock.release().is_ok()
            }
        });
        shared.lock.release().unwrap();
        // The second one may be that of the waiter's hold.
        let again = shared.lock.release().is_ok();
        assert!(join(waiter) ^ again);
        assert!(shared.lock.try_acquire());
    });
}
