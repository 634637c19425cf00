//! Waking many threads, a few at a time.
//!
//! Threads that are woken want the interpreter, and one at a time gets it. The others wait for it awake, as it were: `CPython`
//! has each of them look every 5 ms, under one mutex, which the holder needs to let go. With a thousand of them the looks
//! take all processors, and nobody comes to the interpreter for seconds.
//!
//! So of many sleepers that are notified at once only [`RUNNERS`] are woken. Each that is back with the interpreter wakes
//! the next, before anything else. All are out of their queue and notified from the beginning; what is put off is the call
//! that ends their sleep. Who wakes by himself meanwhile (a limit, a signal) finds himself notified, and wakes the next as well:
//! a runner is never lost to a thread that needed none.
//!
//! Only who sleeps is put off, or waited for: on its way back from a sleep no code of the program's can hold a thread up.
//! Where there is no interpreter, or one that all threads have at once, all are woken at once.

use std::collections::VecDeque;

use super::fork::generation;
use super::host::host;
use super::parker::NOTIFIED;
use super::table::Waiter;
use crate::facade::{Arc, Mutex, MutexGuard, lock};

/// How many are woken at once.
#[cfg(not(loom))]
pub(super) const RUNNERS: usize = 8;
/// Loom's models have two or three waiters.
#[cfg(loom)]
pub(super) const RUNNERS: usize = 1;

/// Sleepers that were notified and have yet to be woken, in the order of their queue.
pub(super) struct Relay {
    left: Mutex<VecDeque<Arc<Waiter>>>,
    /// The fork generation of the sleepers. In a child there are none, and the lock may be in the hands of a thread that
    /// does not exist there.
    generation: u32,
}

impl Relay {
    /// A relay for so many threads, if they are too many to be woken at once.
    pub(super) fn among(count: usize) -> Option<Arc<Self>> {
        let is_needed = count > RUNNERS && (host().has_lock() || cfg!(loom));
        let left = || Mutex::new(VecDeque::with_capacity(count));
        is_needed.then(|| Arc::new(Self { left: left(), generation: generation() }))
    }

    /// Tells these that they were chosen, as [`Unparked`](super::Unparked) does.
    ///
    /// With the list locked until it is whole: who wakes by himself and passes on while it is filled would find nobody, and
    /// be found in it later by a runner, in vain. So each that is woken in vain has passed on.
    pub(super) fn notify<'a>(this: &Arc<Self>, waiters: impl Iterator<Item = &'a Arc<Waiter>>) {
        let mut left = lock(&this.left);
        for waiter in waiters {
            *lock(&waiter.relay) = Some(Arc::clone(this));
            if waiter.parker.set(NOTIFIED) {
                left.push_back(Arc::clone(waiter));
            }
        }
    }

    /// Wakes the next sleeper.
    pub(super) fn pass_on(&self) {
        // (Not under the lock, which the one that is woken takes.)
        let next = self.left().and_then(|mut left| left.pop_front());
        if let Some(waiter) = next {
            waiter.parker.wake();
        }
    }

    /// Wakes all that are left.
    pub(super) fn wake_all(&self) {
        // (Nor under the lock here, which a `for` would hold.)
        let left = self.left().map(|mut left| std::mem::take(&mut *left));
        for waiter in left.into_iter().flatten() {
            waiter.parker.wake();
        }
    }

    fn left(&self) -> Option<MutexGuard<'_, VecDeque<Arc<Waiter>>>> {
        (self.generation == generation()).then(|| lock(&self.left))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn without_an_interpreter_all_are_woken_at_once() {
        assert!(Relay::among(1000).is_none());
    }
}
