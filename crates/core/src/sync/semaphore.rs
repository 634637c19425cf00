//! A counting semaphore.
//!
//! | bits of the word | name | meaning |
//! |---|---|---|
//! | 0 | `PARKED` | threads wait, or are about to |
//! | 1–63 | value | how many may still acquire |
//!
//! | from | to | by |
//! |---|---|---|
//! | value *v* > 0 | *v* − 1 | a taker, one compare-and-swap |
//! | value 0 | value 0 + `PARKED` | a thread about to wait |
//! | value *v*, no `PARKED` | *v* + *n* | a releaser, one compare-and-swap |
//! | value *v*, `PARKED` | *v* + *n* − *h*, `PARKED` if waiters are left | a releaser, under the queue's lock: it chooses up to *n* waiters, and hands *h* permits over |
//! | `PARKED` | no `PARKED` | whoever unparks and finds the queue empty, under the queue's lock |
//!
//! Memory order: acquiring is an acquire and releasing a release; `PARKED` is relaxed, the queue's lock
//! orders it.
//!
//! Fairness is that of [a lock's word](super::holder): a waiter that was woken and beaten to the permit waits at the
//! front, and the next permit that is released never gets into the value: it is handed over. `PARKED` is what keeps it
//! from others: it is cleared under the queue's lock alone, so that while it is set all releases come one by one.

use std::cell::Cell;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::error::{Interrupted, ReleaseError};
use crate::facade::AtomicU64;
use crate::observe::metrics::counters;
use crate::observe::registry;
use crate::thread::ThreadId;
use crate::wait::{self, Chosen, Deadline, Fate, Kind, Origin, Place, Signals, Site, Wake, watch};

const PARKED: u64 = 1;
const ONE: u64 = 2;

/// A semaphore, bounded or not.
///
/// Follows [`threading.Semaphore`](https://docs.python.org/3/library/threading.html#semaphore-objects).
pub struct Semaphore {
    word: AtomicU64,
    origin: Option<Origin>,
}

impl Semaphore {
    /// The largest value.
    pub const MAX: u64 = u64::MAX >> 1;

    /// A semaphore that `value` threads may acquire at once.
    ///
    /// # Panics
    /// When `value` is above [`Semaphore::MAX`].
    #[must_use]
    pub fn new(value: u64) -> Self {
        Self::made_at(value, None)
    }

    /// A semaphore that a known line of the program made.
    ///
    /// # Panics
    /// When `value` is above [`Semaphore::MAX`].
    #[must_use]
    pub fn made_at(value: u64, origin: Option<Origin>) -> Self {
        assert!(value <= Self::MAX, "a semaphore's value is at most {}", Self::MAX);
        Self { word: AtomicU64::new(value * ONE), origin }
    }

    /// Takes one if the value is above zero.
    #[inline]
    #[must_use = "says whether one was taken"]
    pub fn try_acquire(&self) -> bool {
        let taken = self.take();
        if taken && watch::is_on() {
            self.count();
        }
        taken
    }

