//! How many starts a second: a token bucket, and waiting for its tokens.
//!
//! The bucket is kept in the form of the Generic Cell Rate Algorithm (ITU-T I.371, "virtual scheduling";
//! ATM Forum, Traffic Management 4.1): instead of a count that somebody refills, one word says when the bucket
//! will be full again. A start costs one interval; it conforms if the word lies at most `burst − 1` intervals
//! ahead of now. Hence in any span of time *t* there are at most `burst + t / interval` starts, exactly: a
//! token is taken at the moment it is used, none is promised ahead, and the interval is rounded up.
//!
//! What is not promised is who is next: of several backlogs and threads that share a rate, whoever comes first when
//! it allows a start has it.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use crate::error::{GetError, Interrupted, RateError};
use crate::exec::backlog::Backlog;
use crate::facade::AtomicU64;
use crate::wait::{Deadline, Origin, clock};

const SECOND: f64 = 1e9;
/// Starts per second. Fewer would have no deadline on the clock, more no interval.
const SLOWEST: f64 = 1e-6;
const FASTEST: f64 = 1e9;

/// What says when the next job may start.
pub trait Pace: Send + Sync {
    /// Allows one start, now; or says from when on it is worth asking again.
    ///
    /// # Errors
    /// That moment. Called under a lock: it must not wait.
    fn start(&self) -> Result<(), Deadline>;
}

/// So many starts per second, and so many at once after a pause.
///
/// | the word | meaning |
/// |---|---|
/// | up to now | the bucket is full |
/// | up to `burst − 1` intervals ahead of now | a token is there |
/// | more | none is; the next comes when the word is `burst − 1` intervals ahead |
///
/// Memory order: the word orders nothing but itself. Who shares jobs by it does so under a lock.
pub struct Rate {
    full_at: AtomicU64,
    interval: u64,
    /// How far ahead the word may lie: `burst − 1` intervals.
    ahead: u64,
}

impl Rate {
    /// At most `per_second` starts, and `burst` at once when there were fewer before.
    ///
    /// # Errors
    /// [`RateError`] for what is out of range.
    pub fn new(per_second: f64, burst: u32) -> Result<Self, RateError> {
        if !(SLOWEST..=FASTEST).contains(&per_second) {
            return Err(RateError::PerSecond);
        }
        let further = burst.checked_sub(1).ok_or(RateError::Burst)?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "1 to 10^15")]
        let interval = (SECOND / per_second).ceil() as u64;
        let ahead = interval.saturating_mul(u64::from(further));
        Ok(Self { full_at: AtomicU64::new(0), interval, ahead })
    }

    /// Takes a token at the moment `now`, in nanoseconds.
    ///
    /// # Errors
    /// The moment at which the next one comes.
    pub fn start_at(&self, now: u64) -> Result<(), u64> {
        let step = |full_at: u64| {
            (full_at.saturating_sub(self.ahead) <= now)
                .then(|| full_at.max(now).saturating_add(self.interval))
        };
        let taken = self.full_at.fetch_update(Relaxed, Relaxed, step);
        taken.map(drop).map_err(|full_at| full_at - self.ahead)
    }
}

impl Pace for Rate {
    fn start(&self) -> Result<(), Deadline> {
        self.start_at(clock::now()).map_err(Deadline::at)
    }
}

/// A [`Rate`] with a line of threads that wait for it.
///
/// ```
/// use ironthread::exec::{Rate, RateLimit};
/// use ironthread::wait::Deadline;
///
/// let limit = RateLimit::new(Rate::new(1000.0, 2)?);
/// assert_eq!((limit.acquire(Deadline::PAST), limit.acquire(Deadline::PAST)), (Ok(true), Ok(true)));
/// assert_eq!(limit.acquire(Deadline::NEVER), Ok(true)); // a millisecond later
/// # Ok::<(), ironthread::error::RateError>(())
/// ```
pub struct RateLimit {
    rate: Arc<Rate>,
    /// A job for each thread that waits: the backlog has one of them sleep by the clock, and the others by it.
    line: Backlog<()>,
}

