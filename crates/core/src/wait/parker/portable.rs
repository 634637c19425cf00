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

use super::{ASLEEP, NOTIFIED, Parker, Rest};
use crate::facade;
use crate::wait::Deadline;

/// How long a sleeper that takes signals sleeps before it looks for them.
#[cfg(not(loom))]
const SIGNAL_SLICE: std::time::Duration = std::time::Duration::from_millis(50);

/// What a sleeper sleeps on.
pub(super) struct Bed {
    pub(super) word: AtomicU32,
    gate: Mutex<()>,
    changed: Condvar,
    /// Whether a signal has come. (Not one of loom's: only the sleeper looks at it.)
    #[cfg(loom)]
    was_interrupted: std::sync::atomic::AtomicBool,
}

impl Bed {
    pub(super) fn with(word: AtomicU32) -> Self {
        Self {
            word,
            gate: Mutex::new(()),
            changed: Condvar::new(),
            #[cfg(loom)]
            was_interrupted: std::sync::atomic::AtomicBool::new(false),
        }
    }
}

impl Parker {
    /// Wakes the sleeper after its state was set to `NOTIFIED`.
    pub(in crate::wait) fn wake(&self) {
        // Passing through the gate puts this after the sleeper's look at the state or before it: it
        // either sees the new state or is asleep and hears the notification.
        drop(facade::lock(&self.bed.gate));
        self.bed.changed.notify_one();
    }

    /// See [`Parker::sleep`].
    pub(super) fn lie(&self, deadline: Deadline, interruptible: bool) -> Rest {
        // One word tells of both: who notifies sees this bit, or the look before the sleep sees the notification.
        self.bed.word.fetch_or(ASLEEP, Ordering::Relaxed);
        self.lie_in_bed(deadline, interruptible)
    }

    #[cfg(not(loom))]
    fn lie_in_bed(&self, deadline: Deadline, interruptible: bool) -> Rest {
        let mut gate = facade::lock(&self.bed.gate);
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
                gate =
                    self.bed.changed.wait(gate).unwrap_or_else(std::sync::PoisonError::into_inner);
                continue;
            };
            gate = self
                .bed
                .changed
                .wait_timeout(gate, slice)
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .0;
            if interruptible && self.state() != NOTIFIED && !deadline.is_past() {
                return Rest::Interrupted;
            }
        }
    }

    /// Under loom time does not pass: a wait with a limit ends at once, one without sleeps for good. And who takes signals
    /// gets one as soon as it sleeps for the first time.
    #[cfg(loom)]
    fn lie_in_bed(&self, deadline: Deadline, interruptible: bool) -> Rest {
        let mut gate = facade::lock(&self.bed.gate);
        while self.state() != NOTIFIED {
            if interruptible && !self.bed.was_interrupted.swap(true, Ordering::Relaxed) {
                return Rest::Interrupted;
            }
            if !deadline.is_never() {
                return Rest::TimedOut;
            }
            gate = self.bed.changed.wait(gate).unwrap_or_else(std::sync::PoisonError::into_inner);
        }
        Rest::Notified
    }
}