    /// Takes one, for whomever.
    #[inline]
    fn take(&self) -> bool {
        let mut word = self.word.load(Relaxed);
        while word >= ONE {
            match self.word.compare_exchange_weak(word, word - ONE, Acquire, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    #[inline(never)]
    fn count(&self) {
        if let Some(counters) = counters::of(Kind::Semaphore, self.origin) {
            counters.acquire(ThreadId::current());
        }
    }

    #[cold]
    fn count_contended(&self) {
        if let Some(counters) = counters::of(Kind::Semaphore, self.origin) {
            counters.contend();
        }
    }

    /// Takes one, waiting until the deadline. `Ok(false)` when the value stayed zero.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait; nothing is taken.
    #[inline]
    pub fn acquire(&self, deadline: Deadline) -> Result<bool, Interrupted> {
        if self.try_acquire() {
            return Ok(true);
        }
        let taken = self.acquire_contended(deadline)?;
        if taken && watch::is_on() {
            self.count_contended();
        }
        Ok(taken)
    }

    #[cold]
    fn acquire_contended(&self, deadline: Deadline) -> Result<bool, Interrupted> {
        let mut place = Place::Back;
        let mut was_woken = false;
        loop {
            if self.try_acquire() {
                return Ok(true);
            }
            if deadline == Deadline::PAST {
                return Ok(false);
            }
            // At zero, with the bit set or still to be set.
            if self.word.compare_exchange(0, PARKED, Relaxed, Relaxed).is_err_and(|now| now >= ONE)
            {
                continue;
            }
            if was_woken && watch::is_on() {
                registry::count_overtaken();
            }
            let must_wait = || self.word.load(Relaxed) == PARKED;
            let wake = wait::park(self.site(), place, must_wait, deadline, Signals::Leave);
            was_woken = wake == Wake::Notified;
            match wake {
                Wake::HandedOver => {
                    if watch::is_on() {
                        self.count();
                    }
                    return Ok(true);
                }
                Wake::Notified => place = Place::Front,
                Wake::Stale => {}
                Wake::TimedOut => return Ok(self.try_acquire()),
                Wake::Signalled { notified } | Wake::Interrupted { notified } => {
                    if notified && self.value() > 0 {
                        self.wake(1);
                    }
                    wait::run_handlers()?;
                    place = Place::Front;
                }
            }
        }
    }

    /// Adds `count`, and wakes up to as many waiters.
    ///
    /// # Errors
    /// [`ReleaseError`] when the value would rise above `bound` (or above [`Semaphore::MAX`]); it stays
    /// as it is then.
    #[inline]
    pub fn release(&self, count: u64, bound: Option<u64>) -> Result<(), ReleaseError> {
        let mut word = self.word.load(Relaxed);
        loop {
            if word & PARKED != 0 {
                if let Some(released) = self.release_to_waiters(count, bound) {
                    return released;
                }
                word = self.word.load(Relaxed);
                continue;
            }
            let value = raised(word, count, bound)?;
            match self.word.compare_exchange_weak(word, value * ONE, Release, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    /// The same where threads wait. `None` when none do any more, and nothing was done.
    #[cold]
    fn release_to_waiters(
        &self,
        count: u64,
        bound: Option<u64>,
    ) -> Option<Result<(), ReleaseError>> {
        let mut released = None;
        // Permits that have not found a waiter, and how many of those that did are to be competed for.
        let (rest, open) = (Cell::new(count), Cell::new(0));
        let admit = || {
            let word = self.word.load(Relaxed);
            // While the bit is set the value only falls: what is checked here holds until it is raised below.
            released = (word & PARKED != 0).then(|| raised(word, count, bound).map(|_| ()));
            released == Some(Ok(()))
        };
        let offer = |chosen: Chosen| {
            if rest.get() == 0 {
                return Fate::Stay;
            }
            rest.set(rest.get() - 1);
            if chosen.was_beaten {
                return Fate::Hand;
            }
            open.set(open.get() + 1);
            Fate::Wake
        };
        let settle = |left| {
            let raise = |word: u64| {
                let value = (word / ONE).saturating_add(rest.get() + open.get()).min(Self::MAX);
                Some((value * ONE) | if left { PARKED } else { 0 })
            };
            let _ = self.word.fetch_update(Release, Relaxed, raise);
        };
        wait::unpark_offering(self.site().address(), admit, offer, settle).wake();
        released
    }

    /// Sets the value, whatever it was, and lets waiters in if it is above zero: for a semaphore that is
    /// given its value after it was made.
    ///
    /// # Panics
    /// When `value` is above [`Semaphore::MAX`].
    pub fn set_value(&self, value: u64) {
        assert!(value <= Self::MAX, "a semaphore's value is at most {}", Self::MAX);
        let mut word = self.word.load(Relaxed);
        loop {
            let next = (value * ONE) | (word & PARKED);
            match self.word.compare_exchange_weak(word, next, Release, Relaxed) {
                Ok(_) => break,
                Err(now) => word = now,
            }
        }
        if word & PARKED != 0 {
            self.wake(value);
        }
    }

    /// Wakes up to so many waiters for permits that are in the value.
    #[cold]
    fn wake(&self, count: u64) {
        let mut rest = count;
        let offer = |chosen: Chosen| {
            if rest == 0 {
                return Fate::Stay;
            }
            rest -= 1;
            if !chosen.was_beaten {
                Fate::Wake
            } else if self.take() {
                Fate::Hand
            } else {
                Fate::Stay // whoever was faster comes to release it
            }
        };
        let settle = |left: bool| {
            if !left {
                self.word.fetch_and(!PARKED, Relaxed);
            }
        };
        wait::unpark_offering(self.site().address(), || true, offer, settle).wake();
    }

    /// How many may still acquire.
    #[must_use]
    pub fn value(&self) -> u64 {
        self.word.load(Relaxed) / ONE
    }

    fn site(&self) -> Site {
        Site::at(&self.word, Kind::Semaphore, self.origin)
    }
}

/// The value after a release of `count`, if there may be such a value.
fn raised(word: u64, count: u64, bound: Option<u64>) -> Result<u64, ReleaseError> {
    let value = (word / ONE).checked_add(count).filter(|&value| value <= Semaphore::MAX);
    let value = value.ok_or(ReleaseError::Overflow)?;
    if bound.is_some_and(|bound| value > bound) {
        return Err(ReleaseError::AboveBound);
    }
    Ok(value)
}
