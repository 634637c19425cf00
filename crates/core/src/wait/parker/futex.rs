//! Sleeping on a Linux futex (`futex(2)`).
//!
//! The raw system call is used because it comes back with `EINTR` when a signal was delivered to the
//! sleeping thread; `std::thread::park` and `Condvar` hide that, and Ctrl-C would wait for the lock.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};

use rustix::io::Errno;
use rustix::thread::futex::{self, Flags};

use super::{ASLEEP, NOTIFIED, POKED, Rest, WAITING};
use crate::wait::Deadline;

/// Wakes by any bit of the mask.
const ANY: NonZeroU32 = NonZeroU32::MAX;

/// See the states in the parent module.
pub(in crate::wait) struct Parker {
    state: AtomicU32,
}

impl Parker {
    pub(in crate::wait) fn new() -> Self {
        Self { state: AtomicU32::new(WAITING) }
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
        // The only failures are faults of the address and unknown flags; neither can be.
        let woken = futex::wake(&self.state, Flags::PRIVATE, 1);
        debug_assert!(woken.is_ok(), "futex wake failed: {woken:?}");
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

    /// Sets `ASLEEP` beside a state; `false` when the word has become another one. Relaxed: a notifier sees the bit in
    /// the same step in which it changes the state, or this fails.
    fn lie_down(&self, state: u32) -> bool {
        let asleep = state | ASLEEP;
        match self.state.compare_exchange(state, asleep, Ordering::Relaxed, Ordering::Relaxed) {
            Ok(_) => true,
            Err(now) => now == asleep, // it slept before
        }
    }

    /// The sleeper is not asleep any more, though nobody has notified it. Acquire: who did in this very moment, and
    /// found it asleep, has told before what a sleeper that is woken has to know.
    fn get_up(&self) {
        self.state.fetch_and(!ASLEEP, Ordering::Acquire);
    }

    /// Sleeps until notified, the deadline, or (where `interruptible`) a signal.
    pub(in crate::wait) fn sleep(&self, deadline: Deadline, interruptible: bool) -> Rest {
        let rest = self.lie(deadline, interruptible);
        if rest != Rest::Notified {
            self.get_up();
        }
        rest
    }

    fn lie(&self, deadline: Deadline, interruptible: bool) -> Rest {
        let limit = deadline.timespec();
        loop {
            let state = self.state();
            if state == NOTIFIED {
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
            match futex::wait_bitset(&self.state, Flags::PRIVATE, state, limit.as_ref(), ANY) {
                Err(Errno::TIMEDOUT) => return Rest::TimedOut,
                Err(Errno::INTR) if interruptible => return Rest::Interrupted,
                Ok(()) | Err(Errno::AGAIN | Errno::INTR) => {}
                Err(error) => unreachable!("futex wait failed: {error}"),
            }
        }
    }
}
