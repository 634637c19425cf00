//! The result of a job, before and after it is there.
//!
//! | state | meaning | goes to |
//! |---|---|---|
//! | `PENDING` | the job has not begun | `RUNNING` by `start`; `CANCELLED` by `cancel`; `FINISHING` by `finish` |
//! | `RUNNING` | a thread runs the job | `FINISHING` by `finish` |
//! | `FINISHING` | the outcome is being written; looks like `RUNNING` | `FINISHED` |
//! | `CANCELLED` | it will not run; whoever was to run it has not noticed | `ACKNOWLEDGED` by `start` |
//! | `ACKNOWLEDGED` | it will not run, and everybody knows | stays |
//! | `FINISHED` | the outcome is there | stays |
//!
//! Bit `PARKED` beside a state says that threads wait for a final one. It is set under no lock by a
//! thread about to wait, and cleared by the step to a final state, under the queue's lock.
//!
//! Memory order: the step to `FINISHED` is a release, after the outcome was written; whoever sees it with
//! an acquire sees the outcome. The other steps order nothing that is read through them, except that
//! `start` and `cancel` acquire what the submitter did (the job itself travels through a queue).

use std::sync::OnceLock;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::error::{InvalidState, WaitEnded};
use crate::facade::{AtomicU32, Mutex, lock};
use crate::thread::ThreadId;
use crate::wait::{self, Deadline, Kind, Origin, Owner, Place, Signals, Site, Wake};

const PENDING: u32 = 0;
const RUNNING: u32 = 1;
const FINISHING: u32 = 2;
const CANCELLED: u32 = 3;
const ACKNOWLEDGED: u32 = 4;
const FINISHED: u32 = 5;
const STATE: u32 = 7;
const PARKED: u32 = 8;

/// What others see of a future.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// The job has not begun.
    Pending,
    /// A thread runs the job.
    Running,
    /// The job will not run; whoever was to run it has not noticed yet.
    Cancelled,
    /// The job will not run, and whoever was to run it knows.
    CancelledAndNotified,
    /// The outcome is there.
    Finished,
}

impl State {
    fn of(word: u32) -> Self {
        match word & STATE {
            PENDING => Self::Pending,
            RUNNING | FINISHING => Self::Running,
            CANCELLED => Self::Cancelled,
            ACKNOWLEDGED => Self::CancelledAndNotified,
            _ => Self::Finished,
        }
    }

    /// Whether it will not change any more, but for a cancellation being noticed.
    #[must_use]
    pub fn is_done(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }
}

/// The outcome of a job, which is not there yet, and what is to be called (`C`) when it is.
///
/// Follows [`concurrent.futures.Future`](https://docs.python.org/3/library/concurrent.futures.html#future-objects).
pub struct Future<T, C = Box<dyn FnOnce() + Send>> {
    word: AtomicU32,
    /// The number of the thread that runs the job, when it is known that no other will end it; else 0.
    /// Relaxed: whoever reads it compares what it says over time.
    runner: AtomicU32,
    origin: Option<Origin>,
    outcome: OnceLock<T>,
    callbacks: Mutex<Vec<C>>,
}

