//! A lock that does not count: the second acquire of the same thread waits for ever.

use super::condition::{Queue, Relock};
use super::holder::{Holder, Taking};
use crate::error::{Interrupted, NotHeld, WaitEnded};
use crate::thread::ThreadId;
use crate::wait::{Deadline, Kind, Origin, Place, Signals, Site};

/// A mutual exclusion lock that any thread may release.
///
/// Follows [`threading.Lock`](https://docs.python.org/3/library/threading.html#lock-objects).
pub struct Lock {
    holder: Holder,
    origin: Option<Origin>,
}

impl Lock {
    /// A free lock.
    #[must_use]
    pub fn new() -> Self {
        Self::made_at(None)
    }

    /// A free lock that a known line of the program made.
    #[must_use]
    pub fn made_at(origin: Option<Origin>) -> Self {
        Self { holder: Holder::new(), origin }
    }

    /// Takes the lock if it is free.
    #[inline]
    #[must_use = "says whether the lock was taken"]
    pub fn try_acquire(&self) -> bool {
        let me = ThreadId::current();
        let taken = self.holder.try_acquire(me);
        if taken {
            self.note_taken(me, Taking::acquire(false, Deadline::PAST));
        }
        taken
    }

    /// Takes the lock, waiting until the deadline. `Ok(false)` when it did not become free in time.
    ///
    /// # Errors
    /// [`WaitEnded`] by a signal handler, or because of a deadlock; the lock is not taken.
    #[inline]
    pub fn acquire(&self, deadline: Deadline) -> Result<bool, WaitEnded> {
        let me = ThreadId::current();
        if self.holder.try_acquire(me) {
            self.note_taken(me, Taking::acquire(false, deadline));
            return Ok(true);
        }
        self.acquire_contended(me, deadline)
    }

    #[cold]
    fn acquire_contended(&self, me: ThreadId, deadline: Deadline) -> Result<bool, WaitEnded> {
        let (site, signals) = (self.site(), Signals::Leave);
        let taken = self.holder.acquire_contended(me, site, Place::Back, deadline, signals)?;
        if taken {
            self.note_taken(me, Taking::acquire(true, deadline));
        }
        Ok(taken)
    }

    /// Takes the lock for a block, if it is free: the calling thread releases it itself, at the block's end. Then it is
    /// known for a deadlock when it waits for the lock within.
    #[inline]
    #[must_use = "says whether the lock was taken"]
    pub fn try_enter(&self) -> bool {
        let me = ThreadId::current();
        let taken = self.holder.try_enter(me);
        if taken {
            self.note_taken(me, Taking::acquire(false, Deadline::NEVER));
        }
        taken
    }

    /// The same, waiting for the lock as long as it takes.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    #[inline]
    pub fn enter(&self) -> Result<(), WaitEnded> {
        let me = ThreadId::current();
        if self.holder.try_enter(me) {
            self.note_taken(me, Taking::acquire(false, Deadline::NEVER));
        } else {
            self.acquire_contended(me, Deadline::NEVER)?;
            self.holder.note_scope(me);
        }
        Ok(())
    }

    #[inline]
    fn note_taken(&self, me: ThreadId, how: Taking) {
        self.holder.note_taken(me, Kind::Lock, self.origin, how);
    }

    fn site(&self) -> Site {
        self.holder.site(Kind::Lock, self.origin)
    }

    /// Frees the lock; any thread may.
    ///
    /// # Errors
    /// [`NotHeld`] when the lock is free.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        self.holder.release()
    }

    /// Whether any thread holds the lock.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.holder.get().is_some()
    }

    /// The thread that took the lock.
    #[must_use]
    pub fn holder(&self) -> Option<ThreadId> {
        self.holder.get()
    }

    /// Makes the lock free in a forked child.
    pub fn after_fork(&self) {
        self.holder.reset();
    }
}

impl Default for Lock {
    fn default() -> Self {
        Self::new()
    }
}

impl Relock for Lock {
    type Saved = ();

    /// Any holder will do: a plain lock may be released by another thread than took it.
    fn is_held(&self) -> bool {
        self.is_locked()
    }

    fn release_save(&self) -> Result<(), NotHeld> {
        self.release()
    }

    fn acquire_restore(&self, (): (), place: Place, signals: Signals) -> Result<(), Interrupted> {
        let me = ThreadId::current();
        let taken = if self.holder.try_acquire(me) {
            Ok(())
        } else {
            self.holder.take_back(me, self.site(), place, signals)
        };
        self.note_taken(me, Taking::BACK);
        taken
    }

    fn move_here(&self, from: usize, count: usize) -> usize {
        self.holder.move_here(from, count)
    }

    fn queue(&self) -> Option<Queue<'_>> {
        Some(self.holder.queue(self.site()))
    }
}
