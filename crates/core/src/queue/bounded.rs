//! The queue: full, empty and unfinished, each waited for at the door.
//!
//! All state is behind one internal lock (`guard.rs`) that is held for a few steps, never around a wait or foreign
//! code. A thread that must wait joins the door's queue *before* it lets the internal lock go, and whoever
//! changes the state holds that lock: so no wake-up falls between the look and the sleep.

use std::ops::{Deref, DerefMut};
use std::sync::atomic::Ordering::{Acquire, Release};

use crate::error::{GetError, Interrupted, PutError, TooManyDone};
use crate::facade::AtomicUsize;
use crate::observe::metrics::flow;
use crate::observe::registry;
use crate::queue::guard::{ByLock, Guarded, Guarding};
use crate::queue::order::Order;
use crate::queue::sleepers::Sleepers;
use crate::wait::{self, Deadline, Kind, Origin, Place, Signals, Unparked, Wake, watch};

pub(super) struct State<O> {
    pub(super) items: O,
    /// No limit when zero or less.
    maxsize: isize,
    pub(super) unfinished: usize,
    pub(super) shut_down: bool,
    pub(super) getters: Sleepers,
    pub(super) putters: Sleepers,
    pub(super) joiners: Sleepers,
}

impl<O: Order> State<O> {
    pub(super) fn is_full(&self) -> bool {
        usize::try_from(self.maxsize).is_ok_and(|limit| limit > 0 && self.items.len() >= limit)
    }

    /// Whether a thread that was called for an item, or for a slot, finds that another has taken it.
    fn is_beaten(&self, kind: Kind) -> bool {
        match kind {
            Kind::QueueGet => self.items.len() == 0 && !self.shut_down,
            Kind::QueuePut => self.is_full() && !self.shut_down,
            _ => false,
        }
    }

    fn side(&mut self, kind: Kind) -> &mut Sleepers {
        match kind {
            Kind::QueuePut => &mut self.putters,
            Kind::QueueJoin => &mut self.joiners,
            _ => &mut self.getters,
        }
    }

    /// Calls the next thread of a side if there is still something for it.
    #[inline]
    pub(super) fn call_next(&mut self, kind: Kind, spoken_for: impl Fn() -> bool) -> Unparked {
        match kind {
            Kind::QueueGet if self.getters.waiting && !self.items.is_empty() => {
                self.getters.call_one(spoken_for)
            }
            Kind::QueuePut if self.putters.waiting && !self.is_full() => {
                self.putters.call_one(spoken_for)
            }
            _ => Unparked::default(),
        }
    }
}

/// What a queue held when it was [closed](Queue::close).
pub struct Contents<T> {
    /// The items, in the order in which they would have left, or as [`Order::drain`] has them.
    pub items: Vec<T>,
    /// How many items were put and not marked as done.
    pub unfinished: usize,
    /// Whether the queue had been shut down before.
    pub shut_down: bool,
}

/// A queue for many producers and many consumers.
///
/// Follows [`queue.Queue`](https://docs.python.org/3/library/queue.html#queue-objects).
pub struct Queue<O: Order, G: Guarding = ByLock> {
    state: G::Guarded<State<O>>,
    /// How many items are inside, for those who only look: written whenever the state is let go.
    len: AtomicUsize,
}

/// The state, for who holds the internal lock.
pub(super) struct Held<'a, O: Order + 'a, G: Guarding + 'a> {
    state: <G::Guarded<State<O>> as Guarded<State<O>>>::Held<'a>,
    len: &'a AtomicUsize,
}

impl<O: Order, G: Guarding> Deref for Held<'_, O, G> {
    type Target = State<O>;

    #[inline]
    fn deref(&self) -> &State<O> {
        &self.state
    }
}

impl<O: Order, G: Guarding> DerefMut for Held<'_, O, G> {
    #[inline]
    fn deref_mut(&mut self) -> &mut State<O> {
        &mut self.state
    }
}

impl<O: Order, G: Guarding> Drop for Held<'_, O, G> {
    #[inline]
    fn drop(&mut self) {
        // A release: who sees a queue that was emptied sees also why.
        self.len.store(self.state.items.len(), Release);
    }
}

impl<O: Order> Queue<O> {
    /// A queue of at most `maxsize` items; zero or less is no limit.
    #[must_use]
    pub fn new(maxsize: isize) -> Self
    where
        O: Default,
    {
        Self::made_at(O::default(), maxsize, None)
    }

    /// A queue over a store, made by a known line of the program.
    #[must_use]
    pub fn made_at(items: O, maxsize: isize, origin: Option<Origin>) -> Self {
        Self::guarded(items, maxsize, origin)
    }
}

