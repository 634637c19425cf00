//! A lock that its holder may take again.

use std::sync::atomic::Ordering::Relaxed;

use super::condition::{Queue, Relock};
use super::holder::{Holder, Taking};
use crate::error::{Interrupted, NotHeld, WaitEnded};
use crate::facade::AtomicUsize;
use crate::thread::ThreadId;
use crate::wait::{Deadline, Kind, Origin, Place, Signals, Site};

/// A reentrant lock: only the thread that holds it releases it, once for each time it took it.
///
/// Follows [`threading.RLock`](https://docs.python.org/3/library/threading.html#rlock-objects).
pub struct RLock {
    holder: Holder,
    origin: Option<Origin>,
    /// How often the holder took it. Written by the holder only; the word orders one holder's writes
    /// before the next one's, so relaxed will do. Others may read a value that is gone.
    depth: AtomicUsize,
}

impl RLock {
    /// A free lock.
    #[must_use]
    pub fn new() -> Self {
        Self::made_at(None)
    }

    /// A free lock that a known line of the program made.
    #[must_use]
    pub fn made_at(origin: Option<Origin>) -> Self {
        Self { holder: Holder::new(), origin, depth: AtomicUsize::new(0) }
    }

    /// Takes the lock if it is free or the calling thread holds it.
    #[inline]
    #[must_use = "says whether the lock was taken"]
    pub fn try_acquire(&self) -> bool {
        self.try_acquire_as(ThreadId::current(), Deadline::PAST)
    }

    #[inline]
    fn try_acquire_as(&self, me: ThreadId, deadline: Deadline) -> bool {
        // Asked first: a compare-and-swap takes as long where it fails.
        if self.holder.is(me) {
            // A count of 2^64 would take centuries.
            self.depth.store(self.depth.load(Relaxed) + 1, Relaxed);
            return true;
        }
        let taken = self.holder.try_acquire(me);
        if taken {
            self.depth.store(1, Relaxed);
            self.note_taken(me, Taking::acquire(false, deadline));
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
        if self.try_acquire_as(me, deadline) {
            return Ok(true);
        }
        let taken = self.holder.acquire_contended(
            me,
            self.site(),
            Place::Back,
            deadline,
            Signals::Leave,
        )?;
        if taken {
            self.depth.store(1, Relaxed);
            self.note_taken(me, Taking::acquire(true, deadline));
        }
        Ok(taken)
    }

    #[inline]
    fn note_taken(&self, me: ThreadId, how: Taking) {
        self.holder.note_taken(me, Kind::RLock, self.origin, how);
    }

    fn site(&self) -> Site {
        self.holder.site(Kind::RLock, self.origin)
    }

    /// Undoes one acquire; the last one frees the lock.
    ///
    /// # Errors
    /// [`NotHeld`] when the calling thread does not hold the lock.
    #[inline]
    pub fn release(&self) -> Result<(), NotHeld> {
        if !self.is_owned() {
            return Err(NotHeld);
        }
        let left = self.depth.load(Relaxed) - 1;
        self.depth.store(left, Relaxed);
        if left == 0 { self.holder.release() } else { Ok(()) }
    }

    /// Whether any thread holds the lock.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.holder.get().is_some()
    }

    /// Whether the calling thread holds the lock.
    #[inline]
    #[must_use]
    pub fn is_owned(&self) -> bool {
        self.holder.is(ThreadId::current())
    }

    /// The thread that holds the lock.
    #[must_use]
    pub fn holder(&self) -> Option<ThreadId> {
        self.holder.get()
    }

    /// How often the lock is held, by whomever; a guess unless the calling thread holds it.
    #[must_use]
    pub fn depth(&self) -> usize {
        if self.is_locked() { self.depth.load(Relaxed) } else { 0 }
    }

    /// Makes the lock free in a forked child.
    pub fn after_fork(&self) {
        self.depth.store(0, Relaxed);
        self.holder.reset();
    }
}

impl Default for RLock {
    fn default() -> Self {
        Self::new()
    }
}

impl Relock for RLock {
    /// How often the lock was held.
    type Saved = usize;

    fn is_held(&self) -> bool {
        self.is_owned()
    }

    fn release_save(&self) -> Result<usize, NotHeld> {
        if !self.is_owned() {
            return Err(NotHeld);
        }
        let depth = self.depth.load(Relaxed);
        self.depth.store(0, Relaxed);
        self.holder.release()?;
        Ok(depth)
    }

    fn acquire_restore(
        &self,
        depth: usize,
        place: Place,
        signals: Signals,
    ) -> Result<(), Interrupted> {
        let me = ThreadId::current();
        let taken = if self.holder.try_acquire(me) {
            Ok(())
        } else {
            self.holder.take_back(me, self.site(), place, signals)
        };
        self.depth.store(depth, Relaxed);
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
