//! Jobs that wait for a thread: bounded, by priority, at a rate.
//!
//! **Places.** A bounded backlog has as many places as threads may run jobs and further ones may wait. A job
//! holds its place from before it is put until it is [done](Backlog::done) or [removed](Backlog::remove), so
//! that idle workers count as room whether or not they have come for the job yet. A place that becomes free is handed
//! over to the producer that has waited longest: nobody is overtaken, signal handlers or not.
//!
//! **Order.** The job of the highest priority leaves first, among equals the one put first. A
//! [marker](Backlog::mark) leaves after all jobs and has neither place nor token: it tells one worker to look
//! whether it should end.
//!
//! **Rate.** With a [`Pace`], a job leaves only when that allows a start; which job is chosen then. Of the workers
//! that wait for that moment only one, the *pacer*, sleeps by the clock; when it leaves, for whatever reason, it calls
//! the next one.
//!
//! **Why no job lies beside a worker that sleeps.** All state is behind one internal lock, who must wait joins
//! the door's queue before it lets that lock go, and who changes the state holds it. At each such moment: if a
//! worker sleeps and a job or marker is there, then a worker was called and has not arrived, or there are jobs and a
//! pacer. Whoever puts a job or a marker calls a worker unless that holds; and so does whoever leaves (`call_next`):
//! with a job, a marker, at its time limit, or for a signal, as it may be the one who was called, or the pacer.

mod state;

use std::mem;
use std::sync::Arc;

use crate::error::{GetError, Interrupted, ReserveError};
use crate::exec::rate::Pace;
use crate::facade::{self, Mutex, MutexGuard};
use crate::wait::{self, Deadline, Kind, Origin, Place, Signals, Unparked, Wake};

use state::{Next, State};

/// Names a job of a backlog. Keys are in the order in which the jobs leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    priority: std::cmp::Reverse<i64>,
    number: u64,
}

/// Jobs that wait for a thread.
///
/// ```
/// use ironthread::error::ReserveError;
/// use ironthread::exec::Backlog;
/// use ironthread::wait::Deadline;
///
/// let backlog = Backlog::new(Some(2), None);
/// backlog.reserve(Deadline::NEVER)?.put(0, "any time");
/// backlog.reserve(Deadline::NEVER)?.put(1, "urgent");
/// assert_eq!(backlog.reserve(Deadline::PAST).err(), Some(ReserveError::Full));
///
/// assert_eq!(backlog.get(Deadline::NEVER), Ok(Some("urgent")));
/// backlog.done(); // the job has been run: its place is free
/// backlog.reserve(Deadline::NEVER)?.put(0, "later");
/// # Ok::<(), ReserveError>(())
/// ```
pub struct Backlog<J>(Mutex<State<J>>);

/// A place in a backlog, for a job that is to be put. Dropping it gives the place back.
#[must_use = "dropping it gives the place back"]
pub struct Reservation<'a, J>(&'a Backlog<J>);

impl<J> Reservation<'_, J> {
    /// Puts the job for which the place was reserved.
    pub fn put(self, priority: i64, job: J) -> Key {
        let backlog = self.0;
        mem::forget(self);
        backlog.put_reserved(priority, job)
    }

    /// Keeps the place beyond this guard; it is for [`Backlog::kept`] then.
    pub fn keep(self) {
        mem::forget(self);
    }
}

impl<J> Drop for Reservation<'_, J> {
    fn drop(&mut self) {
        self.0.give_back();
    }
}

impl<J> Backlog<J> {
    /// A backlog with so many places (`None`: no limit), whose jobs leave at this pace (`None`: at once).
    #[must_use]
    pub fn new(places: Option<usize>, pace: Option<Arc<dyn Pace>>) -> Self {
        Self::made_at(places, pace, None)
    }

    /// The same, made by a known line of the program.
    #[must_use]
    pub fn made_at(
        places: Option<usize>,
        pace: Option<Arc<dyn Pace>>,
        origin: Option<Origin>,
    ) -> Self {
        Self(Mutex::new(State::new(places.unwrap_or(usize::MAX), pace, origin)))
    }

