//! The reentrant lock: depth is one thread's own, and only the last release lets others in.

use ironthread::sync::RLock;
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::thread;

use crate::{Guarded, join, soon};

/// A reentrant lock and what it guards.
#[derive(Default)]
struct Shared {
    lock: RLock,
    count: Guarded,
}

impl Shared {
    /// Takes the lock twice, counts between the two releases, and says whether it was taken in time.
    fn count(&self, deadline: Deadline) -> bool {
        if !self.lock.acquire(deadline).unwrap() {
            return false;
        }
        assert!(self.lock.try_acquire());
        assert_eq!(self.lock.depth(), 2);
        self.lock.release().unwrap();
        assert!(self.lock.is_owned());
        self.count.add_one();
        self.lock.release().unwrap();
        true
    }
}

fn start_counting(shared: &Arc<Shared>, deadline: Deadline) -> thread::JoinHandle<bool> {
    let shared = Arc::clone(shared);
    thread::spawn(move || shared.count(deadline))
}

#[test]
fn two_threads_take_turns_at_any_depth() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let other = start_counting(&shared, Deadline::NEVER);
        assert!(shared.count(Deadline::NEVER));
        assert!(join(other));
        assert_eq!(shared.count.get(), 2);
        assert_eq!(shared.lock.depth(), 0);
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
    });
}

#[test]
fn a_thread_that_does_not_hold_it_cannot_free_it() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let other = start_counting(&shared, Deadline::NEVER);
        assert!(shared.lock.release().is_err());
        assert!(!shared.lock.is_owned());
        assert!(join(other));
    });
}