impl RateLimit {
    /// A limit over a rate.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        Self::made_at(rate, None)
    }

    /// The same, made by a known line of the program.
    #[must_use]
    pub fn made_at(rate: Rate, origin: Option<Origin>) -> Self {
        let rate = Arc::new(rate);
        let pace = Arc::clone(&rate);
        Self { rate, line: Backlog::made_at(None, Some(pace), origin) }
    }

    /// The rate, to be shared.
    #[must_use]
    pub fn rate(&self) -> &Arc<Rate> {
        &self.rate
    }

    /// Waits until the rate allows a start, at most until the deadline. Returns whether it does.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait.
    pub fn acquire(&self, deadline: Deadline) -> Result<bool, Interrupted> {
        self.line.put_unbounded(());
        let got = self.line.get(deadline);
        match got {
            Ok(_) => self.line.done(),
            // One job less for one thread less; they are all the same.
            Err(_) => drop(self.line.discard()),
        }
        match got {
            Ok(_) => Ok(true),
            Err(GetError::Interrupted) => Err(Interrupted),
            Err(_) => Ok(false),
        }
    }
}

#[cfg(all(test, not(loom)))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const MILLISECOND: u64 = 1_000_000;

    fn rate(per_second: f64, burst: u32) -> Rate {
        Rate::new(per_second, burst).unwrap()
    }

    #[test]
    fn starts_are_an_interval_apart() {
        let rate = rate(100.0, 1);
        let begin = 5_000 * MILLISECOND;
        assert_eq!(rate.start_at(begin), Ok(()));
        assert_eq!(rate.start_at(begin), Err(begin + 10 * MILLISECOND));
        assert_eq!(rate.start_at(begin + 10 * MILLISECOND - 1), Err(begin + 10 * MILLISECOND));
        assert_eq!(rate.start_at(begin + 10 * MILLISECOND), Ok(()));
    }

    #[test]
    fn a_pause_allows_a_burst_and_no_more() {
        let rate = rate(10.0, 3);
        for begin in [1_000 * MILLISECOND, 60_000 * MILLISECOND] {
            assert_eq!([(); 3].map(|()| rate.start_at(begin)), [Ok(()); 3]);
            assert_eq!(rate.start_at(begin), Err(begin + 100 * MILLISECOND));
            assert_eq!(rate.start_at(begin + 250 * MILLISECOND), Ok(()));
            assert_eq!(rate.start_at(begin + 250 * MILLISECOND), Ok(()));
            assert_eq!(rate.start_at(begin + 250 * MILLISECOND), Err(begin + 300 * MILLISECOND));
        }
    }

    /// However they ask: in no window of time are there more starts than its length and the burst allow.
    #[test]
    fn no_window_holds_more_than_the_burst_and_its_length_in_intervals() {
        for (per_second, burst) in [(3.0, 1), (1000.0, 7), (7.7, 20), (1e9, 2)] {
            let rate = rate(per_second, burst);
            let (mut now, mut random) = (1_u64, 0x9E37_79B9_7F4A_7C15_u64);
            let mut starts = Vec::new();
            while starts.len() < 400 {
                match rate.start_at(now) {
                    Ok(()) => starts.push(now),
                    Err(next) => {
                        assert!(next > now, "asking again at once is no use");
                        // xorshift64: sometimes just in time, sometimes late, sometimes early.
                        random ^= random << 13;
                        random ^= random >> 7;
                        random ^= random << 17;
                        let gap = next - now;
                        now += [gap, gap * 5, gap / 2 + 1, gap + 1][(random % 4) as usize];
                    }
                }
            }
            for (place, &first) in starts.iter().enumerate() {
                for (count, &last) in (1_u64..).zip(&starts[place..]) {
                    let allowed = u64::from(burst) + (last - first) / rate.interval;
                    assert!(count <= allowed, "{count} in {} ns at {per_second}", last - first);
                }
            }
        }
    }

    #[test]
    fn a_rate_is_never_rounded_up() {
        assert_eq!(rate(3.0, 1).interval, 333_333_334);
        assert_eq!(rate(1e9, 1).interval, 1);
    }

    #[test]
    fn senseless_rates_are_refused() {
        for per_second in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e10, 1e-9] {
            assert_eq!(Rate::new(per_second, 1).err(), Some(RateError::PerSecond));
        }
        assert_eq!(Rate::new(1.0, 0).err(), Some(RateError::Burst));
    }
}
