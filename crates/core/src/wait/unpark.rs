//! Waking who waits, and looking who does.

use std::sync::atomic::Ordering;

use super::Site;
use super::hand_over;
use super::parker::NOTIFIED;
use super::relay::{RUNNERS, Relay};
use super::table::{self, Place, Waiter};
use crate::facade::Arc;
use crate::thread::ThreadId;

/// Whether a thread is in the queue of `site`. One that an unpark has chosen is not, though it may sleep yet, nor is
/// one that was moved to the queue of a lock.
pub(crate) fn is_queued(site: Site, thread: ThreadId) -> bool {
    let mut found = false;
    let look = |waiter: &Arc<Waiter>| found |= waiter.thread == thread;
    table::bucket(site.address()).each(site.address(), look);
    found
}

/// Wakes a thread that waits at `site` to look around. Returns whether it still does.
pub(crate) fn poke(site: Site, thread: ThreadId) -> bool {
    let mut found = false;
    table::bucket(site.address()).each(site.address(), |waiter| {
        if waiter.thread == thread {
            waiter.parker.poke();
            found = true;
        }
    });
    found
}

/// Waiters chosen by an unpark, out of their queues and still asleep. [`wake`](Self::wake) wakes them; dropping it does as
/// well, without the host: for a thread that it knows nothing of.
///
/// Kept apart so that a caller can let its own lock go first: a thread that is woken into a held lock
/// goes back to sleep.
#[must_use = "to be woken with no lock held; `drop` is for threads that the host knows nothing of"]
#[derive(Default)]
pub struct Unparked {
    // Nearly always there is one; it needs no allocation.
    first: Option<Arc<Waiter>>,
    rest: Vec<Arc<Waiter>>,
    /// Where they are too many to be woken at once: those that have to be woken.
    relay: Option<Arc<Relay>>,
}

impl Unparked {
    fn add(&mut self, waiter: Arc<Waiter>) {
        if self.first.is_none() {
            self.first = Some(waiter);
        } else {
            self.rest.push(waiter);
        }
    }

    /// Tells them that they were chosen. The caller holds the lock of their queue; whoever sees the news
    /// sees what the caller settled before.
    fn notify(&mut self) {
        let waiters = self.first.iter().chain(&self.rest);
        self.relay = Relay::among(self.count());
        match &self.relay {
            Some(relay) => Relay::notify(relay, waiters),
            None => waiters.for_each(|waiter| _ = waiter.parker.set(NOTIFIED)),
        }
    }

    /// How many threads were chosen.
    #[must_use]
    pub fn count(&self) -> usize {
        usize::from(self.first.is_some()) + self.rest.len()
    }

    /// Wakes them. The caller holds no lock that another thread could block on with the interpreter held: the host may
    /// let it go meanwhile.
    #[inline]
    pub fn wake(mut self) {
        // Most of the time there is nobody to wake.
        if self.is_asleep() {
            hand_over::around(&mut || self.wake_some());
        }
    }

    /// Whether one has to be woken.
    fn is_asleep(&self) -> bool {
        self.first.iter().chain(&self.rest).any(|waiter| waiter.parker.is_asleep())
    }

    /// Wakes so many as the host has use for; they see to the others.
    fn wake_some(&mut self) {
        if let Some(relay) = self.relay.take() {
            (0..RUNNERS).for_each(|_| relay.pass_on());
            self.first = None;
        } else {
            self.wake_each();
        }
    }

    fn wake_each(&mut self) {
        for waiter in self.first.take().into_iter().chain(self.rest.drain(..)) {
            if waiter.parker.is_asleep() {
                waiter.parker.wake();
            }
        }
    }
}

impl Drop for Unparked {
    #[inline]
    fn drop(&mut self) {
        if let Some(relay) = self.relay.take() {
            relay.wake_all();
        } else if self.first.is_some() {
            self.wake_each();
        }
    }
}

/// A waiter that an unpark chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Whose wait it is.
    pub thread: ThreadId,
    /// Whether it had been chosen before and found the thing taken again: it waited at the front.
    pub was_beaten: bool,
}

impl From<&Waiter> for Chosen {
    fn from(waiter: &Waiter) -> Self {
        Self { thread: waiter.thread, was_beaten: waiter.place == Place::Front }
    }
}

/// Chooses the first waiter at `address`, if there is one.
///
/// `settle` runs under the queue's lock, whether or not there was a waiter, and before any is told. It
/// learns who was chosen and whether any are left: it is where a word's "somebody waits" bit is made true
/// again, and where the thing can be handed over to who was chosen; it returns whether it was.
pub fn unpark_one(address: usize, settle: impl FnOnce(Option<Chosen>, bool) -> bool) -> Unparked {
    let mut bucket = table::bucket(address);
    let waiter = bucket.pop(address);
    let chosen = waiter.as_deref().map(Chosen::from);
    let handed = settle(chosen, bucket.len(address) > 0);
    let mut unparked = Unparked::default();
    if let Some(waiter) = waiter {
        waiter.handed.store(handed, Ordering::Relaxed);
        unparked.add(waiter);
    }
    unparked.notify();
    unparked
}

/// What becomes of the first waiter of a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is chosen, and the thing is its own already ([`Wake::HandedOver`](super::Wake::HandedOver)).
    Hand,
    /// It is chosen, and competes for the thing.
    Wake,
    /// It stays, and so do those behind it.
    Stay,
}

/// Offers a thing to the waiters at `address`, the first one first, until one stays.
///
/// `admit`, `offer` and `settle` run under the queue's lock, before any waiter is told. If `admit` says no, nothing
/// else happens. `settle` learns whether any are left.
pub fn unpark_offering(
    address: usize,
    admit: impl FnOnce() -> bool,
    mut offer: impl FnMut(Chosen) -> Fate,
    settle: impl FnOnce(bool),
) -> Unparked {
    let mut unparked = Unparked::default();
    let mut bucket = table::bucket(address);
    if !admit() {
        return unparked;
    }
    while let Some(first) = bucket.first(address) {
        let fate = offer(Chosen::from(&**first));
        if fate == Fate::Stay {
            break;
        }
        first.handed.store(fate == Fate::Hand, Ordering::Relaxed);
        if let Some(waiter) = bucket.pop(address) {
            unparked.add(waiter);
        }
    }
    settle(bucket.len(address) > 0);
    unparked.notify();
    unparked
}

/// Chooses the first `count` waiters at `address`. `settle` runs under the queue's lock, before any is
/// told, and learns whether any are left.
pub fn unpark_many(address: usize, count: usize, settle: impl FnOnce(bool)) -> Unparked {
    let mut unparked = Unparked::default();
    let mut bucket = table::bucket(address);
    while unparked.count() < count {
        let Some(waiter) = bucket.pop(address) else { break };
        unparked.add(waiter);
    }
    settle(bucket.len(address) > 0);
    unparked.notify();
    unparked
}

/// Chooses all waiters at `address`; `settle` runs under the queue's lock.
pub fn unpark_all(address: usize, settle: impl FnOnce()) -> Unparked {
    unpark_many(address, usize::MAX, |_| settle())
}

/// Moves the first `count` waiters at `from` to the queue of `to`, asleep as they are.
///
/// This is how a condition's notification avoids waking threads that could only wait for the lock.
/// `admit` runs under the locks of both queues; it makes sure that whoever holds the thing at `to` will
/// unpark there, or says no, and then nobody is moved. Returns how many were moved.
pub fn requeue(from: usize, to: usize, count: usize, admit: impl FnOnce() -> bool) -> usize {
    table::move_waiters(from, to, count, admit)
}
