//! A closure that a pool is to run, and the end of it that its submitter holds.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::future::{Future, State};
use super::pool::help;
use super::steal::Crew;
use crate::error::TaskError;
use crate::facade::{Mutex, lock};
use crate::wait::Deadline;

/// What a pool's deques hold.
pub(super) type Job = Arc<dyn Run>;

/// A closure whatever it returns.
pub(super) trait Run: Send + Sync {
    /// Runs it, unless it has been run, or was cancelled.
    fn run(&self);
    /// Nobody will run it.
    fn abandon(&self);
}

type Callback = Box<dyn FnOnce() + Send>;
type Panic = Box<dyn Any + Send>;

struct Call<T> {
    closure: Mutex<Option<Box<dyn FnOnce() -> T + Send>>>,
    /// Written before `future` ends, taken by the one who joins.
    outcome: Mutex<Option<Result<T, Panic>>>,
    future: Future<()>,
}

impl<T> Call<T> {
    /// Callbacks run in the thread that ends the task, and a panic in one is not its own. (The panic hook
    /// has told of it.)
    fn call_back(callbacks: Vec<Callback>) {
        for callback in callbacks {
            let _ = catch_unwind(AssertUnwindSafe(callback));
        }
    }

    fn cancel(&self) -> bool {
        let (cancelled, callbacks) = self.future.cancel();
        if cancelled {
            // Not under the lock: what the closure owns may do anything as it goes.
            let closure = lock(&self.closure).take();
            drop(closure);
        }
        Self::call_back(callbacks);
        cancelled
    }
}

impl<T: Send> Run for Call<T> {
    fn run(&self) {
        if self.future.start_here() != Ok(true) {
            return;
        }
        let Some(call) = lock(&self.closure).take() else { return };
        let outcome = catch_unwind(AssertUnwindSafe(call));
        let ended = self.future.finish_with(|| *lock(&self.outcome) = Some(outcome));
        Self::call_back(ended.unwrap_or_default());
    }

    fn abandon(&self) {
        self.cancel();
    }
}

/// The outcome of a closure that a [`Pool`](super::Pool) runs. Dropping it lets the closure go on.
pub struct Task<T> {
    call: Arc<Call<T>>,
    crew: Arc<Crew<Job>>,
}

impl<T: Send + 'static> Task<T> {
    pub(super) fn new(crew: &Arc<Crew<Job>>, call: impl FnOnce() -> T + Send + 'static) -> Self {
        let call = Call {
            closure: Mutex::new(Some(Box::new(call))),
            outcome: Mutex::new(None),
            future: Future::new(),
        };
        Self { call: Arc::new(call), crew: Arc::clone(crew) }
    }

    pub(super) fn job(&self) -> Job {
        Arc::clone(&self.call) as Job
    }

    /// Waits for the closure's end and returns what it returned.
    ///
    /// A worker of a pool works meanwhile, for its own pool: it runs the closure itself when that is one of
    /// its pool's and nobody has begun it, and other jobs while another thread runs it.
    ///
    /// So no lock may be held over this call in a worker: one of the other jobs may want it, on the same stack,
    /// and would wait for ever for its holder beneath.
    ///
    /// # Errors
    /// [`TaskError::Panicked`] with the payload, [`TaskError::Cancelled`], or [`TaskError::Waiting`]
    /// when a signal handler or a deadlock ended the wait.
    pub fn join(self) -> Result<T, TaskError> {
        let mut task = self;
        loop {
            match task.join_by(Deadline::NEVER) {
                Ok(result) => return result,
                Err(not_done) => task = not_done,
            }
        }
    }

    /// The same, at most until the deadline.
    ///
    /// # Errors
    /// The task itself when the closure has not ended by then.
    pub fn join_by(self, deadline: Deadline) -> Result<Result<T, TaskError>, Self> {
        if !self.is_done() {
            let waited = help(&self.crew, &self.job(), &self.call.future, deadline);
            if let Err(ended) = waited {
                return Ok(Err(TaskError::Waiting(ended)));
            }
        }
        match self.call.future.state() {
            State::Pending | State::Running => Err(self),
            State::Cancelled | State::CancelledAndNotified => Ok(Err(TaskError::Cancelled)),
            State::Finished => Ok(match lock(&self.call.outcome).take() {
                Some(Ok(value)) => Ok(value),
                Some(Err(panic)) => Err(TaskError::Panicked(panic)),
                None => Err(TaskError::Cancelled),
            }),
        }
    }

    /// Cancels the closure if it has not begun. Returns whether it is cancelled.
    #[must_use = "a closure that has begun goes on"]
    pub fn cancel(&self) -> bool {
        self.call.cancel()
    }

    /// Whether the closure has ended or was cancelled.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.call.future.state().is_done()
    }

    /// Has `callback` called when the closure has ended or was cancelled: by the thread that ends it, in
    /// the order of these calls; at once if that is so already.
    pub fn on_done(&self, callback: impl FnOnce() + Send + 'static) {
        if let Err(callback) = self.call.future.add_callback(Box::new(callback)) {
            callback();
        }
    }
}
