//! The result of a job, before and after it is there.
//!
//! | state | meaning | goes to |
//! |---|---|---|
//! | `PENDING` | the job has not begun | `RUNNING` by `start`; `CANCELLED` by `cancel`; `FINISHING` by `finish` |
//! | `RUNNING` | a thread runs the job | `FINISHING` by `finish` |
//! | `FINISHING` | the outcome is being written; looks like `RUNNING` | `FINISHED`; back where it came from when `OPEN` is found |
//! | `CANCELLED` | it will not run; whoever was to run it has not noticed | `ACKNOWLEDGED` by `start` or `acknowledge` |
//! | `ACKNOWLEDGED` | it will not run, and everybody knows | stays |
//! | `FINISHED` | the outcome is there | stays |
//!
//! Bit `PARKED` beside a state says that threads wait for a final one. It is set under no lock by a
//! thread about to wait, and cleared by the step to a final state, under the queue's lock.
//!
//! Bit `OPEN` says that somebody looks at the state under a lock of his own, by which he wants to be told
//! of what follows. It is set by `open` and stays. The steps that end with `_if_shut`, and `start` of a
//! cancelled job, are made only by a compare-and-swap that finds it clear: who opens the future later sees
//! the state they made. When they find it set nothing has happened, and the caller makes the step by
//! `cancel`, `finish_with` or `acknowledge` with that lock held. So of one end everybody who looks under
//! the lock either sees it or is told, and never both.
//!
//! Bit `FOLLOWED` says that somebody is to be called, or told, at the end. It is set before he is written down, under the
//! lock of where that is, and stays; a step that did not find it set need not look there: who comes later sees the step.
//!
//! Memory order: the step to `FINISHED` is a release, after the outcome was written; whoever sees it with
//! an acquire sees the outcome. The other steps order nothing that is read through them, except that
//! `start` and `cancel` acquire what the submitter did (the job itself travels through a queue). `open` is
//! an acquire, for the state that it finds, and a release, of the lock that whoever finds the bit takes.

use std::sync::OnceLock;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};

