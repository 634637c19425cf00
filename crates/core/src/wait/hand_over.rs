//! Letting the interpreter go around a wake-up: when that pays.
//!
//! A thread that is woken wants the interpreter. If the one that woke it has kept it, it goes to sleep again at once, on the
//! interpreter's lock, and has to be woken a second time. So the lock is let go around the wake-up. Most of the time
//! it is taken back before the other thread is there; and where this one goes to sleep next, the other finds it free.
//!
//! Where other threads compute, one of them takes it instead, and keeps it for a switch interval (5 ms by default): who wakes
//! a hundred threads would wait a hundred times. So what it costs is measured, and a small part of the time is
//! spent on it at most: after a wake-up that took [`LONG`] the interpreter is kept for [`REST`] times as long as that.
//!
//! A thread that has something to settle first, and waits itself right after that, keeps it as well ([`keeping`]).

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::clock;
use super::host::host;

/// Nanoseconds that are not worth counting: the turn of a thread that goes back to sleep.
const LONG: u64 = 100_000;

/// How often the time that a wake-up took has to pass until the next may take as long.
const REST: u64 = 20;

/// When the interpreter may be let go again, on [`clock::now`]. Relaxed: a thread that sees an old value lets go once more.
struct Rest(AtomicU64);

static REST_OF_ALL: Rest = Rest(AtomicU64::new(0));

impl Rest {
    fn is_over(&self, now: u64) -> bool {
        now >= self.0.load(Relaxed)
    }

    /// A wake-up took from `begin` until `now`.
    fn note(&self, begin: u64, now: u64) {
        let took = now.saturating_sub(begin);
        if took >= LONG {
            self.0.store(now.saturating_add(took.saturating_mul(REST)), Relaxed);
        }
    }
}

thread_local! {
    /// Whether the thread keeps the interpreter, whomever it wakes.
    static KEEPS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `step`; whom it wakes gets the interpreter when this thread lets it go of its own accord. For a thread that has
/// to settle something before they run, and is about to wait.
pub fn keeping<R>(step: impl FnOnce() -> R) -> R {
    /// Restores what was, however the step ends.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            KEEPS.set(self.0);
        }
    }
    let _before = Before(KEEPS.replace(true));
    step()
}

/// Runs `wake`, with the interpreter let go if that pays.
pub(super) fn around(wake: &mut (dyn FnMut() + Send)) {
    let host = host();
    if !host.keeps_others_out() || KEEPS.get() {
        return wake();
    }
    let begin = clock::now();
    if !REST_OF_ALL.is_over(begin) {
        return wake();
    }
    host.detached(wake);
    REST_OF_ALL.note(begin, clock::now());
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn short_wake_ups_may_follow_one_another() {
        let rest = Rest(AtomicU64::new(0));
        rest.note(1000, 1000 + LONG - 1);
        assert!(rest.is_over(1000 + LONG - 1));
    }

    #[test]
    fn after_a_long_one_the_interpreter_is_kept_for_many_times_as_long() {
        let rest = Rest(AtomicU64::new(0));
        let end = 7 + 50 * LONG;
        rest.note(7, end);
        assert!(!rest.is_over(end + REST * 50 * LONG - 1));
        assert!(rest.is_over(end + REST * 50 * LONG));
    }
}