impl<O: Order, G: Guarding> Queue<O, G> {
    /// The same, guarded in another way than by a lock of its own.
    #[must_use]
    pub fn guarded(items: O, maxsize: isize, origin: Option<Origin>) -> Self {
        Self {
            state: Guarded::new(State {
                items,
                maxsize,
                unfinished: 0,
                shut_down: false,
                getters: Sleepers::new(Kind::QueueGet, origin),
                putters: Sleepers::new(Kind::QueuePut, origin),
                joiners: Sleepers::new(Kind::QueueJoin, origin),
            }),
            len: AtomicUsize::new(0),
        }
    }

    /// Puts an item, waiting for a free slot until the deadline.
    ///
    /// # Errors
    /// [`PutError`], with the item.
    pub fn put(&self, item: O::Item, deadline: Deadline) -> Result<(), PutError<O::Item>> {
        self.put_for(item, deadline, || false)
    }

    /// [`put`](Self::put), of an item that may be spoken for: by one of [`Callers`](super::Callers). No
    /// thread is called for it then. Asked under the internal lock, and only when a thread would be.
    ///
    /// # Errors
    /// [`PutError`], with the item.
    pub fn put_for(
        &self,
        item: O::Item,
        mut deadline: Deadline,
        spoken_for: impl Fn() -> bool,
    ) -> Result<(), PutError<O::Item>> {
        let mut state = self.state();
        let mut place = Place::Back;
        loop {
            if state.shut_down {
                return Err(PutError::ShutDown(item));
            }
            if !state.is_full() {
                if let Err(item) = state.items.push(item) {
                    return Err(PutError::Undecided(item));
                }
                state.unfinished += 1;
                let getter = state.getters.call_one(spoken_for);
                // Came by a wake-up: others may have slots too.
                let putter = if place == Place::Front {
                    state.call_next(Kind::QueuePut, || false)
                } else {
                    Unparked::default()
                };
                let put = watch::is_on().then(|| (state.getters.origin(), state.items.len()));
                drop(state);
                getter.wake();
                putter.wake();
                if let Some((origin, inside)) = put {
                    flow::put(origin, Some(inside));
                }
                return Ok(());
            }
            if deadline.is_past() {
                return Err(PutError::Full(item));
            }
            match self.wait(state, Kind::QueuePut, place, &mut deadline) {
                Ok(next) => (state, place) = next,
                Err(Interrupted) => return Err(PutError::Interrupted(item)),
            }
        }
    }

    /// Takes the next item, waiting for one until the deadline.
    ///
    /// # Errors
    /// [`GetError`].
    pub fn get(&self, deadline: Deadline) -> Result<O::Item, GetError> {
        self.get_for(deadline, || false)
    }

    /// [`get`](Self::get), whose free slot may be spoken for (see [`put_for`](Self::put_for)).
    ///
    /// # Errors
    /// [`GetError`].
    pub fn get_for(
        &self,
        mut deadline: Deadline,
        spoken_for: impl Fn() -> bool,
    ) -> Result<O::Item, GetError> {
        let mut state = self.state();
        let mut place = Place::Back;
        loop {
            if let Some(item) = state.items.pop() {
                state.items.give_back();
                let putter = state.call_next(Kind::QueuePut, spoken_for);
                let getter = if place == Place::Front {
                    state.call_next(Kind::QueueGet, || false)
                } else {
                    Unparked::default()
                };
                let origin = watch::is_on().then(|| state.getters.origin());
                drop(state);
                putter.wake();
                getter.wake();
                if let Some(origin) = origin {
                    flow::get(origin, None);
                }
                return Ok(item);
            }
            if !state.items.is_empty() {
                return Err(GetError::Undecided);
            }
            if state.shut_down {
                return Err(GetError::ShutDown);
            }
            if deadline.is_past() {
                return Err(GetError::Empty);
            }
            match self.wait(state, Kind::QueueGet, place, &mut deadline) {
                Ok(next) => (state, place) = next,
                Err(Interrupted) => return Err(GetError::Interrupted),
            }
        }
    }

    /// Calls the next thread of a side, [`Kind::QueueGet`] or [`Kind::QueuePut`], if there is something
    /// for it: instead of a caller who was to have it.
    pub fn call_next(&self, kind: Kind) {
        let next = self.state().call_next(kind, || false);
        next.wake();
    }