use crate::error::{InvalidState, WaitEnded};
use crate::facade::{AtomicU32, Mutex, lock};
use crate::observe::deadlock::Workers;
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
const OPEN: u32 = 16;
const FOLLOWED: u32 = 32;
/// What a step to a final state leaves as it is.
const LASTING: u32 = OPEN | FOLLOWED;

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
    /// The number of the thread that runs the job, when it is known that no other will end it; before that, the
    /// workers of which one will begin it, when they are known; else 0. Relaxed: whoever reads it compares what it says over time.
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

    /// Somebody looks at the state under a lock of his own, from now on.
    pub fn open(&self) {
        self.word.fetch_or(OPEN, AcqRel);
    }

    /// The job begins. `Ok(false)` when it was cancelled and must not run; of an open future that is to be
    /// acknowledged then.
    ///
    /// # Errors
    /// [`InvalidState`] when it had begun, or its cancellation was noticed, before.
    pub fn start(&self) -> Result<bool, InvalidState> {
        let step = |word: u32| match word & STATE {
            PENDING => Some(word & !STATE | RUNNING),
            CANCELLED if word & OPEN == 0 => Some(word & !STATE | ACKNOWLEDGED),
            _ => None,
        };
        match self.word.fetch_update(AcqRel, Acquire, step) {
            Ok(before) => {
                self.runner.store(0, Relaxed);
                Ok(before & STATE == PENDING)
            }
            Err(word) if word & STATE == CANCELLED => Ok(false),
            Err(_) => Err(InvalidState),
        }
    }

    /// None but these workers will begin the job: when all of them wait, who waits for it is told so. For a job that
    /// nobody knows yet.
    pub fn await_workers(&self, workers: &Workers) {
        self.runner.store(workers.word(), Relaxed);
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

    /// Whoever was to run the job knows that it was cancelled.
    ///
    /// # Errors
    /// [`InvalidState`] when it was not cancelled, or everybody knows already.
    pub fn acknowledge(&self) -> Result<(), InvalidState> {
        let step = |word: u32| (word & STATE == CANCELLED).then_some(word & !STATE | ACKNOWLEDGED);
        self.word.fetch_update(AcqRel, Acquire, step).map(drop).map_err(|_| InvalidState)
    }

    /// Cancels the job if it has not begun. Returns whether it is cancelled now, and what to call if it
    /// is so by this very call.
    pub fn cancel(&self) -> (bool, Vec<C>) {
        match self.claim(|word| word & STATE == PENDING, CANCELLED) {
            Ok(before) => (true, self.callbacks_of(before)),
            Err(word) => (is_cancelled(word), Vec::new()),
        }
    }

    /// The same, unless that would be a step of an open future: `None`, and nothing has happened.
    pub fn cancel_if_shut(&self) -> Option<(bool, Vec<C>)> {
        match self.claim(|word| word & (STATE | OPEN) == PENDING, CANCELLED) {
            Ok(before) => Some((true, self.callbacks_of(before))),
            Err(word) if word & STATE == PENDING => None,
            Err(word) => Some((is_cancelled(word), Vec::new())),
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
        self.begin_to_finish(STATE).map_err(|_| InvalidState)?;
        write();
        let claimed = self.claim(|word| word & STATE == FINISHING, FINISHED);
        debug_assert!(claimed.is_ok(), "nobody but this thread steps from there");
        Ok(self.callbacks_of(claimed.unwrap_or(FOLLOWED)))
    }

    /// The same, unless the future is open: `Ok(None)`, and nothing has happened. `exchange` puts the
    /// outcome where the caller keeps it, and when it is called once more takes it back.
    ///
    /// # Errors
    /// [`InvalidState`], and nothing was written, when it had ended or was cancelled before.
    pub fn finish_if_shut(&self, exchange: impl FnMut()) -> Result<Option<Vec<C>>, InvalidState> {
        let before = self.finish_without(OPEN, exchange)?;
        Ok(before.map(|before| self.callbacks_of(before)))
    }

    /// The same, unless the future is open or somebody is to be called or told: `false`, and nothing has happened. It is
    /// so as well when the job had ended or was cancelled before.
    #[inline]
    pub fn finish_if_alone(&self, exchange: impl FnMut()) -> bool {
        matches!(self.finish_without(LASTING, exchange), Ok(Some(_)))
    }

    /// Ends the job, unless one of these bits is set. Returns the word before the end.
    #[inline]
    fn finish_without(
        &self,
        bits: u32,
        mut exchange: impl FnMut(),
    ) -> Result<Option<u32>, InvalidState> {
        let before = match self.begin_to_finish(STATE | bits) {
            Ok(before) => before & STATE,
            Err(word) if can_finish(word & STATE) => return Ok(None),
            Err(_) => return Err(InvalidState),
        };
        exchange();
        let claimed = self.claim(|word| word & (STATE | bits) == FINISHING, FINISHED);
        if let Ok(word) = claimed {
            return Ok(Some(word));
        }
        // One was set in the meantime. Nobody but this thread steps from here.
        exchange();
        let back = |word: u32| Some(word & !STATE | before);
        let _ = self.word.fetch_update(AcqRel, Acquire, back);
        Ok(None)
    }

    /// Steps to `FINISHING` from a word that may be finished, as far as `mask` shows it. Returns the word
    /// before, or that which is in the way.
    fn begin_to_finish(&self, mask: u32) -> Result<u32, u32> {
        let step = |word: u32| can_finish(word & mask).then_some(word & !STATE | FINISHING);
        self.word.fetch_update(Acquire, Acquire, step)
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
        let step = |word: u32| Some(word & !STATE | next);
        wait::unpark_all(self.site().address(), || {
            let _ = self.word.fetch_update(AcqRel, Acquire, step);
        })
        .wake();
    }

    /// Steps to a final state, if the present word admits it, and wakes everybody. Returns the word before, or that
    /// which does not.
    #[inline]
    fn claim(&self, admits: impl Fn(u32) -> bool, next: u32) -> Result<u32, u32> {
        let mut word = self.word.load(Acquire);
        loop {
            if !admits(word) {
                return Err(word);
            }
            if word & PARKED != 0 {
                return self.claim_and_wake(admits, next);
            }
            match self.word.compare_exchange_weak(word, word & LASTING | next, AcqRel, Acquire) {
                Ok(before) => return Ok(before),
                Err(now) => word = now,
            }
        }
    }

    #[cold]
    fn claim_and_wake(&self, admits: impl Fn(u32) -> bool, next: u32) -> Result<u32, u32> {
        let mut result = Err(PENDING);
        wait::unpark_all(self.site().address(), || {
            let step = |word: u32| admits(word).then_some(word & LASTING | next);
            result = self.word.fetch_update(AcqRel, Acquire, step);
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
        if self.follow().is_done() {
            return Err(callback);
        }
        callbacks.push(callback);
        Ok(())
    }

    /// The caller is about to write down, under a lock, that somebody is to be told of the end. Returns the state: whoever
    /// brings about a later one finds the future followed, and looks under that lock.
    pub fn follow(&self) -> State {
        State::of(self.word.fetch_or(FOLLOWED, AcqRel))
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

    /// What is to be called after the step from this word to a final state.
    fn callbacks_of(&self, before: u32) -> Vec<C> {
        if before & FOLLOWED == 0 {
            Vec::new()
        } else {
            std::mem::take(&mut *lock(&self.callbacks))
        }
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

fn is_cancelled(word: u32) -> bool {
    matches!(word & STATE, CANCELLED | ACKNOWLEDGED)
}

fn can_finish(word: u32) -> bool {
    matches!(word, PENDING | RUNNING)
}

impl<T, C> Default for Future<T, C> {
    fn default() -> Self {
        Self::new()
    }
}