impl<T, C> Future<T, C> {
    /// The future of a job that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::made_at(None)
    }

    /// The future of a job that a known line of the program submitted.
    #[must_use]
    pub fn made_at(origin: Option<Origin>) -> Self {
        Self {
            word: AtomicU32::new(PENDING),
            runner: AtomicU32::new(0),
            origin,
            outcome: OnceLock::new(),
            callbacks: Mutex::new(Vec::new()),
        }
    }

    /// The state, as of the time of asking.
    #[must_use]
    pub fn state(&self) -> State {
        State::of(self.word.load(Acquire))
    }

    /// The outcome, once the job has finished.
    #[must_use]
    pub fn outcome(&self) -> Option<&T> {
        if self.state() == State::Finished { self.outcome.get() } else { None }
    }

    /// The job begins. `Ok(false)` when it was cancelled and must not run.
    ///
    /// # Errors
    /// [`InvalidState`] when it had begun, or its cancellation was noticed, before.
    pub fn start(&self) -> Result<bool, InvalidState> {
        let step = |word: u32| match word & STATE {
            PENDING => Some(word & PARKED | RUNNING),
            CANCELLED => Some(word & PARKED | ACKNOWLEDGED),
            _ => None,
        };
        match self.word.fetch_update(AcqRel, Acquire, step) {
            Ok(before) => Ok(before & STATE == PENDING),
            Err(_) => Err(InvalidState),
        }
    }

    /// The job begins, and the calling thread will end it: who waits for it in a circle is told so.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub fn start_here(&self) -> Result<bool, InvalidState> {
        let begins = self.start()?;
        if begins {
            self.runner.store(ThreadId::current().get(), Relaxed);
        }
        Ok(begins)
    }

    /// Cancels the job if it has not begun. Returns whether it is cancelled now, and what to call if it
    /// is so by this very call.
    pub fn cancel(&self) -> (bool, Vec<C>) {
        match self.claim(|state| state == PENDING, CANCELLED) {
            Ok(()) => (true, self.take_callbacks()),
            Err(state) => (matches!(state, CANCELLED | ACKNOWLEDGED), Vec::new()),
        }
    }

    /// Ends the job with its outcome. Returns what to call.
    ///
    /// # Errors
    /// [`InvalidState`] with the outcome when it has one already or was cancelled.
    pub fn finish(&self, outcome: T) -> Result<Vec<C>, (InvalidState, T)> {
        let mut outcome = Some(outcome);
        let finished = self.finish_with(|| {
            let set = outcome.take().map(|outcome| self.outcome.set(outcome));
            debug_assert!(matches!(set, Some(Ok(()))), "one thread comes here, and once");
        });
        match (finished, outcome) {
            (Err(invalid), Some(outcome)) => Err((invalid, outcome)),
            (finished, _) => Ok(finished.unwrap_or_default()),
        }
    }

    /// Ends the job; `write` puts the outcome where the caller keeps it, before anybody sees the end.
    /// Returns what to call.
    ///
    /// # Errors
    /// [`InvalidState`], and nothing was written, when it had ended or was cancelled before.
    pub fn finish_with(&self, write: impl FnOnce()) -> Result<Vec<C>, InvalidState> {
        let step = |word: u32| {
            matches!(word & STATE, PENDING | RUNNING).then_some(word & PARKED | FINISHING)
        };
        if self.word.fetch_update(Acquire, Relaxed, step).is_err() {
            return Err(InvalidState);
        }
        write();
        let claimed = self.claim(|state| state == FINISHING, FINISHED);
        debug_assert_eq!(claimed, Ok(()));
        Ok(self.take_callbacks())
    }

    /// Puts the future into a state, whatever it was in: for programs that make futures by hand.
    pub fn force(&self, state: State) {
        let next = match state {
            State::Pending => PENDING,
            State::Running => RUNNING,
            State::Cancelled => CANCELLED,
            State::CancelledAndNotified => ACKNOWLEDGED,
            State::Finished => FINISHED,
        };
        let step = |word: u32| Some(word & PARKED | next);
        wait::unpark_all(self.site().address(), || {
            let _ = self.word.fetch_update(AcqRel, Acquire, step);
        })
        .wake();
    }

    /// Steps to a final state, if the present one admits it, and wakes everybody.
    fn claim(&self, admits: impl Fn(u32) -> bool, next: u32) -> Result<(), u32> {
        let mut word = self.word.load(Relaxed);
        loop {
            if !admits(word & STATE) {
                return Err(word & STATE);
            }
            if word & PARKED != 0 {
                return self.claim_and_wake(admits, next);
            }
            match self.word.compare_exchange_weak(word, next, AcqRel, Relaxed) {
                Ok(_) => return Ok(()),
                Err(now) => word = now,
            }
        }
    }

    #[cold]
    fn claim_and_wake(&self, admits: impl Fn(u32) -> bool, next: u32) -> Result<(), u32> {
        let mut result = Err(PENDING);
        wait::unpark_all(self.site().address(), || {
            let step = |word: u32| admits(word & STATE).then_some(next);
            result = self
                .word
                .fetch_update(AcqRel, Acquire, step)
                .map(|_| ())
                .map_err(|word| word & STATE);
        })
        .wake();
        result
    }

    /// Has `callback` called when the job is done.
    ///
    /// # Errors
    /// The callback, for the caller to call, when it is done.
    pub fn add_callback(&self, callback: C) -> Result<(), C> {
        let mut callbacks = lock(&self.callbacks);
        // Whoever ends the job does so first and then takes the callbacks, under this lock.
        if self.state().is_done() {
            return Err(callback);
        }
        callbacks.push(callback);
        Ok(())
    }

    /// Runs `step` on the callbacks that have been added.
    pub fn with_callbacks<R>(&self, step: impl FnOnce(&mut Vec<C>) -> R) -> R {
        step(&mut lock(&self.callbacks))
    }

    /// Runs `step` on the callbacks, unless they are in use at this moment.
    pub fn try_with_callbacks(&self, step: impl FnOnce(&mut Vec<C>)) {
        if let Ok(mut callbacks) = self.callbacks.try_lock() {
            step(&mut callbacks);
        }
    }

    fn take_callbacks(&self) -> Vec<C> {
        std::mem::take(&mut *lock(&self.callbacks))
    }

    /// Waits until the job is done, or until the deadline. Returns the state.
    ///
    /// # Errors
    /// [`WaitEnded`] by a signal handler, or because the thread that runs the job waits for the calling one.
    #[inline]
    pub fn wait(&self, deadline: Deadline) -> Result<State, WaitEnded> {
        let state = self.state();
        if state.is_done() { Ok(state) } else { self.wait_contended(deadline) }
    }

    #[cold]
    fn wait_contended(&self, deadline: Deadline) -> Result<State, WaitEnded> {
        let owner = Owner { word: &self.runner, may_fail: true };
        loop {
            let word = self.word.load(Acquire);
            let state = State::of(word);
            if state.is_done() || deadline == Deadline::PAST {
                return Ok(state);
            }
            if word & PARKED == 0
                && self.word.compare_exchange(word, word | PARKED, Relaxed, Relaxed).is_err()
            {
                continue;
            }
            let must_wait = || {
                let word = self.word.load(Relaxed);
                word & PARKED != 0 && !State::of(word).is_done()
            };
            let (site, place, stay) = (self.site(), Place::Back, Signals::Stay);
            match wait::park_for(owner, site, place, must_wait, deadline, stay)? {
                Wake::Notified | Wake::HandedOver | Wake::Stale => {}
                Wake::TimedOut => return Ok(self.state()),
                // Whoever ends the job wakes everybody: there is nothing to pass on.
                Wake::Signalled { .. } | Wake::Interrupted { .. } => {
                    return Err(WaitEnded::Interrupted);
                }
            }
        }
    }

    fn site(&self) -> Site {
        Site::at(&self.word, Kind::Future, self.origin)
    }
}

impl<T, C> Default for Future<T, C> {
    fn default() -> Self {
        Self::new()
    }
}