    /// Waits on one side; says where to wait the next time: at the front for who was called before.
    fn wait<'a>(
        &'a self,
        mut state: Held<'a, O, G>,
        kind: Kind,
        place: Place,
        deadline: &mut Deadline,
    ) -> Result<(Held<'a, O, G>, Place), Interrupted> {
        let side = state.side(kind);
        side.waiting = true;
        let ticket = wait::enlist(side.site(), place);
        drop(state);
        let wake = ticket.sleep(*deadline, Signals::Leave);
        let mut state = self.state();
        match wake {
            Wake::Notified | Wake::HandedOver => {
                state.side(kind).arrived();
                if watch::is_on() && state.is_beaten(kind) {
                    registry::count_overtaken();
                }
                Ok((state, Place::Front))
            }
            Wake::Stale => Ok((state, place)),
            Wake::TimedOut => {
                // One last look, without asking the clock again.
                *deadline = Deadline::PAST;
                Ok((state, place))
            }
            Wake::Signalled { notified } | Wake::Interrupted { notified } => {
                if notified {
                    state.side(kind).arrived();
                }
                let next = state.call_next(kind, || false);
                drop(state);
                next.wake();
                wait::run_handlers()?;
                Ok((self.state(), Place::Front))
            }
        }
    }

    /// Marks one item as done.
    ///
    /// # Errors
    /// [`TooManyDone`] when there is none that is not.
    pub fn task_done(&self) -> Result<(), TooManyDone> {
        let mut state = self.state();
        state.unfinished = state.unfinished.checked_sub(1).ok_or(TooManyDone)?;
        let joiners =
            if state.unfinished == 0 { state.joiners.call_all() } else { Unparked::default() };
        drop(state);
        joiners.wake();
        Ok(())
    }

    /// Waits until all items are done. `Ok(false)` when the deadline passed first.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait.
    pub fn join(&self, mut deadline: Deadline) -> Result<bool, Interrupted> {
        let mut state = self.state();
        loop {
            if state.unfinished == 0 {
                return Ok(true);
            }
            if deadline.is_past() {
                return Ok(false);
            }
            state = self.wait(state, Kind::QueueJoin, Place::Back, &mut deadline)?.0;
        }
    }

    /// Lets no more items in. With `immediate`, those inside are given up and count as done; they are
    /// returned. Everybody who waits looks again.
    pub fn shut_down(&self, immediate: bool) -> Vec<O::Item> {
        let mut state = self.state();
        state.shut_down = true;
        let mut given_up = Vec::new();
        let mut joiners = Unparked::default();
        if immediate {
            given_up = state.items.drain();
            state.unfinished = state.unfinished.saturating_sub(given_up.len());
            joiners = state.joiners.call_all();
        }
        let (getters, putters) = (state.getters.call_all(), state.putters.call_all());
        drop(state);
        for side in [joiners, getters, putters] {
            side.wake();
        }
        given_up
    }

    /// Shuts the queue down for good and hands over what it held: for moving it elsewhere. Everybody who
    /// waits, in [`join`](Queue::join) too, is woken and finds it shut down and empty.
    pub fn close(&self) -> Contents<O::Item> {
        let mut state = self.state();
        let contents = Contents {
            items: state.items.drain(),
            unfinished: std::mem::take(&mut state.unfinished),
            shut_down: std::mem::replace(&mut state.shut_down, true),
        };
        let sides = [state.joiners.call_all(), state.getters.call_all(), state.putters.call_all()];
        drop(state);
        sides.into_iter().for_each(Unparked::wake);
        contents
    }

    /// How many items are inside, at this moment.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.load(Acquire)
    }

    /// Whether there are none inside, at this moment.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a put would have to wait, at this moment.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.state().is_full()
    }

    /// How many items were put and not marked as done.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        self.state().unfinished
    }

    /// Whether the queue was shut down.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.state().shut_down
    }

    /// The limit; none when zero or less.
    #[must_use]
    pub fn maxsize(&self) -> isize {
        self.state().maxsize
    }

    /// Changes the limit; waiting putters look again if it grew.
    pub fn set_maxsize(&self, maxsize: isize) {
        let mut state = self.state();
        state.maxsize = maxsize;
        let putters = state.putters.call_all();
        drop(state);
        putters.wake();
    }

    /// Calls `visit` on every item; `false`, without a visit, when the queue is in use at this moment.
    /// `visit` runs under the internal lock: it must not touch the queue, nor wait.
    pub fn try_visit(&self, mut visit: impl FnMut(&O::Item)) -> bool {
        let Some(state) = self.state.try_hold() else { return false };
        state.items.iter().for_each(&mut visit);
        true
    }

    #[inline]
    pub(super) fn state(&self) -> Held<'_, O, G> {
        Held { state: self.state.hold(), len: &self.len }
    }
}
