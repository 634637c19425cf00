//! The engine's one clock, and deadlines on it.
//!
//! The clock is monotonic and counts nanoseconds. On Linux it is `CLOCK_MONOTONIC` itself, because the
//! futex takes its deadlines on that clock; elsewhere it starts at the first call.

use std::time::Duration;

/// Nanoseconds on the monotonic clock.
#[must_use]
#[cfg(target_os = "linux")]
pub fn now() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    // The kernel's monotonic clock is never negative and its nanoseconds are below 10^9.
    time.tv_sec.cast_unsigned() * 1_000_000_000 + time.tv_nsec.cast_unsigned()
}

/// Nanoseconds on the monotonic clock.
#[must_use]
#[cfg(not(target_os = "linux"))]
pub fn now() -> u64 {
    use std::sync::OnceLock;
    use std::time::Instant;

    static START: OnceLock<Instant> = OnceLock::new();
    #[expect(clippy::disallowed_methods, reason = "this is the one clock")]
    let start = START.get_or_init(Instant::now);
    u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// The moment that is so much later than another.
#[must_use]
pub fn later(moment: u64, by: Duration) -> u64 {
    moment.saturating_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX))
}

/// The moment at which a wait gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(u64);

impl Deadline {
    /// A wait without limit.
    pub const NEVER: Self = Self(u64::MAX);
    /// A moment that has passed: do not wait at all.
    pub const PAST: Self = Self(0);

    /// A moment in nanoseconds on the [clock](now). Zero is any moment that has passed.
    #[must_use]
    pub fn at(moment: u64) -> Self {
        Self(moment)
    }

    /// The moment `wait` from now. A wait too long for the clock (584 years) is a wait without limit.
    #[must_use]
    pub fn after(wait: Duration) -> Self {
        if wait.is_zero() {
            return Self::PAST;
        }
        Self(later(now(), wait))
    }

    /// Whether the wait has no limit.
    #[must_use]
    pub fn is_never(self) -> bool {
        self == Self::NEVER
    }

    /// Whether the moment has come.
    #[must_use]
    pub fn is_past(self) -> bool {
        self == Self::PAST || (!self.is_never() && now() >= self.0)
    }

    /// What is left until the moment; `None` without limit.
    #[must_use]
    pub fn remaining(self) -> Option<Duration> {
        if self.is_never() {
            None
        } else {
            Some(Duration::from_nanos(self.0.saturating_sub(now())))
        }
    }

    /// The moment as the futex takes it.
    #[cfg(all(target_os = "linux", not(feature = "portable-parker"), not(loom)))]
    pub(crate) fn timespec(self) -> Option<rustix::thread::futex::Timespec> {
        // Below 2^64 ns the seconds are below 2^35, and the rest is below 10^9.
        (!self.is_never()).then(|| rustix::thread::futex::Timespec {
            tv_sec: (self.0 / 1_000_000_000).cast_signed(),
            tv_nsec: (self.0 % 1_000_000_000).cast_signed(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_of_no_time_is_past_at_once() {
        assert!(Deadline::after(Duration::ZERO).is_past());
        assert!(Deadline::PAST.is_past());
    }

    #[test]
    fn a_wait_longer_than_the_clock_never_ends() {
        assert!(Deadline::after(Duration::MAX).is_never());
        assert!(!Deadline::NEVER.is_past());
        assert_eq!(Deadline::NEVER.remaining(), None);
    }

    #[test]
    fn what_is_left_never_exceeds_what_was_asked() {
        let left = Deadline::after(Duration::from_secs(60)).remaining().unwrap();
        assert!(left <= Duration::from_secs(60) && left > Duration::from_secs(50));
    }
}
