//! The door: the one place where a thread waits.
//!
//! Every wait of every primitive is a [`park`] (or its two halves, [`enlist`] and [`Ticket::sleep`]),
//! every wake-up an [`unpark_one`], [`unpark_many`], [`unpark_all`] or [`requeue`]. What hangs on waiting
//! is therefore written once: deadlines, signals, the interpreter, the wait-for graph, the tallies, the
//! repair after a fork. The protocol, and why no wake-up is lost, is argued in `README.md` beside this file.

pub mod clock;
mod fork;
mod hand_over;
pub mod host;
mod parker;
mod relay;
mod site;
#[cfg(not(loom))]
pub(crate) mod spin;
mod table;
mod unpark;
pub mod watch;

use std::cell::Cell;
use std::sync::atomic::Ordering;
use std::time::Duration;

pub use clock::Deadline;
pub use fork::generation;
pub use hand_over::keeping;
pub use site::{Kind, Origin, Site};
pub use table::Place;
pub use unpark::{
    Chosen, Fate, Unparked, requeue, unpark_all, unpark_many, unpark_offering, unpark_one,
};
pub(crate) use unpark::{is_queued, poke};

use crate::error::Interrupted;
use crate::facade::{Arc, AtomicU32};
use crate::observe::deadlock::{Deadlock, Doubts, Step};
use crate::observe::registry;
use crate::observe::stack;
use host::host;
use parker::{MOVED, NOTIFIED, Rest};
use table::{Bucket, Waiter};

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// Another thread's unpark chose this waiter. What that unpark promises has to be looked up again.
    Notified,
    /// Another thread's unpark chose this waiter and handed the thing over to it (see [`unpark_one`]).
    HandedOver,
    /// There was nothing to wait for any more when the thread came to join the queue.
    Stale,
    /// The deadline passed; the waiter has left the queue, and no unpark chose it.
    TimedOut,
    /// A signal arrived, and the waiter has left the queue; handlers have not run.
    Signalled {
        /// An unpark had chosen this waiter all the same: the wake-up is to be used or passed on.
        notified: bool,
    },
    /// A signal handler wants the wait ended; the waiter has left the queue. Only with [`Signals::Stay`].
    Interrupted {
        /// An unpark had chosen this waiter all the same: the wake-up is to be passed on.
        notified: bool,
    },
}

/// What a wait does with signals, on the thread that takes them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signals {
    /// The wait goes on; handlers run after it.
    Defer,
    /// The waiter leaves the queue, and the caller [runs the handlers](run_handlers) before it waits
    /// again: for what any waiter may take. A handler can last; kept in the queue meanwhile, the waiter
    /// could be chosen before others who are ready.
    Leave,
    /// Handlers run with the place in the queue kept: for a notification that is meant for those who
    /// wait now, and would be missed.
    Stay,
}

/// A signal that arrives between the interpreter's last look for signals and the sleep does not end the
/// sleep: there is no way to do both in one step. A thread in which handlers run therefore sleeps short at
/// first, and longer each time, and runs them after each; by the time it sleeps without limit, the moment
/// before the sleep is one among very many.
const FIRST_LOOK: Duration = Duration::from_millis(10);
const LAST_LOOK: Duration = Duration::from_millis(640);

/// How long a wait may last until its next look; without limit after the last.
#[derive(Clone, Copy)]
struct NextLook(Option<Duration>);

/// A wait that was left for a look, to be gone on with.
#[derive(Clone, Copy)]
struct Look {
    site: Site,
    /// How long the wait may last until the next look.
    next: Option<Duration>,
    /// How the wait began, and when it was left.
    begin: watch::Begin,
    left: u64,
}

/// A thread that is not back by then has taken what it waited for, or waits anew.
const BACK_WITHIN: Duration = Duration::from_millis(10);

thread_local! {
    static LOOK: Cell<Option<Look>> = const { Cell::new(None) };
}

/// The wait at `address` that the thread left for a look a moment ago.
fn take_look(address: usize) -> Option<Look> {
    let look = LOOK.take()?;
    let away = Duration::from_nanos(clock::now().saturating_sub(look.left));
    if look.site.address() == address && away < BACK_WITHIN {
        return Some(look);
    }
    watch::record(look.site, look.begin, look.left);
    None
}

/// If the calling thread left a wait for a look, and has not gone on with it, that wait is over.
pub(crate) fn end_look() {
    if let Some(look) = LOOK.take() {
        watch::record(look.site, look.begin, look.left);
    }
}

/// Runs the handlers of signals that have arrived, on the thread that takes them.
///
/// # Errors
/// [`Interrupted`] when a handler wants the wait ended.
pub fn run_handlers() -> Result<(), Interrupted> {
    if host().run_handlers() { Ok(()) } else { Err(Interrupted) }
}

/// A place in the queue of a site, held by a thread that is about to sleep.
///
/// From the moment it is made, an unpark of the site can choose it. Dropping it without
/// [`sleep`](Ticket::sleep) leaves the queue; use [`cancel`](Ticket::cancel) where a wake-up that came
/// meanwhile must be passed on.
#[must_use = "a ticket that is not slept on leaves the queue again"]
pub struct Ticket {
    waiter: Arc<Waiter>,
    site: Site,
    gone: bool,
}

