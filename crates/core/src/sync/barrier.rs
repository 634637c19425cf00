//! A barrier: threads wait until all of a fixed number have come.
//!
//! The states and their changes are those of the standard library's barrier, so that what users see of
//! it (what a reset does to whom) is the same:
//!
//! | state | meaning |
//! |---|---|
//! | `FILLING` | threads come and wait |
//! | `RESETTING` | a reset throws the waiting threads out; nobody enters until they have left |
//! | `BROKEN` | everybody who comes gets an error, until a reset |
//!
//! But for one: the standard library's drains when all have come, and nobody enters until all have left. Here the last to come
//! counts all others out: who wakes up finds that the round he waited for is over. What follows is as if
//! all had left at once, and nobody who comes back early has to sleep until the last has.
//!
//! State, count and round are written under the barrier's lock only, which also orders them: relaxed will do.

use std::sync::atomic::Ordering::Relaxed;

use super::condition::{Condition, Relock};
use super::holder::Holder;
use crate::error::{BarrierError, Interrupted, NotHeld, WaitError};
use crate::facade::{AtomicU32, AtomicUsize};
use crate::thread::ThreadId;
use crate::wait::{Deadline, Kind, Origin, Place, Signals};

const FILLING: u32 = 0;
const RESETTING: u32 = 1;
const BROKEN: u32 = 2;

/// The barrier's lock; its waits go under the barrier's name.
struct Gate {
    holder: Holder,
    origin: Option<Origin>,
}

impl Gate {
    fn acquire(&self, place: Place, signals: Signals) -> Result<(), Interrupted> {
        let me = ThreadId::current();
        if !self.holder.try_acquire(me) {
            let site = self.holder.site(Kind::Barrier, self.origin);
            let taken = self.holder.acquire_contended(me, site, place, Deadline::NEVER, signals);
            // (Of a barrier no thread is the owner, so there is no circle.)
            taken.map_err(|_| Interrupted)?;
        }
        Ok(())
    }

    /// Takes the gate for as long as the guard lives.
    fn enter(&self) -> Result<Inside<'_>, Interrupted> {
        self.acquire(Place::Back, Signals::Leave)?;
        Ok(Inside(self))
    }
}

/// The calling thread holds the gate.
struct Inside<'a>(&'a Gate);

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        let released = self.0.holder.release();
        debug_assert_eq!(released, Ok(()));
    }
}

impl Relock for Gate {
    type Saved = ();

    fn is_held(&self) -> bool {
        self.holder.is(ThreadId::current())
    }

    fn release_save(&self) -> Result<(), NotHeld> {
        self.holder.release()
    }

    /// The gate is held for a few steps only: handlers can wait for that.
    fn acquire_restore(&self, (): (), place: Place, _: Signals) -> Result<(), Interrupted> {
        self.acquire(place, Signals::Defer)
    }

    fn move_here(&self, from: usize, count: usize) -> usize {
        self.holder.move_here(from, count)
    }
}

/// Runs a step when dropped: on every way out, a panic of foreign code included.
struct OnDrop<F: Fn()>(F);

impl<F: Fn()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

/// A barrier for a fixed number of threads.
///
/// Follows [`threading.Barrier`](https://docs.python.org/3/library/threading.html#barrier-objects).
pub struct Barrier {
    gate: Gate,
    changed: Condition,
    parties: usize,
    state: AtomicU32,
    /// How many threads have come in this round, and have not left.
    count: AtomicUsize,
    /// How often all have come. It wraps: nobody sleeps through all of its numbers.
    round: AtomicUsize,
}

impl Barrier {
    /// A barrier for `parties` threads.
    #[must_use]
    pub fn new(parties: usize) -> Self {
        Self::made_at(parties, None)
    }

    /// A barrier that a known line of the program made.
    #[must_use]
    pub fn made_at(parties: usize, origin: Option<Origin>) -> Self {
        Self {
            gate: Gate { holder: Holder::new(), origin },
            changed: Condition::part_of(Kind::Barrier, origin),
            parties,
            state: AtomicU32::new(FILLING),
            count: AtomicUsize::new(0),
            round: AtomicUsize::new(0),
        }
    }

