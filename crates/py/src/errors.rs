//! What goes wrong, as Python exceptions: the messages, and the standard library's own classes.

use std::sync::OnceLock;

use pyo3::PyErrArguments;
use pyo3::exceptions::{
    PyAttributeError, PyOverflowError, PyRuntimeError, PySystemError, PyValueError,
};
use pyo3::prelude::*;
use pyo3::types::PyType;

use ironthread::error::{Deadlock, Interrupted, WaitEnded};

use crate::{deadlock, host, once};

/// Everything that a method of this module raises on its own account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// `Lock.release` of a free lock.
    ReleaseUnlocked,
    /// `RLock.release` by a thread that does not hold it.
    ReleaseUnacquired,
    /// `Condition.wait` without the lock.
    WaitUnacquired,
    /// `Condition.notify` without the lock.
    NotifyUnacquired,
    /// A wait ended by a signal handler.
    Interrupted,
    /// A wait that would never have ended.
    Deadlock(Deadlock),
    /// A semaphore made with a value below zero.
    SemaphoreNegative,
    /// A semaphore's value past what fits.
    SemaphoreOverflow,
    /// `BoundedSemaphore.release` past the initial value.
    SemaphoreBound,
    /// `release(n)` of a semaphore with n below one.
    ReleaseCount,
    /// A barrier for nobody.
    BarrierParties,
    /// `threading.BrokenBarrierError`.
    BrokenBarrier,
    /// `queue.Empty`.
    QueueEmpty,
    /// `queue.Full`.
    QueueFull,
    /// `queue.ShutDown`.
    QueueShutDown,
    /// `concurrent.futures.CancelledError`.
    Cancelled,
    /// `task_done` without a task.
    TooManyDone,
    /// A negative time limit where only `None` means "without limit".
    NegativeTimeout,
    /// A method of an object whose class's `__init__` was not called.
    NotInitialized(&'static str),
}

impl From<Interrupted> for Failure {
    fn from(_: Interrupted) -> Self {
        Self::Interrupted
    }
}

impl From<WaitEnded> for Failure {
    fn from(ended: WaitEnded) -> Self {
        match ended {
            WaitEnded::Interrupted => Self::Interrupted,
            WaitEnded::Deadlock(deadlock) => Self::Deadlock(deadlock),
        }
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        let runtime = PyRuntimeError::new_err::<&str>;
        let value = PyValueError::new_err::<&str>;
        match failure {
            Failure::ReleaseUnlocked => runtime("release unlocked lock"),
            Failure::ReleaseUnacquired => runtime("cannot release un-acquired lock"),
            Failure::WaitUnacquired => runtime("cannot wait on un-acquired lock"),
            Failure::NotifyUnacquired => runtime("cannot notify on un-acquired lock"),
            Failure::Interrupted => host::take_raised().unwrap_or_else(|| {
                PySystemError::new_err("a wait was interrupted, but no handler raised")
            }),
            Failure::Deadlock(deadlock) => deadlock::error(&deadlock),
            Failure::SemaphoreNegative => value("semaphore initial value must be >= 0"),
            Failure::SemaphoreOverflow => {
                PyOverflowError::new_err("semaphore value is too large (at most 2**63 - 1)")
            }
            Failure::SemaphoreBound => value("Semaphore released too many times"),
            Failure::ReleaseCount => value("n must be one or more"),
            Failure::BarrierParties => value("parties must be > 0"),
            Failure::TooManyDone => value("task_done() called too many times"),
            Failure::NegativeTimeout => value("'timeout' must be a non-negative number"),
            Failure::NotInitialized(class) => {
                PyAttributeError::new_err(format!("{class}.__init__() was not called"))
            }
            Failure::BrokenBarrier => raise(|classes| &classes.broken_barrier),
            Failure::QueueEmpty => raise(|classes| &classes.empty),
            Failure::QueueFull => raise(|classes| &classes.full),
            Failure::QueueShutDown => raise(|classes| &classes.shut_down),
            Failure::Cancelled => raise_of_futures(|futures| &futures.cancelled, ()),
        }
    }
}

/// The classes that live in Python modules.
struct Classes {
    broken_barrier: Py<PyType>,
    empty: Py<PyType>,
    full: Py<PyType>,
    shut_down: Py<PyType>,
}

static CLASSES: OnceLock<Classes> = OnceLock::new();

/// Fetches the classes, while the module is imported: an import in the middle of a wait could come to
/// the same place again.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    let class = |module: &str, name: &str| -> PyResult<Py<PyType>> {
        Ok(py.import(module)?.getattr(name)?.cast_into::<PyType>()?.unbind())
    };
    let _ = CLASSES.set(Classes {
        broken_barrier: class("threading", "BrokenBarrierError")?,
        empty: class("_queue", "Empty")?,
        full: class("queue", "Full")?,
        shut_down: class("ironthread._exceptions", "ShutDown")?,
    });
    Ok(())
}

/// `queue.Empty`.
pub(crate) fn empty() -> Option<&'static Py<PyType>> {
    CLASSES.get().map(|classes| &classes.empty)
}

/// An instance of one of the classes.
fn raise(choose: fn(&Classes) -> &Py<PyType>) -> PyErr {
    match CLASSES.get() {
        Some(classes) => {
            Python::attach(|py| PyErr::from_type(choose(classes).bind(py).clone(), ()))
        }
        None => PySystemError::new_err("ironthread._core was not initialized"),
    }
}

/// What futures need of `concurrent.futures`, which is loaded for those who use it only.
pub(crate) struct Futures {
    cancelled: Py<PyType>,
    invalid_state: Py<PyType>,
    /// Calls a callback with a future and logs what it raises.
    pub(crate) call_back: Py<PyAny>,
    /// Logs that a future begins that cannot.
    pub(crate) unexpected: Py<PyAny>,
}

static FUTURES: OnceLock<Futures> = OnceLock::new();

/// The module's helpers and classes; loaded by the first call, which `ironthread.futures` makes.
pub(crate) fn futures(py: Python<'_>) -> PyResult<&Futures> {
    once::filled(&FUTURES, || {
        let base = py.import("concurrent.futures._base")?;
        let helpers = py.import("ironthread._callbacks")?;
        let class = |name: &str| -> PyResult<Py<PyType>> {
            Ok(base.getattr(name)?.cast_into::<PyType>()?.unbind())
        };
        Ok(Futures {
            cancelled: class("CancelledError")?,
            invalid_state: class("InvalidStateError")?,
            call_back: helpers.getattr("call_back")?.unbind(),
            unexpected: helpers.getattr("unexpected")?.unbind(),
        })
    })
}

/// `concurrent.futures.InvalidStateError`.
pub(crate) fn invalid_state(message: String) -> PyErr {
    raise_of_futures(|futures| &futures.invalid_state, (message,))
}

fn raise_of_futures<A>(choose: fn(&Futures) -> &Py<PyType>, arguments: A) -> PyErr
where
    A: PyErrArguments + Send + Sync + 'static,
{
    Python::attach(|py| match futures(py) {
        Ok(loaded) => PyErr::from_type(choose(loaded).bind(py).clone(), arguments),
        Err(error) => error,
    })
}