/// Joins the queue of `site`.
///
/// For a caller who holds a lock of its own that every unpark of the site is made under: nothing can
/// happen between its look at the state and this.
pub fn enlist(site: Site, place: Place) -> Ticket {
    let waiter = Waiter::new(site.address(), place);
    table::bucket(site.address()).push(site.address(), Arc::clone(&waiter), place);
    Ticket { waiter, site, gone: false }
}

/// Joins the queue of `site`, unless `validate`, called under the queue's lock, says that there is
/// nothing to wait for.
///
/// `validate` may look at atomics and nothing else: it must not wait, nor come to the door again.
pub fn enlist_if(site: Site, place: Place, validate: impl FnOnce() -> bool) -> Option<Ticket> {
    let waiter = Waiter::new(site.address(), place);
    let mut bucket = table::bucket(site.address());
    if !validate() {
        return None;
    }
    bucket.push(site.address(), Arc::clone(&waiter), place);
    Some(Ticket { waiter, site, gone: false })
}

/// Waits at `site` until an unpark, the deadline or a signal, unless `validate` says no (see [`enlist_if`]).
pub fn park(
    site: Site,
    place: Place,
    validate: impl FnOnce() -> bool,
    deadline: Deadline,
    signals: Signals,
) -> Wake {
    if deadline == Deadline::PAST {
        return Wake::TimedOut;
    }
    match enlist_if(site, place, validate) {
        Some(ticket) => ticket.sleep(deadline, signals),
        None => Wake::Stale,
    }
}

/// The word that names the thread that has to bring about what another waits for.
#[derive(Clone, Copy)]
pub(crate) struct Owner<'a> {
    pub(crate) word: &'a AtomicU32,
    /// Whether the wait may end with an error; a condition's wait for its lock may not.
    pub(crate) may_fail: bool,
}

/// The same for a thing that one known thread has to bring about.
///
/// # Errors
/// [`Deadlock`] when that thread waits for this one, directly or through others; the waiter has left the queue, and
/// no unpark chose it.
pub(crate) fn park_for(
    owner: Owner<'_>,
    site: Site,
    place: Place,
    validate: impl FnOnce() -> bool,
    deadline: Deadline,
    signals: Signals,
) -> Result<Wake, Deadlock> {
    if deadline == Deadline::PAST {
        return Ok(Wake::TimedOut);
    }
    match enlist_if(site, place, validate) {
        Some(ticket) => registry::lending(owner.word, || {
            ticket.sleep_for(Some(owner.may_fail), deadline, signals)
        }),
        None => Ok(Wake::Stale),
    }
}

impl Ticket {
    /// Sleeps until chosen by an unpark, the deadline, or a signal whose handler ends the wait.
    #[must_use = "how the wait ended decides what the caller may do"]
    pub fn sleep(self, deadline: Deadline, signals: Signals) -> Wake {
        match self.sleep_for(None, deadline, signals) {
            Ok(wake) => wake,
            Err(_) => unreachable!("a wait without a known owner fails in no deadlock"),
        }
    }

    /// `owned` tells of a wait for what a known thread has to bring about, and whether it may fail.
    fn sleep_for(
        mut self,
        owned: Option<bool>,
        deadline: Deadline,
        signals: Signals,
    ) -> Result<Wake, Deadlock> {
        if self.waiter.parker.state() == NOTIFIED {
            return Ok(self.chosen());
        }
        if deadline == Deadline::PAST {
            return Ok(if self.leave() { self.chosen() } else { Wake::TimedOut });
        }
        let address = self.site.address();
        let _noted = stack::note();
        let resumed = take_look(address);
        let unlimited = deadline.is_never();
        let visit = watch::arrive(self.site, resumed.map(|look| look.begin), unlimited);
        let mut doubts = Doubts::of(self.site.kind(), visit.since(), unlimited, owned);
        let first = resumed.map_or(Some(FIRST_LOOK), |look| look.next);
        let mut left_to_look = None;
        let wake = self.sleep_watched(deadline, signals, first, &mut left_to_look, &mut doubts);
        match (&wake, left_to_look) {
            (Ok(Wake::Signalled { .. }), Some(NextLook(next))) => {
                let begin = visit.pause();
                LOOK.set(Some(Look { site: self.site, next, begin, left: clock::now() }));
            }
            _ => visit.leave(),
        }
        wake
    }

