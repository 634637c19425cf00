//! The word of a lock, which names the thread that holds it.
//!
//! | bits | name | meaning |
//! |---|---|---|
//! | 0–28 | `HOLDER` | the number of the thread that holds the lock; 0 when free |
//! | 29 | `SCOPED` | the holder took it for a block (`with`), at whose end it lets it go itself |
//! | 30 | `NOTED` | the present hold is being timed ([`holds`]), or stands in its thread's list ([`order`]) |
//! | 31 | `PARKED` | threads wait at the word's address, or are about to |
//!
//! | from | to | by |
//! |---|---|---|
//! | free | held | a taker, one compare-and-swap; `PARKED` is kept |
//! | held | held + `PARKED` | a thread about to wait; a condition that moves waiters here |
//! | held | held + `NOTED` | the holder, or nobody, when it is not the holder any more |
//! | held | held + `SCOPED` | the holder that had to wait, or nobody, likewise (who did not wait takes it with the bit) |
//! | held + `NOTED` | held | a releaser, which then goes on as below |
//! | held | free | a releaser, one compare-and-swap |
//! | held + `PARKED` | free, `PARKED` if waiters are left | a releaser, under the queue's lock, choosing the first waiter |
//! | held + `PARKED` | held by the first waiter, `PARKED` if more are left | the same, if that waiter was beaten before |
//!
//! Memory order: taking is an acquire and releasing a release, so what one holder wrote the next one
//! sees. Setting `PARKED` is relaxed: the bit carries no data, and the queue's lock orders it against the
//! releaser that looks for it.
//!
//! Fairness: a woken thread takes the lock like any other ("barging"), since handing it over would let it
//! stand idle until the woken thread runs. One that was beaten to it waits at the front, and the next
//! release hands the lock over to it: nobody is beaten twice for one acquire. From then on the lock is never free, so
//! that only threads that had been woken by that moment can go before it: those that waited before it, at the most.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::condition::Queue;
use crate::error::{Interrupted, NotHeld, WaitEnded};
use crate::facade::AtomicU32;
use crate::observe::metrics::{counters, holds, ledger};
use crate::observe::order;
use crate::observe::registry;
use crate::thread::{ID_BITS, ThreadId};
use crate::wait::{
    self, Chosen, Deadline, Fate, Kind, Origin, Owner, Place, Signals, Site, Wake, clock, watch,
};

const FREE: u32 = 0;
const HOLDER: u32 = (1 << ID_BITS) - 1;
const SCOPED: u32 = 1 << 29;
const NOTED: u32 = 1 << 30;
const PARKED: u32 = 1 << 31;

/// The thread that a word names.
pub(crate) fn named_by(word: u32) -> Option<ThreadId> {
    ThreadId::from_word(word & HOLDER)
}

/// Whether the thread that a lock's word names took it for a block.
pub(crate) fn is_scoped(word: u32) -> bool {
    word & SCOPED != 0
}

/// How a lock was taken.
#[derive(Clone, Copy)]
pub(crate) struct Taking {
    /// Whether it was not free at once.
    pub(crate) waited: bool,
    /// Whether the thread would have waited without a limit.
    pub(crate) patient: bool,
    /// Whether it is taken back after a wait that let it go, which is no acquire.
    pub(crate) again: bool,
}

impl Taking {
    /// By `acquire`.
    pub(crate) fn acquire(waited: bool, deadline: Deadline) -> Self {
        Self { waited, patient: deadline.is_never(), again: false }
    }

    /// By a condition, after its wait.
    pub(crate) const BACK: Self = Self { waited: false, patient: true, again: true };
}

/// See the module's description.
pub(crate) struct Holder {
    word: AtomicU32,
}

impl Holder {
    /// A free lock.
    #[cfg(not(loom))]
    pub(crate) const fn new() -> Self {
        Self { word: AtomicU32::new(FREE) }
    }