    /// Waits for the others. The last to come runs `action` before any is let go. Returns the caller's
    /// place, from 0 to `parties` − 1.
    ///
    /// # Errors
    /// [`BarrierError::Broken`] when the barrier is or becomes broken, is reset meanwhile, or when the
    /// deadline passes, which breaks it; [`BarrierError::Action`] when the action fails, which breaks it
    /// too; [`BarrierError::Interrupted`] when a signal handler ended the wait: the thread has left, and
    /// the barrier waits for another in its place, unless all had come by then: the others are let go, and
    /// the thread was one of them.
    pub fn wait<E>(
        &self,
        deadline: Deadline,
        action: impl FnOnce() -> Result<(), E>,
    ) -> Result<usize, BarrierError<E>> {
        let inside = self.gate.enter().map_err(|Interrupted| BarrierError::Interrupted)?;
        self.wait_to_enter()?;
        let (place, round) = (self.count.fetch_add(1, Relaxed), self.round.load(Relaxed));
        let departure = OnDrop(|| self.depart(round));
        let outcome = if place + 1 == self.parties {
            self.trip(action)
        } else {
            self.wait_for_trip(round, deadline)
        };
        drop(departure);
        drop(inside);
        outcome.map(|()| place)
    }

    fn wait_to_enter<E>(&self) -> Result<(), BarrierError<E>> {
        while self.state() == RESETTING {
            self.wait_for_change(Deadline::NEVER)?;
        }
        if self.state() == BROKEN { Err(BarrierError::Broken) } else { Ok(()) }
    }

    /// Runs the action, then lets all go. An action that fails, or panics, breaks the barrier.
    fn trip<E>(&self, action: impl FnOnce() -> Result<(), E>) -> Result<(), BarrierError<E>> {
        let breaker = OnDrop(|| self.change(BROKEN));
        action().map_err(BarrierError::Action)?;
        std::mem::forget(breaker);
        self.count.store(0, Relaxed);
        self.round.store(self.round.load(Relaxed).wrapping_add(1), Relaxed);
        self.change(FILLING);
        Ok(())
    }

    fn wait_for_trip<E>(&self, round: usize, deadline: Deadline) -> Result<(), BarrierError<E>> {
        let is_waited_for = || self.is_round(round) && self.state() == FILLING;
        while is_waited_for() {
            if !self.wait_for_change(deadline)? && is_waited_for() {
                self.change(BROKEN);
            }
        }
        if self.is_round(round) { Err(BarrierError::Broken) } else { Ok(()) }
    }

    /// Whether not all have come since.
    fn is_round(&self, round: usize) -> bool {
        self.round.load(Relaxed) == round
    }

    /// A thread leaves that came in this round. The last one after a reset opens the barrier again.
    fn depart(&self, round: usize) {
        if !self.is_round(round) {
            return;
        }
        let left = self.count.fetch_sub(1, Relaxed) - 1;
        if left == 0 && self.state() == RESETTING {
            self.change(FILLING);
        }
    }

    /// `Ok(false)` when the deadline passed.
    fn wait_for_change<E>(&self, deadline: Deadline) -> Result<bool, BarrierError<E>> {
        self.changed.wait(&self.gate, deadline).map_err(|error| match error {
            WaitError::Interrupted => BarrierError::Interrupted,
            WaitError::NotHeld => unreachable!("the gate is held inside the barrier"),
        })
    }

    fn change(&self, state: u32) {
        self.state.store(state, Relaxed);
        let notified = self.changed.notify(&self.gate, usize::MAX);
        debug_assert_eq!(notified, Ok(()));
    }

    /// Makes the barrier usable again; threads that wait get [`BarrierError::Broken`].
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait for the barrier's lock; nothing is done.
    pub fn reset(&self) -> Result<(), Interrupted> {
        let _inside = self.gate.enter()?;
        let is_empty = self.count.load(Relaxed) == 0;
        self.change(if is_empty { FILLING } else { RESETTING });
        Ok(())
    }

    /// Breaks the barrier.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait for the barrier's lock; nothing is done.
    pub fn abort(&self) -> Result<(), Interrupted> {
        let _inside = self.gate.enter()?;
        self.change(BROKEN);
        Ok(())
    }

    /// How many threads the barrier is for.
    #[must_use]
    pub fn parties(&self) -> usize {
        self.parties
    }

    /// How many threads wait for the others now.
    #[must_use]
    pub fn waiting(&self) -> usize {
        if self.state() == FILLING { self.count.load(Relaxed) } else { 0 }
    }

    /// Whether the barrier is broken.
    #[must_use]
    pub fn is_broken(&self) -> bool {
        self.state() == BROKEN
    }

    fn state(&self) -> u32 {
        self.state.load(Relaxed)
    }
}