    /// `first` is how long to sleep until the first look; where the queue is left for one,
    /// `left_to_look` says how long until the next.
    fn sleep_watched(
        &mut self,
        deadline: Deadline,
        signals: Signals,
        first: Option<Duration>,
        left_to_look: &mut Option<NextLook>,
        doubts: &mut Doubts,
    ) -> Result<Wake, Deadlock> {
        let host = host();
        let interruptible = signals != Signals::Defer && host.takes_signals();
        let mut look = if interruptible && host.runs_handlers() { first } else { None };
        loop {
            let until = look.map_or(deadline, |look| deadline.min(Deadline::after(look)));
            let mut rest = Rest::Interrupted;
            let mut step = None;
            if !(interruptible && host.ends()) {
                host.detached(&mut || (rest, step) = self.rest(until, interruptible, doubts));
                // Who is called by a relay has slept, and comes by here.
                self.waiter.pass_on();
            }
            match step {
                Some(Step::Fail(_)) if self.leave() => return Ok(self.chosen()),
                Some(Step::Fail(deadlock)) => return Err(deadlock),
                Some(Step::Tell(deadlock)) => {
                    if deadlock.stands() {
                        deadlock.note_told();
                        host.tell(&deadlock);
                    }
                    continue;
                }
                None => {}
            }
            if rest == Rest::TimedOut && until < deadline {
                look = look.map(|look| look * 2).filter(|&look| look <= LAST_LOOK);
                if signals == Signals::Leave {
                    *left_to_look = Some(NextLook(look));
                }
                rest = Rest::Interrupted;
            }
            match rest {
                Rest::Notified => return Ok(self.chosen()),
                // A waiter that was moved was notified by its condition: its time limit counts no more.
                Rest::TimedOut | Rest::Poked => {
                    return Ok(if self.leave() { self.chosen() } else { Wake::TimedOut });
                }
                Rest::Interrupted if signals == Signals::Stay => {
                    if !self.step_away() {
                        return Ok(Wake::Signalled { notified: true });
                    }
                    if run_handlers().is_err() {
                        return Ok(Wake::Interrupted { notified: self.leave() });
                    }
                    // A wake-up that came meanwhile is seen by the next sleep.
                    self.step_back();
                }
                // Handlers of a signal that came with the thing itself run after the wait.
                Rest::Interrupted => match self.leave() {
                    true if self.waiter.handed.load(Ordering::Relaxed) => {
                        return Ok(Wake::HandedOver);
                    }
                    notified => return Ok(Wake::Signalled { notified }),
                },
            }
        }
    }

    /// Sleeps, unless a notification comes in a moment, and looks now and then whether that is in vain.
    fn rest(
        &self,
        until: Deadline,
        interruptible: bool,
        doubts: &mut Doubts,
    ) -> (Rest, Option<Step>) {
        #[cfg(not(loom))]
        if spin::before_sleep(self.site.kind(), || self.waiter.parker.state() == NOTIFIED) {
            return (Rest::Notified, None);
        }
        loop {
            let look = doubts.next_look();
            let rest = self.waiter.parker.sleep(until.min(look), interruptible);
            if rest != Rest::Poked && (rest != Rest::TimedOut || until <= look) {
                return (rest, None);
            }
            if let Some(step) = doubts.look() {
                return (rest, Some(step));
            }
        }
    }

    /// An unpark chose this waiter. (`handed` was written before the state that says so.)
    fn chosen(&mut self) -> Wake {
        self.gone = true;
        if self.waiter.handed.load(Ordering::Relaxed) { Wake::HandedOver } else { Wake::Notified }
    }

    /// Leaves the queue without sleeping. Returns whether an unpark had chosen this waiter already.
    #[must_use = "a wake-up that was spent on this waiter must be passed on"]
    pub fn cancel(mut self) -> bool {
        self.leave()
    }

    /// Leaves whatever queue the waiter is in. Returns whether it was notified, or moved, before.
    fn leave(&mut self) -> bool {
        self.gone = true;
        self.in_queue(|bucket, site| {
            let state = self.waiter.parker.state();
            if state == NOTIFIED {
                return true;
            }
            let was_in_queue = bucket.remove(site, &self.waiter);
            debug_assert!(was_in_queue, "who was not notified is in the queue of the site");
            state == MOVED
        })
    }

    /// Notes that the waiter runs signal handlers, so that its notification does not move it into a
    /// lock's queue, where a release would choose it long before it is ready. `false`, and out of the
    /// queue, when it has been moved already.
    fn step_away(&mut self) -> bool {
        let moved = self.in_queue(|bucket, site| {
            let moved = self.waiter.parker.state() == MOVED;
            if moved {
                bucket.remove(site, &self.waiter);
            } else {
                self.waiter.away.store(true, Ordering::Relaxed);
            }
            moved
        });
        self.gone = moved;
        !moved
    }

    fn step_back(&self) {
        self.in_queue(|_, _| self.waiter.away.store(false, Ordering::Relaxed));
    }

    /// Runs `step` under the lock of the bucket that the waiter's queue is in.
    fn in_queue<R>(&self, step: impl FnOnce(&mut Bucket, usize) -> R) -> R {
        loop {
            let site = self.waiter.site.load(Ordering::Relaxed);
            let mut bucket = table::bucket(site);
            // Unless it was moved between the look and the lock.
            if self.waiter.site.load(Ordering::Relaxed) == site {
                return step(&mut bucket, site);
            }
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.gone {
            self.leave();
        }
    }
}