    /// A free lock.
    #[cfg(loom)]
    pub(crate) fn new() -> Self {
        Self { word: AtomicU32::new(FREE) }
    }

    /// The site of this word.
    pub(crate) fn site(&self, kind: Kind, origin: Option<Origin>) -> Site {
        Site::at(&self.word, kind, origin)
    }

    /// The thread that holds the lock.
    pub(crate) fn get(&self) -> Option<ThreadId> {
        named_by(self.word.load(Relaxed))
    }

    /// Whether `thread` holds the lock. Only `thread` itself can rely on a yes.
    #[inline]
    pub(crate) fn is(&self, thread: ThreadId) -> bool {
        self.word.load(Relaxed) & HOLDER == thread.get()
    }

    /// Takes the lock if it is free.
    #[inline]
    pub(crate) fn try_acquire(&self, me: ThreadId) -> bool {
        self.try_write(me.get())
    }

    /// Takes the lock for a block, if it is free.
    #[inline]
    pub(crate) fn try_enter(&self, me: ThreadId) -> bool {
        self.try_write(me.get() | SCOPED)
    }

    #[inline]
    fn try_write(&self, holder: u32) -> bool {
        match self.word.compare_exchange(FREE, holder, Acquire, Relaxed) {
            Ok(_) => true,
            // Free, and somebody waits: a thread woken for it is on its way.
            Err(PARKED) => {
                self.word.compare_exchange(PARKED, PARKED | holder, Acquire, Relaxed).is_ok()
            }
            Err(_) => false,
        }
    }

    /// Notes that the calling thread took the lock for a block, unless another has released it since: the bit
    /// beside no holder, or another's, would stay. Relaxed: for people to read.
    pub(crate) fn note_scope(&self, me: ThreadId) {
        let mark = |word: u32| (word & HOLDER == me.get()).then_some(word | SCOPED);
        let _ = self.word.fetch_update(Relaxed, Relaxed, mark);
    }

    /// Takes the lock, waiting for it until the deadline. `Ok(false)` when it did not become free.
    ///
    /// `place` is where to wait: a waiter that was chosen already goes before those that were not.
    #[cold]
    pub(crate) fn acquire_contended(
        &self,
        me: ThreadId,
        site: Site,
        place: Place,
        deadline: Deadline,
        signals: Signals,
    ) -> Result<bool, WaitEnded> {
        self.acquire_waiting(me, site, place, deadline, signals, true)
    }

    /// `may_fail` says whether the wait may end with [`WaitEnded::Deadlock`].
    fn acquire_waiting(
        &self,
        me: ThreadId,
        site: Site,
        mut place: Place,
        deadline: Deadline,
        signals: Signals,
        may_fail: bool,
    ) -> Result<bool, WaitEnded> {
        let mut was_woken = false;
        // A wait that is left for a look at signals goes on with whom it began with.
        let mut blocked = None;
        loop {
            if self.try_acquire(me) {
                note_blocked(site, blocked);
                return Ok(true);
            }
            if deadline == Deadline::PAST {
                note_blocked(site, blocked);
                return Ok(false);
            }
            if !self.mark_parked() {
                continue;
            }
            let begins = blocked.is_none();
            if begins && watch::is_on() {
                blocked = Some(self.blocked(was_woken));
            }
            let owner = Owner { word: &self.word, may_fail };
            let must_wait = || self.is_held_and_parked();
            let wake = wait::park_for(owner, site, place, must_wait, deadline, signals)?;
            was_woken = wake == Wake::Notified;
            match wake {
                Wake::Stale if begins => blocked = None,
                Wake::Stale => {}
                Wake::Signalled { notified } | Wake::Interrupted { notified } => {
                    if notified {
                        self.pass_on();
                    }
                    wait::run_handlers()?;
                    place = Place::Front;
                }
                Wake::HandedOver | Wake::Notified | Wake::TimedOut => {
                    note_blocked(site, blocked.take());
                    if wake != Wake::Notified {
                        return Ok(wake == Wake::HandedOver);
                    }
                    place = Place::Front;
                }
            }
        }
    }