    /// Reserves a place for a job, waiting for one until the deadline. Those who wait get theirs in order.
    ///
    /// # Errors
    /// [`ReserveError`].
    pub fn reserve(&self, deadline: Deadline) -> Result<Reservation<'_, J>, ReserveError> {
        let mut state = self.state();
        if state.closed {
            return Err(ReserveError::Closed);
        }
        if state.free() > 0 {
            state.reserved += 1;
            return Ok(Reservation(self));
        }
        if deadline.is_past() {
            return Err(ReserveError::Full);
        }
        state.producers_wait = true;
        let ticket = wait::enlist(state.producers_site(), Place::Back);
        drop(state);
        // It stays while handlers run: it would lose its turn, or take another's on coming back.
        let wake = ticket.sleep(deadline, Signals::Stay);
        self.reserved_by(wake)
    }

    /// Whoever wakes a producer has reserved a place for it, or has closed the backlog.
    fn reserved_by(&self, wake: Wake) -> Result<Reservation<'_, J>, ReserveError> {
        let closed = self.state().closed;
        match wake {
            Wake::Signalled { notified } | Wake::Interrupted { notified } => {
                if notified && !closed {
                    self.give_back();
                }
                Err(ReserveError::Interrupted)
            }
            _ if closed => Err(ReserveError::Closed),
            Wake::Notified | Wake::HandedOver => Ok(Reservation(self)),
            Wake::TimedOut | Wake::Stale => Err(ReserveError::Full),
        }
    }

    /// A place that was [kept](Reservation::keep), to be used or dropped now.
    pub fn kept(&self) -> Reservation<'_, J> {
        Reservation(self)
    }

    fn give_back(&self) {
        let mut state = self.state();
        state.reserved = state.reserved.saturating_sub(1);
        let producers = state.hand_over();
        drop(state);
        producers.wake();
    }

    fn put_reserved(&self, priority: i64, job: J) -> Key {
        let mut state = self.state();
        state.reserved = state.reserved.saturating_sub(1);
        let key = state.push(priority, job);
        let worker = state.call_next();
        drop(state);
        worker.wake();
        key
    }

    /// Puts a job into a backlog without a limit.
    pub(crate) fn put_unbounded(&self, job: J) {
        let mut state = self.state();
        state.push(0, job);
        let worker = state.call_next();
        drop(state);
        worker.wake();
    }

    /// Tells one worker to look whether it should end, when no job is left.
    pub fn mark(&self) {
        let mut state = self.state();
        state.markers += 1;
        let worker = state.call_next();
        drop(state);
        worker.wake();
    }

    /// Takes the next job, or `None` for a marker, waiting for one until the deadline. A worker that has
    /// run the job says so by [`done`](Self::done).
    ///
    /// # Errors
    /// [`GetError::Empty`] and [`GetError::Interrupted`].
    pub fn get(&self, mut deadline: Deadline) -> Result<Option<J>, GetError> {
        let mut place = Place::Back;
        loop {
            let mut state = self.state();
            let awaited = match state.next() {
                Next::Job(job) => return leave(state, Ok(Some(job))),
                Next::Marker => return leave(state, Ok(None)),
                _ if deadline.is_past() => return leave(state, Err(GetError::Empty)),
                Next::NotBefore(moment) if !state.has_pacer() => {
                    self.pace(state, moment, &mut deadline)?;
                    continue;
                }
                Next::NotBefore(_) => Kind::Rate,
                Next::Nothing => Kind::Work,
            };
            place = self.wait(state, awaited, place, &mut deadline)?;
        }
    }

    /// Sleeps until the pace allows the next start, on behalf of all who wait for that.
    fn pace(
        &self,
        mut state: MutexGuard<'_, State<J>>,
        moment: Deadline,
        deadline: &mut Deadline,
    ) -> Result<(), Interrupted> {
        state.pacer = Some(wait::generation());
        let ticket = wait::enlist(state.pacer_site(), Place::Back);
        drop(state);
        let wake = ticket.sleep(moment.min(*deadline), Signals::Leave);
        let mut state = self.state();
        state.pacer = None;
        match wake {
            Wake::TimedOut if *deadline <= moment => *deadline = Deadline::PAST,
            Wake::Signalled { .. } | Wake::Interrupted { .. } => {
                let worker = state.call_next();
                drop(state);
                worker.wake();
                wait::run_handlers()?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Waits to be called; says where to wait the next time.
    fn wait(
        &self,
        mut state: MutexGuard<'_, State<J>>,
        kind: Kind,
        place: Place,
        deadline: &mut Deadline,
    ) -> Result<Place, Interrupted> {
        state.workers.waiting = true;
        let ticket = wait::enlist(state.workers.site_for(kind), place);
        drop(state);
        let wake = ticket.sleep(*deadline, Signals::Leave);
        match wake {
            Wake::Notified | Wake::HandedOver => self.state().workers.arrived(),
            Wake::Stale => return Ok(place),
            Wake::TimedOut => {
                // One last look, without asking the clock again.
                *deadline = Deadline::PAST;
                return Ok(place);
            }
            Wake::Signalled { notified } | Wake::Interrupted { notified } => {
                let mut state = self.state();
                if notified {
                    state.workers.arrived();
                }
                let worker = state.call_next();
                drop(state);
                worker.wake();
                wait::run_handlers()?;
            }
        }
        Ok(Place::Front)
    }

    /// A job that was taken is done with: its place is free.
    pub fn done(&self) {
        let mut state = self.state();
        state.taken = state.taken.saturating_sub(1);
        let producers = state.hand_over();
        drop(state);
        producers.wake();
    }

    /// Takes a job back that no worker has taken yet; its place is free.
    pub fn remove(&self, key: Key) -> Option<J> {
        let mut state = self.state();
        let job = state.jobs.remove(&key)?;
        removed(state);
        Some(job)
    }

    /// Takes back the job that would be next.
    pub(crate) fn discard(&self) -> Option<J> {
        let mut state = self.state();
        let (_, job) = state.jobs.pop_first()?;
        removed(state);
        Some(job)
    }

    /// Takes back all jobs that wait, in their order; their places are free.
    #[must_use]
    pub fn drain(&self) -> Vec<J> {
        let mut state = self.state();
        let jobs = mem::take(&mut state.jobs);
        removed(state);
        jobs.into_values().collect()
    }

    /// Has no more places: who waits for one, or comes for one, is refused. Jobs go on leaving.
    pub fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        let producers = state.call_producers();
        drop(state);
        producers.wake();
    }

    /// How many jobs wait for a worker, at this moment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().jobs.len()
    }

    /// Whether none does, at this moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many jobs wait or have been taken and are not done.
    #[must_use]
    pub fn unfinished(&self) -> usize {
        let state = self.state();
        state.jobs.len() + state.taken
    }

    /// Calls `visit` on every job that waits; `false`, without a visit, when the backlog is in use at this
    /// moment. `visit` runs under the internal lock: it must not touch the backlog, nor wait.
    pub fn try_visit(&self, visit: impl FnMut(&J)) -> bool {
        let Ok(state) = self.0.try_lock() else { return false };
        state.jobs.values().for_each(visit);
        true
    }

    fn state(&self) -> MutexGuard<'_, State<J>> {
        facade::lock(&self.0)
    }
}

/// A worker leaves with what it came for, or without.
fn leave<J, R>(mut state: MutexGuard<'_, State<J>>, outcome: R) -> R {
    let worker = state.call_next();
    drop(state);
    worker.wake();
    outcome
}

/// Jobs were taken back: there are free places, and there may be nothing left for the pacer.
fn removed<J>(mut state: MutexGuard<'_, State<J>>) {
    let calls = [state.hand_over(), state.call_pacer(), state.call_next()];
    drop(state);
    calls.into_iter().for_each(Unparked::wake);
}
