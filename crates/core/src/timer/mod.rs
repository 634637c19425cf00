//! Timers: what is to happen later, and the one thread that waits for all of it.
//!
//! An [`Agenda`] holds items with the moments at which they are due. It starts no thread: whoever adds
//! an item is told when one is needed, and that thread calls [`next`](Agenda::next) until told to leave.
//! So an idle agenda costs no thread, and the host can make the thread in its own way.
//!
//! All state is behind one internal lock. The serving thread joins the door's queue before it lets that
//! lock go, and whoever changes the state holds it: no wake-up falls between the look and the sleep.
//!
//! The items are in a B-tree by moment and number: an item is added and taken off in the logarithm of
//! their count, and exact to the clock, where a timer wheel would be quicker and coarser.

use std::collections::BTreeMap;

use crate::facade::{self, Mutex, MutexGuard};
use crate::wait::{self, Deadline, Kind, Place, Signals, Site, Unparked};

/// Names an item of an agenda. Keys are in the order in which their items are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    due: Deadline,
    number: u64,
}

/// What [`Agenda::add`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "without a thread that serves, nothing happens"]
pub struct Added {
    /// Names the item.
    pub key: Key,
    /// Whether the caller has to start a thread that serves: none does.
    pub unserved: bool,
}

struct State<T> {
    items: BTreeMap<Key, T>,
    /// The number of the last item.
    last: u64,
    /// The fork generation in which a thread began to serve. One that a fork left behind serves no more.
    served: Option<u32>,
    /// Whether that thread sleeps, or is about to.
    sleeping: bool,
    /// How many items were taken off and are being ended.
    ending: usize,
}

impl<T> State<T> {
    fn is_served(&self) -> bool {
        self.served == Some(wait::generation())
    }

    /// Whether there is nothing left to wait for.
    fn is_done(&self) -> bool {
        self.items.is_empty() && self.ending == 0
    }

    fn take_due(&mut self) -> Vec<T> {
        let mut due = Vec::new();
        while let Some(first) = self.items.first_entry() {
            if !first.key().due.is_past() {
                break;
            }
            due.push(first.remove());
        }
        due
    }
}

/// Items that are due at some moment.
pub struct Agenda<T>(Mutex<State<T>>);

impl<T> Agenda<T> {
    /// An empty agenda, served by nobody.
    #[must_use]
    pub fn new() -> Self {
        let items = BTreeMap::new();
        Self(Mutex::new(State { items, last: 0, served: None, sleeping: false, ending: 0 }))
    }

    /// Adds an item. Where it says that the agenda is unserved, the caller has to start a thread that
    /// serves, or to say that there is [none](Agenda::not_served).
    pub fn add(&self, due: Deadline, item: T) -> Added {
        let mut state = self.lock();
        state.last += 1;
        let key = Key { due, number: state.last };
        state.items.insert(key, item);
        let unserved = !state.is_served();
        state.served = Some(wait::generation());
        let is_first = state.items.first_key_value().is_some_and(|(&first, _)| first == key);
        let called = if is_first { self.call(&mut state) } else { Unparked::default() };
        drop(state);
        called.wake();
        Added { key, unserved }
    }

    /// Takes an item off, if it is still there.
    pub fn remove(&self, key: Key) -> Option<T> {
        let mut state = self.lock();
        let item = state.items.remove(&key)?;
        self.call_if_done(state);
        Some(item)
    }

    /// Takes an item off, if it is still there, and has `end` see to it. The thread that serves does not leave before that:
    /// who waits for it finds the item ended.
    pub fn remove_with<R>(&self, key: Key, end: impl FnOnce(T) -> R) -> Option<R> {
        let mut state = self.lock();
        let item = state.items.remove(&key)?;
        state.ending += 1;
        drop(state);
        let _ending = Ending(self);
        Some(end(item))
    }

    /// The thread that was to serve could not be started. The next item asks for one again.
    pub fn not_served(&self) {
        self.lock().served = None;
    }

    /// Waits until items are due and takes them off; for the thread that serves. `None` when nothing is
    /// left to wait for: the thread serves no more.
    pub fn next(&self) -> Option<Vec<T>> {
        loop {
            let mut state = self.lock();
            let due = state.take_due();
            if !due.is_empty() {
                return Some(due);
            }
            if state.is_done() {
                state.served = None;
                return None;
            }
            let first = state.items.first_key_value();
            let until = first.map_or(Deadline::NEVER, |(first, _)| first.due);
            state.sleeping = true;
            let ticket = wait::enlist(self.site(), Place::Back);
            drop(state);
            let _ = ticket.sleep(until, Signals::Defer);
        }
    }

    /// How many items are pending.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lock().items.len()
    }

    /// Whether no item is pending.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Calls the thread that serves, to leave, where nothing is left to wait for.
    fn call_if_done(&self, mut state: MutexGuard<'_, State<T>>) {
        let called = if state.is_done() { self.call(&mut state) } else { Unparked::default() };
        drop(state);
        called.wake();
    }

    /// Calls the thread that serves, to look again.
    fn call(&self, state: &mut State<T>) -> Unparked {
        if !std::mem::take(&mut state.sleeping) {
            return Unparked::default();
        }
        wait::unpark_all(self.site().address(), || ())
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        facade::lock(&self.0)
    }

    fn site(&self) -> Site {
        Site::at(&self.0, Kind::Timer, None)
    }
}

/// An item that was taken off is being ended.
struct Ending<'a, T>(&'a Agenda<T>);

impl<T> Drop for Ending<'_, T> {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.ending -= 1;
        self.0.call_if_done(state);
    }
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Self::new()
    }
}