    /// Who keeps a watched thread that begins to wait, and since when; it was woken and beaten before, or not.
    #[cold]
    fn blocked(&self, was_beaten: bool) -> Blocked {
        if was_beaten {
            registry::count_overtaken();
        }
        Blocked { holder: self.get(), since: clock::now() }
    }

    /// Notes, where the program is watched, that the calling thread has taken the lock.
    #[inline]
    pub(crate) fn note_taken(&self, me: ThreadId, kind: Kind, origin: Option<Origin>, how: Taking) {
        if watch::observes() {
            self.note(me, kind, origin, how);
        }
    }

    #[inline(never)]
    fn note(&self, me: ThreadId, kind: Kind, origin: Option<Origin>, how: Taking) {
        if watch::is_on() && !how.again {
            self.count(me, kind, origin, how.waited);
        }
        if order::is_on() {
            order::taken(me, self.site(kind, origin), how.patient, || self.mark_noted(me));
        }
    }

    /// Marks the present hold as noted elsewhere. `false` when the thread does not hold the lock any more: another
    /// may have released it, and then it is not the caller's to mark.
    fn mark_noted(&self, me: ThreadId) -> bool {
        let mark = |word: u32| (word & HOLDER == me.get()).then_some(word | NOTED);
        self.word.fetch_update(Relaxed, Relaxed, mark).is_ok()
    }

    #[inline(never)]
    fn count(&self, me: ThreadId, kind: Kind, origin: Option<Origin>, waited: bool) {
        let Some(counters) = counters::of(kind, origin) else { return };
        if waited {
            counters.contend();
        }
        if holds::is_timed(counters.acquire(me))
            && holds::begin(self.address(), (kind, origin))
            && !self.mark_noted(me)
        {
            holds::forget(self.address());
        }
    }

    /// Takes the lock back after a wait that let it go, however long that takes.
    ///
    /// Handlers of signals run meanwhile, unless they are to be deferred. One that wants the wait ended
    /// has to wait for the lock: the caller's caller lets it go. Handlers of later signals run after that.
    #[cold]
    pub(crate) fn take_back(
        &self,
        me: ThreadId,
        site: Site,
        place: Place,
        signals: Signals,
    ) -> Result<(), Interrupted> {
        let acquire =
            |place, signals| self.acquire_waiting(me, site, place, Deadline::NEVER, signals, false);
        if acquire(place, signals).is_ok() {
            return Ok(());
        }
        let taken = acquire(Place::Front, Signals::Defer);
        debug_assert_eq!(taken, Ok(true));
        Err(Interrupted)
    }

