//! Every error of the engine. Misuse is an error, never a panic; what was to be handed over comes back
//! to the caller.

use std::any::Any;
use std::fmt;

pub use crate::observe::deadlock::Deadlock;

/// The wait of a thread that takes the process's signals was ended by a signal handler.
///
/// Only a host that runs handlers (an interpreter) produces it; a pure Rust program never sees it. What
/// the handler raised is kept by the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the wait was interrupted by a signal handler")
    }
}

impl std::error::Error for Interrupted {}

/// What ended a wait for something that one thread has to bring about, before it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitEnded {
    /// A signal handler ended the wait.
    Interrupted,
    /// The thread that has to bring it about waits for this one, so neither wait would ever end.
    Deadlock(Deadlock),
}

impl From<Interrupted> for WaitEnded {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<Deadlock> for WaitEnded {
    fn from(deadlock: Deadlock) -> Self {
        Self::Deadlock(deadlock)
    }
}

impl fmt::Display for WaitEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Interrupted => Interrupted.fmt(f),
            Self::Deadlock(deadlock) => deadlock.fmt(f),
        }
    }
}

impl std::error::Error for WaitEnded {}

/// A lock was to be released, or waited on, by a thread that may not do so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotHeld;

impl fmt::Display for NotHeld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the lock is not held")
    }
}

impl std::error::Error for NotHeld {}

/// Why waiting on a condition failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitError {
    /// The calling thread did not hold the condition's lock; nothing was done.
    NotHeld,
    /// A signal handler ended the wait; the lock is held again.
    Interrupted,
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotHeld => NotHeld.fmt(f),
            Self::Interrupted => Interrupted.fmt(f),
        }
    }
}

impl std::error::Error for WaitError {}

/// Why releasing a semaphore failed; its value is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseError {
    /// A bounded semaphore would have exceeded the value it was made with.
    AboveBound,
    /// The value would not fit the semaphore's word.
    Overflow,
}

impl fmt::Display for ReleaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AboveBound => "the semaphore was released too many times",
            Self::Overflow => "the semaphore's value would be too large",
        })
    }
}

impl std::error::Error for ReleaseError {}

/// Why waiting at a barrier failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BarrierError<E> {
    /// The barrier is broken or was reset while the thread waited.
    Broken,
    /// A signal handler ended the wait; the thread has left the barrier.
    Interrupted,
    /// The barrier's action failed; the barrier is broken for the others.
    Action(E),
}

impl<E: fmt::Display> fmt::Display for BarrierError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("the barrier is broken"),
            Self::Interrupted => Interrupted.fmt(f),
            Self::Action(error) => write!(f, "the barrier's action failed: {error}"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> std::error::Error for BarrierError<E> {}

/// Why an item could not be put; the item comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutError<T> {
    /// No slot became free in time.
    Full(T),
    /// The queue was shut down.
    ShutDown(T),
    /// A signal handler ended the wait.
    Interrupted(T),
    /// The queue's order cannot tell the item's place.
    Undecided(T),
}

impl<T> PutError<T> {
    /// Gives back the item that was not put.
    pub fn into_item(self) -> T {
        match self {
            Self::Full(item)
            | Self::ShutDown(item)
            | Self::Interrupted(item)
            | Self::Undecided(item) => item,
        }
    }
}

impl<T> fmt::Display for PutError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full(_) => f.write_str("the queue is full"),
            Self::ShutDown(_) => f.write_str("the queue is shut down"),
            Self::Interrupted(_) => Interrupted.fmt(f),
            Self::Undecided(_) => f.write_str("the item's place cannot be told"),
        }
    }
}

impl<T: fmt::Debug> std::error::Error for PutError<T> {}

/// Why no item could be got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GetError {
    /// No item came in time.
    Empty,
    /// The queue was shut down, and is empty.
    ShutDown,
    /// A signal handler ended the wait.
    Interrupted,
    /// There are items, and the queue's order cannot tell which is next.
    Undecided,
}

impl From<Interrupted> for GetError {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl fmt::Display for GetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("the queue is empty"),
            Self::ShutDown => f.write_str("the queue is shut down"),
            Self::Interrupted => Interrupted.fmt(f),
            Self::Undecided => f.write_str("which item is next cannot be told"),
        }
    }
}

impl std::error::Error for GetError {}

/// Why no place in a backlog could be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReserveError {
    /// No place became free in time.
    Full,
    /// The backlog was closed.
    Closed,
    /// A signal handler ended the wait.
    Interrupted,
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the backlog is full"),
            Self::Closed => f.write_str("the backlog is closed"),
            Self::Interrupted => Interrupted.fmt(f),
        }
    }
}

impl std::error::Error for ReserveError {}

/// A rate that no limit can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateError {
    /// Starts per second outside of what the clock can tell apart.
    PerSecond,
    /// No start at once.
    Burst,
}

impl fmt::Display for RateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PerSecond => "a rate is from one start in 10 days to one in a nanosecond",
            Self::Burst => "a burst is at least one start",
        })
    }
}

impl std::error::Error for RateError {}

/// A future was in no state for the step: it has begun, has an outcome, or was cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidState;

impl fmt::Display for InvalidState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the future is in no state for that")
    }
}

impl std::error::Error for InvalidState {}

/// Why a task's outcome is not to be had.
#[derive(Debug)]
pub enum TaskError {
    /// The task panicked, with this payload.
    Panicked(Box<dyn Any + Send>),
    /// It was cancelled before it began, or its pool was gone.
    Cancelled,
    /// The wait for it was ended.
    Waiting(WaitEnded),
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Panicked(_) => f.write_str("the task panicked"),
            Self::Cancelled => f.write_str("the task was cancelled"),
            Self::Waiting(ended) => ended.fmt(f),
        }
    }
}

impl std::error::Error for TaskError {}

/// More tasks were marked as done than were put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManyDone;

impl fmt::Display for TooManyDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task_done() was called more often than items were put")
    }
}

impl std::error::Error for TooManyDone {}
