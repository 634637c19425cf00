//! A flag to wait for.
//!
//! | word | meaning | goes to |
//! |---|---|---|
//! | 0 | clear, nobody waits | `SET` by `set`; `PARKED` by a thread about to wait |
//! | `PARKED` | clear, threads wait or are about to | `SET` by `set`, under the queue's lock, choosing all waiters |
//! | `SET` | set | 0 by `clear` |
//!
//! Memory order: setting is a release and seeing it set an acquire; a thread woken by `set` has the same
//! edge through its parker's state. `PARKED` is relaxed: the queue's lock orders it.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use crate::error::{Interrupted, WaitEnded};
use crate::facade::AtomicU32;
use crate::wait::{self, Deadline, Kind, Origin, Owner, Place, Signals, Site, Unparked, Wake};

const CLEAR: u32 = 0;
const SET: u32 = 1;
const PARKED: u32 = 2;

/// A flag that threads wait for.
///
/// Follows [`threading.Event`](https://docs.python.org/3/library/threading.html#event-objects).
pub struct Event {
    word: AtomicU32,
    kind: Kind,
    origin: Option<Origin>,
}

impl Event {
    /// A clear flag.
    #[must_use]
    pub fn new() -> Self {
        Self::made_at(None)
    }

    /// A clear flag that a known line of the program made.
    #[must_use]
    pub fn made_at(origin: Option<Origin>) -> Self {
        Self::of_kind(Kind::Event, origin)
    }

    /// A clear flag that stands for something else: its waits are recorded as waits for that.
    #[must_use]
    pub fn of_kind(kind: Kind, origin: Option<Origin>) -> Self {
        Self { word: AtomicU32::new(CLEAR), kind, origin }
    }

    /// The line that made it, if that was recorded.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.origin
    }

    /// Whether the flag is set.
    #[inline]
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.word.load(Acquire) == SET
    }

    /// Sets the flag and wakes all waiters.
    #[inline]
    pub fn set(&self) {
        if !self.set_unseen() {
            let chosen = self.set_and_choose();
            // A thread that has begun goes on, as ever: on CPython 3.12 it may not fork once the starter has come to its end.
            if self.kind == Kind::ThreadStart { drop(chosen) } else { chosen.wake() }
        }
    }

    /// The same, by a thread that the host knows nothing of.
    pub(crate) fn set_apart(&self) {
        if !self.set_unseen() {
            drop(self.set_and_choose());
        }
    }

    /// Sets the flag if nobody waits; returns whether it did.
    #[inline]
    fn set_unseen(&self) -> bool {
        let mut word = self.word.load(Relaxed);
        while word != PARKED {
            // Written even if it is set already: a release, for what this thread did before.
            match self.word.compare_exchange_weak(word, SET, Release, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
        false
    }

    /// Sets and chooses in one step, so that no wait that begins after a later `clear` is chosen.
    #[cold]
    fn set_and_choose(&self) -> Unparked {
        wait::unpark_all(self.site().address(), || self.word.store(SET, Release))
    }

    /// Clears the flag. Who was woken by an earlier `set` stays woken.
    #[inline]
    pub fn clear(&self) {
        // Only from `SET`: with waiters the flag is clear already, and their bit must stay.
        let _ = self.word.compare_exchange(SET, CLEAR, Relaxed, Relaxed);
    }

    /// Waits until the flag is set, or until the deadline. Returns whether it was set.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait.
    #[inline]
    pub fn wait(&self, deadline: Deadline) -> Result<bool, Interrupted> {
        if self.is_set() {
            return Ok(true);
        }
        self.wait_contended(None, deadline).map_err(|_| Interrupted)
    }

    /// Waits until the flag is set by the thread that `setter` names, or until the deadline.
    #[inline]
    pub(crate) fn wait_for(
        &self,
        setter: &AtomicU32,
        deadline: Deadline,
    ) -> Result<bool, WaitEnded> {
        if self.is_set() { Ok(true) } else { self.wait_contended(Some(setter), deadline) }
    }

    #[cold]
    fn wait_contended(
        &self,
        setter: Option<&AtomicU32>,
        deadline: Deadline,
    ) -> Result<bool, WaitEnded> {
        loop {
            if self.is_set() {
                return Ok(true);
            }
            if deadline == Deadline::PAST {
                return Ok(false);
            }
            if self.word.compare_exchange(CLEAR, PARKED, Relaxed, Relaxed) == Err(SET) {
                continue;
            }
            let must_wait = || self.word.load(Relaxed) == PARKED;
            let (site, place, stay) = (self.site(), Place::Back, Signals::Stay);
            let wake = match setter {
                None => wait::park(site, place, must_wait, deadline, stay),
                Some(word) => {
                    let owner = Owner { word, may_fail: true };
                    wait::park_for(owner, site, place, must_wait, deadline, stay)?
                }
            };
            match wake {
                // Woken by `set`, even if the flag has been cleared since.
                Wake::Notified | Wake::HandedOver => return Ok(true),
                Wake::Stale => {}
                Wake::TimedOut => return Ok(self.is_set()),
                // `set` wakes everybody: there is nothing to pass on.
                Wake::Signalled { .. } | Wake::Interrupted { .. } => {
                    return Err(WaitEnded::Interrupted);
                }
            }
        }
    }

    fn site(&self) -> Site {
        Site::at(&self.word, self.kind, self.origin)
    }
}

impl Default for Event {
    fn default() -> Self {
        Self::new()
    }
}