    /// Frees the lock, whoever holds it, and wakes the first waiter.
    #[inline]
    pub(crate) fn release(&self) -> Result<(), NotHeld> {
        let mut word = self.word.load(Relaxed);
        loop {
            if word & HOLDER == 0 {
                return Err(NotHeld);
            }
            if word & (PARKED | NOTED) != 0 {
                return self.release_marked(word);
            }
            match self.word.compare_exchange_weak(word, FREE, Release, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    #[cold]
    fn release_marked(&self, word: u32) -> Result<(), NotHeld> {
        if word & NOTED == 0 {
            return self.release_contended();
        }
        self.end_note(word);
        self.word.fetch_and(!NOTED, Relaxed);
        self.release()
    }

    /// The hold that a word tells of is over.
    fn end_note(&self, word: u32) {
        holds::end(self.address());
        if let Some(holder) = named_by(word) {
            order::released(holder, self.address());
        }
    }

    #[cold]
    fn release_contended(&self) -> Result<(), NotHeld> {
        let mut released = Ok(());
        wait::unpark_one(self.address(), |chosen, left| {
            let next = match chosen {
                Some(chosen) if chosen.was_beaten => chosen.thread.get(),
                _ => FREE,
            };
            let bit = if left { PARKED } else { 0 };
            // Another thread may have released it since the look: then this release is one too many, and
            // the waiter, chosen for nothing, looks again.
            let swapped = self
                .word
                .fetch_update(Release, Relaxed, |word| (word & HOLDER != 0).then_some(next | bit));
            if swapped.is_err() {
                released = Err(NotHeld);
                self.settle(left);
            }
            swapped.is_ok() && next != FREE
        })
        .wake();
        released
    }

    /// A woken waiter that goes away without the lock wakes the next one, if the lock is free. If another
    /// holds it, that one will, for `PARKED` is still set.
    fn pass_on(&self) {
        if self.word.load(Relaxed) & HOLDER != 0 {
            return;
        }
        let mut is_first = true;
        let offer = |chosen: Chosen| {
            if !std::mem::take(&mut is_first) {
                Fate::Stay
            } else if !chosen.was_beaten {
                Fate::Wake
            } else if self.try_acquire(chosen.thread) {
                Fate::Hand
            } else {
                Fate::Stay // whoever was faster comes to release it
            }
        };
        wait::unpark_offering(self.address(), || true, offer, |left| self.settle(left)).wake();
    }

    /// Clears `PARKED` when nobody is left. Under the queue's lock.
    fn settle(&self, left: bool) {
        if !left {
            self.word.fetch_and(!PARKED, Relaxed);
        }
    }

    /// Sets `PARKED` if the lock is held; `false` when it is free.
    pub(crate) fn mark_parked(&self) -> bool {
        let mut word = self.word.load(Relaxed);
        loop {
            if word & HOLDER == 0 {
                return false;
            }
            if word & PARKED != 0 {
                return true;
            }
            match self.word.compare_exchange_weak(word, word | PARKED, Relaxed, Relaxed) {
                Ok(_) => return true,
                Err(now) => word = now,
            }
        }
    }

    /// Moves waiters of a condition into the queue of this lock, if it is held; returns how many.
    pub(crate) fn move_here(&self, from: usize, count: usize) -> usize {
        wait::requeue(from, self.address(), count, || self.mark_parked())
    }

    /// Where threads wait for this lock, which is known as `site`.
    pub(crate) fn queue(&self, site: Site) -> Queue<'_> {
        Queue { site, word: &self.word }
    }

    fn is_held_and_parked(&self) -> bool {
        let word = self.word.load(Relaxed);
        word & HOLDER != 0 && word & PARKED != 0
    }

    /// Makes the lock free, as new, in a forked child where its holder may not exist.
    pub(crate) fn reset(&self) {
        let word = self.word.swap(FREE, Release);
        if word & NOTED != 0 {
            self.forget_note(word);
        }
    }

    /// The hold that a word tells of is over, and is not to be counted.
    #[cold]
    fn forget_note(&self, word: u32) {
        holds::forget(self.address());
        if let Some(holder) = named_by(word) {
            order::released(holder, self.address());
        }
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(&self.word).addr()
    }
}

/// Who held the lock when a watched thread began to wait for it, and when that was.
#[derive(Clone, Copy)]
struct Blocked {
    holder: Option<ThreadId>,
    since: u64,
}

/// A watched wait is over.
fn note_blocked(site: Site, blocked: Option<Blocked>) {
    if let Some(Blocked { holder: Some(holder), since }) = blocked {
        ledger::add_blocked(site, holder, clock::now().saturating_sub(since));
    }
}

// (A model's atomics cannot be looked at once the model is over, and no model is watched.)
#[cfg(not(loom))]
impl Drop for Holder {
    fn drop(&mut self) {
        let word = *self.word.get_mut();
        if word & NOTED != 0 {
            self.forget_note(word);
        }
        if order::is_on() {
            order::forget(self.address());
        }
    }
}

#[cfg(test)]
mod tests;
