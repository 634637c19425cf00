//! A condition variable: waiting for news, with a lock let go meanwhile.
//!
//! A notification does not wake the waiters, who could only queue up for the lock that the notifier
//! holds: it moves them, asleep, into the lock's queue ("wait morphing"), and each release of the lock
//! wakes one. Over a lock that is not ours a notification wakes.

use std::sync::atomic::Ordering::Relaxed;

use crate::error::{Interrupted, NotHeld, WaitError};
use crate::facade::AtomicU32;
use crate::observe::registry;
use crate::wait::{self, Deadline, Kind, Origin, Place, Signals, Site, Ticket, Wake};

/// What a condition needs of a lock: to let it go whole, however often it is held, and to take it back.
pub trait Relock {
    /// What has to be remembered to take the lock back as it was.
    type Saved;

    /// Whether the lock is held, so that the caller may wait or notify.
    fn is_held(&self) -> bool;

    /// Lets the lock go.
    ///
    /// # Errors
    /// [`NotHeld`] when it is not held.
    fn release_save(&self) -> Result<Self::Saved, NotHeld>;

    /// Takes the lock back, however long that takes. `place` is where to wait for it.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler wanted the wait ended, which `signals` may put off. The lock
    /// is held all the same.
    fn acquire_restore(
        &self,
        saved: Self::Saved,
        place: Place,
        signals: Signals,
    ) -> Result<(), Interrupted>;

    /// Moves up to `count` waiters at the address `from` into the queue of the lock; returns how many
    /// (none if the lock is free).
    fn move_here(&self, from: usize, count: usize) -> usize;

    /// That queue, for those who ask why a waiter that was moved does not come back.
    fn queue(&self) -> Option<Queue<'_>> {
        None
    }
}

/// Where threads wait for a lock, and the word that names who holds it.
#[derive(Clone, Copy)]
pub struct Queue<'a> {
    pub(crate) site: Site,
    pub(crate) word: &'a AtomicU32,
}

/// A condition variable.
///
/// Follows [`threading.Condition`](https://docs.python.org/3/library/threading.html#condition-objects).
/// The lock is given with each call, always the same one.
pub struct Condition {
    /// How many threads are in the queue, or were until they gave up a moment ago; its address is the
    /// site. Relaxed: waiters count themselves while they hold the lock, and notifiers look while they
    /// hold it.
    waiters: AtomicU32,
    kind: Kind,
    origin: Option<Origin>,
}

impl Condition {
    /// A condition that nobody waits for.
    #[must_use]
    pub fn new() -> Self {
        Self::made_at(None)
    }

    /// A condition that a known line of the program made.
    #[must_use]
    pub fn made_at(origin: Option<Origin>) -> Self {
        Self::part_of(Kind::Condition, origin)
    }

    /// A condition inside another primitive, under whose name its waits go.
    #[must_use]
    pub fn part_of(kind: Kind, origin: Option<Origin>) -> Self {
        Self { waiters: AtomicU32::new(0), kind, origin }
    }

    /// Lets `lock` go, waits to be notified, and takes `lock` back. `Ok(false)` when the deadline passed
    /// first.
    ///
    /// # Errors
    /// [`WaitError::NotHeld`] when the lock is not held; [`WaitError::Interrupted`] when a signal handler
    /// ended the wait. The lock is held again then, and a notification that had come is passed on.
    pub fn wait<L: Relock>(&self, lock: &L, deadline: Deadline) -> Result<bool, WaitError> {
        if !lock.is_held() {
            return Err(WaitError::NotHeld);
        }
        let ticket = self.enlist();
        let Ok(saved) = lock.release_save() else {
            self.give_up(ticket);
            return Err(WaitError::NotHeld);
        };
        let sleep = || self.sleep(ticket, deadline);
        let notified = match lock.queue() {
            Some(Queue { site, word }) => registry::lending_queue(site, word, sleep),
            None => sleep(),
        };
        let place = if notified == Ok(true) { Place::Front } else { Place::Back };
        // One interruption is told at a time.
        let signals = if notified.is_ok() { Signals::Leave } else { Signals::Defer };
        let restored = lock.acquire_restore(saved, place, signals);
        if restored.is_err() && notified == Ok(true) {
            self.wake(1);
        }
        restored.and(notified).map_err(|Interrupted| WaitError::Interrupted)
    }

    /// Joins the queue: the first half of a wait whose lock is let go by the caller.
    pub fn enlist(&self) -> Ticket {
        self.waiters.fetch_add(1, Relaxed);
        wait::enlist(self.site(), Place::Back)
    }

    /// Sleeps on a ticket of [`enlist`](Self::enlist): `Ok(true)` when notified.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait; a notification that had come is passed on.
    pub fn sleep(&self, ticket: Ticket, deadline: Deadline) -> Result<bool, Interrupted> {
        match ticket.sleep(deadline, Signals::Stay) {
            Wake::Notified | Wake::HandedOver | Wake::Stale => Ok(true),
            Wake::TimedOut => {
                self.subtract(1);
                Ok(false)
            }
            // It had been moved to the queue of the lock.
            Wake::Signalled { .. } => {
                wait::run_handlers().map(|()| true).inspect_err(|_| self.left(true))
            }
            Wake::Interrupted { notified } => {
                self.left(notified);
                Err(Interrupted)
            }
        }
    }

    /// Gives a ticket of [`enlist`](Self::enlist) back unused.
    pub fn give_up(&self, ticket: Ticket) {
        self.left(ticket.cancel());
    }

    fn left(&self, notified: bool) {
        if notified {
            self.wake(1);
        } else {
            self.subtract(1);
        }
    }

    /// Notifies up to `count` waiters, who return from their wait one by one as `lock` becomes free.
    ///
    /// # Errors
    /// [`NotHeld`] when the lock is not held.
    #[inline]
    pub fn notify<L: Relock>(&self, lock: &L, count: usize) -> Result<(), NotHeld> {
        if !lock.is_held() {
            return Err(NotHeld);
        }
        if self.has_waiters() {
            let moved = lock.move_here(self.site().address(), count);
            self.subtract(moved);
            if moved == 0 {
                self.wake(count);
            }
        }
        Ok(())
    }

    /// Notifies up to `count` waiters by waking them: for a lock that has no queue at the door.
    pub fn wake(&self, count: usize) {
        if self.has_waiters() {
            let unparked = wait::unpark_many(self.site().address(), count, |_| ());
            self.subtract(unparked.count());
            unparked.wake();
        }
    }

    /// Whether any thread waits.
    #[inline]
    #[must_use]
    pub fn has_waiters(&self) -> bool {
        self.waiters.load(Relaxed) != 0
    }

    /// How many threads wait.
    #[must_use]
    pub fn waiters(&self) -> usize {
        self.waiters.load(Relaxed) as usize
    }

    /// Forgets all waiters in a forked child, where they do not exist.
    pub fn after_fork(&self) {
        self.waiters.store(0, Relaxed);
    }

    fn subtract(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        // A waiter whose signal handler forked, and which made the condition new there, is not counted.
        let left = |waiters: u32| Some(waiters.saturating_sub(count));
        let _ = self.waiters.fetch_update(Relaxed, Relaxed, left);
    }

    fn site(&self) -> Site {
        Site::at(&self.waiters, self.kind, self.origin)
    }
}

impl Default for Condition {
    fn default() -> Self {
        Self::new()
    }
}
