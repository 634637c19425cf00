//! The word a waiting thread sleeps on.
//!
//! | state | meaning | set by | goes to |
//! |---|---|---|---|
//! | `WAITING` | in the queue of the site it came for | the waiter, before it joins the queue | `MOVED`, `NOTIFIED` |
//! | `MOVED` | in the queue of another site (a condition's waiter, notified, now due for the lock) | a notifier, under the lock of both queues | `NOTIFIED` |
//! | `NOTIFIED` | in no queue; must wake | a notifier, under the lock of the queue | final |
//!
//! Bit `POKED` beside a state asks the sleeper to look around: whether its wait is in vain. Set under the lock of the
//! queue, cleared by the sleeper. Bit `ASLEEP` says that the sleeper has to be woken, set by it before it sleeps, unless it is
//! notified, and cleared when it has slept without that: who sets `NOTIFIED` and finds no `ASLEEP` need not call the system.
//!
//! The state never goes back: a `Parker` serves one wait. It is written under the lock of the queue the
//! waiter is in and read by the sleeper without it, so the write is a release and the read an acquire:
//! what the notifier did before is seen by the woken thread.

#[cfg(all(target_os = "linux", not(feature = "portable-parker"), not(loom)))]
mod futex;
#[cfg(not(all(target_os = "linux", not(feature = "portable-parker"), not(loom))))]
mod portable;

#[cfg(all(target_os = "linux", not(feature = "portable-parker"), not(loom)))]
use futex::Bed;
#[cfg(not(all(target_os = "linux", not(feature = "portable-parker"), not(loom))))]
use portable::Bed;

use std::sync::atomic::Ordering;

use super::Deadline;
use crate::facade::AtomicU32;

/// In the queue of the site it came for.
pub(super) const WAITING: u32 = 0;
/// In the queue of another site.
pub(super) const MOVED: u32 = 1;
/// In no queue; must wake.
pub(super) const NOTIFIED: u32 = 2;

/// The sleeper is to look around.
const POKED: u32 = 4;

/// The sleeper sleeps, or is about to.
const ASLEEP: u32 = 8;

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The state is `NOTIFIED`.
    Notified,
    /// The deadline passed.
    TimedOut,
    /// Another thread wants the sleeper to look around.
    Poked,
    /// A signal arrived, and the sleeper takes signals.
    Interrupted,
}

/// See the table of states. How it sleeps and is woken stands beside its [`Bed`].
pub(super) struct Parker {
    bed: Bed,
}

impl Parker {
    pub(super) fn new() -> Self {
        Self { bed: Bed::with(AtomicU32::new(WAITING)) }
    }

    /// The state. Acquire: pairs with `set`.
    pub(super) fn state(&self) -> u32 {
        self.bed.word.load(Ordering::Acquire) & !(POKED | ASLEEP)
    }

    /// Writes the state; the caller holds the lock of the waiter's queue. Release: pairs with `state`. Returns whether
    /// the sleeper has to be woken.
    pub(super) fn set(&self, state: u32) -> bool {
        let keep = |word: u32| Some(word & (ASLEEP | POKED) | state);
        let before = self.bed.word.fetch_update(Ordering::Release, Ordering::Relaxed, keep);
        before.is_ok_and(|word| word & ASLEEP != 0)
    }

    /// Whether the sleeper has to be woken: asked by who has set `NOTIFIED`.
    pub(super) fn is_asleep(&self) -> bool {
        self.bed.word.load(Ordering::Relaxed) & ASLEEP != 0
    }

    /// Wakes the sleeper to look around; the caller holds the lock of the waiter's queue. Relaxed: that
    /// carries nothing else.
    pub(super) fn poke(&self) {
        self.bed.word.fetch_or(POKED, Ordering::Relaxed);
        self.wake();
    }

    /// Whether it was; it is not any more.
    fn was_poked(&self) -> bool {
        self.bed.word.load(Ordering::Relaxed) & POKED != 0
            && self.bed.word.fetch_and(!POKED, Ordering::Relaxed) & POKED != 0
    }

    /// Sleeps until notified, the deadline, or (where `interruptible`) a signal or a moment to look for one.
    pub(super) fn sleep(&self, deadline: Deadline, interruptible: bool) -> Rest {
        let rest = self.lie(deadline, interruptible);
        if rest != Rest::Notified {
            // Not asleep any more. Acquire: who notified in this very moment, and found it asleep, has told before
            // what a sleeper that is woken has to know.
            self.bed.word.fetch_and(!ASLEEP, Ordering::Acquire);
        }
        rest
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::thread::{scope, yield_now};

    use super::*;

    #[test]
    fn who_sleeps_has_to_be_woken_and_nobody_else() {
        let parker = Parker::new();
        assert!(!parker.set(MOVED) && !parker.is_asleep());
        let rest = scope(|scope| {
            let sleeper = scope.spawn(|| parker.sleep(Deadline::NEVER, false));
            while !parker.is_asleep() {
                yield_now();
            }
            assert_eq!(parker.state(), MOVED);
            assert!(parker.set(NOTIFIED));
            parker.wake();
            sleeper.join().unwrap()
        });
        assert_eq!((rest, parker.state()), (Rest::Notified, NOTIFIED));
    }

    #[test]
    fn who_is_poked_looks_around_once_and_is_awake_then() {
        let parker = Parker::new();
        parker.poke();
        assert_eq!(parker.sleep(Deadline::NEVER, false), Rest::Poked);
        assert!(!parker.is_asleep());
        assert_eq!(parker.sleep(Deadline::at(1), false), Rest::TimedOut);
        assert!(!parker.is_asleep() && !parker.set(NOTIFIED));
    }
}
