//! Sleeping on a mutex and a condition variable: the parker of every system without a futex of its own
//! here, and of loom.
//!
//! A condition variable hides signals. A sleeper that takes signals therefore looks up every
//! [`SIGNAL_SLICE`] and reports an interruption; the host then runs handlers, if any signal came.

#![expect(clippy::disallowed_methods, reason = "this is where the door sleeps")]

#[cfg(loom)]
use loom::sync::{Condvar, Mutex, atomic::AtomicU32, atomic::Ordering};
#[cfg(not(loom))]
use std::sync::{Condvar, Mutex, atomic::AtomicU32, atomic::Ordering};

use super::{ASLEEP, NOTIFIED, POKED, Rest, WAITING};
use crate::facade;
use crate::wait::Deadline;

/// How long a sleeper that takes signals sleeps before it looks for them.
#[cfg(not(loom))]
const SIGNAL_SLICE: std::time::Duration = std::time::Duration::from_millis(50);

/// See the states in the parent module.
pub(in crate::wait) struct Parker {
    state: AtomicU32,
    gate: Mutex<()>,
    changed: Condvar,
}

impl Parker {
    pub(in crate::wait) fn new() -> Self {
        Self { state: AtomicU32::new(WAITING), gate: Mutex::new(()), changed: Condvar::new() }
    }

    /// The state. Acquire: pairs with `set`.
    pub(in crate::wait) fn state(&self) -> u32 {
        self.state.load(Ordering::Acquire) & !(POKED | ASLEEP)
    }

    /// Writes the state; the caller holds the lock of the waiter's queue. Release: pairs with `state`. Returns whether
    /// the sleeper has to be woken.
    pub(in crate::wait) fn set(&self, state: u32) -> bool {
        let keep = |word: u32| Some(word & (ASLEEP | POKED) | state);
        let before = self.state.fetch_update(Ordering::Release, Ordering::Relaxed, keep);
        before.is_ok_and(|word| word & ASLEEP != 0)
    }

    /// Whether the sleeper has to be woken: asked by who has set `NOTIFIED`.
    pub(in crate::wait) fn is_asleep(&self) -> bool {
        self.state.load(Ordering::Relaxed) & ASLEEP != 0
    }

    /// Wakes the sleeper after its state was set to `NOTIFIED`.
    pub(in crate::wait) fn wake(&self) {
        // Passing through the gate puts this after the sleeper's look at the state or before it: it
        // either sees the new state or is asleep and hears the notification.
        drop(facade::lock(&self.gate));
        self.changed.notify_one();
    }

    /// Wakes the sleeper to look around; the caller holds the lock of the waiter's queue. Relaxed: that
    /// carries nothing else.
    pub(in crate::wait) fn poke(&self) {
        self.state.fetch_or(POKED, Ordering::Relaxed);
        self.wake();
    }

    /// Whether it was; it is not any more.
    fn was_poked(&self) -> bool {
        self.state.load(Ordering::Relaxed) & POKED != 0
            && self.state.fetch_and(!POKED, Ordering::Relaxed) & POKED != 0
    }

    /// Sleeps until notified, the deadline, or (where `interruptible`) a moment to look for signals.
    pub(in crate::wait) fn sleep(&self, deadline: Deadline, interruptible: bool) -> Rest {
        // One word tells of both: who notifies sees this bit, or the look below sees the notification.
        self.state.fetch_or(ASLEEP, Ordering::Relaxed);
        let rest = self.lie(deadline, interruptible);
        if rest != Rest::Notified {
            // Acquire: who notified in this very moment has told before what a sleeper that is woken has to know.
            self.state.fetch_and(!ASLEEP, Ordering::Acquire);
        }
        rest
    }

    #[cfg(not(loom))]
    fn lie(&self, deadline: Deadline, interruptible: bool) -> Rest {
        let mut gate = facade::lock(&self.gate);
        loop {
            if self.state() == NOTIFIED {
                return Rest::Notified;
            }
            if self.was_poked() {
                return Rest::Poked;
            }
            if deadline.is_past() {
                return Rest::TimedOut;
            }
            let left = deadline.remaining();
            let slice = if interruptible {
                Some(left.map_or(SIGNAL_SLICE, |left| left.min(SIGNAL_SLICE)))
            } else {
                left
            };
            let Some(slice) = slice else {
                gate = self.changed.wait(gate).unwrap_or_else(std::sync::PoisonError::into_inner);
                continue;
            };
            gate = self
                .changed
                .wait_timeout(gate, slice)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
            if interruptible && self.state() != NOTIFIED && !deadline.is_past() {
                return Rest::Interrupted;
            }
        }
    }

    /// Under loom time does not pass: a wait with a limit ends at once, one without sleeps for good.
    #[cfg(loom)]
    fn lie(&self, deadline: Deadline, _interruptible: bool) -> Rest {
        let mut gate = facade::lock(&self.gate);
        while self.state() != NOTIFIED {
            if !deadline.is_never() {
                return Rest::TimedOut;
            }
            gate = self.changed.wait(gate).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        Rest::Notified
    }
}
