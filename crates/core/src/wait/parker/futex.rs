//! Sleeping on a Linux futex (`futex(2)`).
//!
//! The raw system call is used because it comes back with `EINTR` when a signal was delivered to the
//! sleeping thread; `std::thread::park` and `Condvar` hide that, and Ctrl-C would wait for the lock.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};

use super::{ASLEEP, NOTIFIED, Parker, Rest};
use crate::wait::{Deadline, clock, spin};

/// Wakes by any bit of the mask.
const ANY: NonZeroU32 = NonZeroU32::MAX;

/// What a sleeper sleeps on.
pub(super) struct Bed {
    pub(super) word: AtomicU32,
    /// When the sleeper was woken, on [`clock::now`]. Relaxed: it is for an estimate.
    woken_at: AtomicU64,
}

impl Bed {
    pub(super) fn with(word: AtomicU32) -> Self {
        Self { word, woken_at: AtomicU64::new(0) }
    }
}

impl Parker {
    /// Wakes the sleeper after its state was set to `NOTIFIED`.
    pub(in crate::wait) fn wake(&self) {
        self.bed.woken_at.store(clock::now(), Ordering::Relaxed);
        // The only failures are faults of the address and unknown flags; neither can be.
        let woken = futex::wake(&self.bed.word, Flags::PRIVATE, 1);
        debug_assert!(woken.is_ok(), "futex wake failed: {woken:?}");
    }

    /// Sets `ASLEEP` beside a state; `false` when the word has become another one. Relaxed: a notifier sees the bit in
    /// the same step in which it changes the state, or this fails.
    fn lie_down(&self, state: u32) -> bool {
        let asleep = state | ASLEEP;
        match self.bed.word.compare_exchange(state, asleep, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => true,
            Err(now) => now == asleep, // it slept before
        }
    }

    /// See [`Parker::sleep`].
    pub(super) fn lie(&self, deadline: Deadline, interruptible: bool) -> Rest {
        let limit = deadline.timespec();
        let mut was_woken = false;
        loop {
            let state = self.state();
            if state == NOTIFIED {
                if was_woken {
                    spin::learn(
                        clock::now().saturating_sub(self.bed.woken_at.load(Ordering::Relaxed)),
                    );
                }
                return Rest::Notified;
            }
            if self.was_poked() {
                return Rest::Poked;
            }
            if !self.lie_down(state) {
                continue;
            }
            let state = state | ASLEEP;
            // The kernel compares the word with `state` and sleeps in one step, so a notification that
            // comes after the load above makes the call return at once (EAGAIN).
            match futex::wait_bitset(&self.bed.word, Flags::PRIVATE, state, limit.as_ref(), ANY) {
                Err(Errno::TIMEDOUT) => return Rest::TimedOut,
                Err(Errno::INTR) if interruptible => return Rest::Interrupted,
                Ok(()) => was_woken = true,
                Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => unreachable!("futex wait failed: {error}"),
            }
        }
    }
}
