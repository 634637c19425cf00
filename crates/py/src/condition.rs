//! `threading.Condition`.

use ironthread::error::WaitError;
use ironthread::sync::{Condition, Relock};
use ironthread::wait::{Deadline, Kind};
use pyo3::exceptions::PyDeprecationWarning;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::convert::wait_deadline;
use crate::errors::Failure;
use crate::given::Given;
use crate::initialized::Initialized;
use crate::lock::PyLock;
use crate::rlock::PyRLock;
use crate::{foreign, names, origin, program};

/// The lock of a condition.
enum Guard {
    Lock(Py<PyLock>),
    RLock(Py<PyRLock>),
    /// Any other object, a subclass of ours included: its methods are its own.
    Foreign(Py<PyAny>),
}

impl Guard {
    /// A new lock.
    fn made_here(py: Python<'_>) -> PyResult<Self> {
        Ok(Self::RLock(Py::new(py, PyRLock::made_here(py))?))
    }

    /// A lock of ours.
    #[inline]
    fn of_ours(lock: &Bound<'_, PyAny>) -> Option<Self> {
        if let Ok(lock) = lock.cast_exact::<PyLock>() {
            Some(Self::Lock(lock.clone().unbind()))
        } else if let Ok(lock) = lock.cast_exact::<PyRLock>() {
            Some(Self::RLock(lock.clone().unbind()))
        } else {
            None
        }
    }

    fn of(lock: &Bound<'_, PyAny>) -> PyResult<Self> {
        if let Some(guard) = Self::of_ours(lock) {
            return Ok(guard);
        }
        // What is no lock is told at once, by the attribute it lacks.
        for method in [names::acquire(lock.py()), names::release(lock.py())] {
            program::get(lock, method)?;
        }
        Ok(Self::Foreign(lock.clone().unbind()))
    }

    fn as_any<'a, 'py>(&'a self, py: Python<'py>) -> &'a Bound<'py, PyAny> {
        match self {
            Self::Lock(lock) => lock.bind(py).as_any(),
            Self::RLock(lock) => lock.bind(py).as_any(),
            Self::Foreign(lock) => lock.bind(py),
        }
    }
}

/// A condition variable: threads wait on it, with its lock let go, until others notify them.
///
/// Follows https://docs.python.org/3/library/threading.html#condition-objects.
#[pyclass(frozen, subclass, dict, weakref, name = "Condition", module = "threading")]
pub(crate) struct PyCondition {
    pub(crate) condition: Condition,
    guard: Given<Guard>,
    initialized: Initialized,
}

impl PyCondition {
    /// A condition made by the line of the program that runs now.
    fn made_here(py: Python<'_>, guard: Given<Guard>) -> Self {
        let condition = Condition::made_at(origin::here(py, Kind::Condition));
        Self { condition, guard, initialized: Initialized::YES }
    }

    /// One over one of our locks, or over a new one; `None` where it would be over any other object.
    pub(crate) fn over(
        py: Python<'_>,
        lock: Option<Borrowed<'_, '_, PyAny>>,
    ) -> PyResult<Option<Self>> {
        let guard = match lock {
            Some(lock) => Guard::of_ours(&lock),
            None => Some(Guard::made_here(py)?),
        };
        Ok(guard.map(|guard| Self::made_here(py, Given::at_once(guard))))
    }

    /// A condition over one of our plain locks.
    pub(crate) fn over_lock(
        py: Python<'_>,
        condition: Condition,
        lock: Py<PyLock>,
    ) -> PyResult<Py<Self>> {
        let guard = Given::at_once(Guard::Lock(lock));
        Py::new(py, Self { condition, guard, initialized: Initialized::YES })
    }

    fn guard(&self) -> PyResult<&Guard> {
        self.guard.get().ok_or_else(|| Failure::NotInitialized("Condition").into())
    }

    /// Waits; the lock is held before and after.
    pub(crate) fn wait_until(&self, py: Python<'_>, deadline: Deadline) -> PyResult<bool> {
        let waited = match self.guard()? {
            Guard::Lock(lock) => self.condition.wait(&lock.get().lock, deadline),
            Guard::RLock(lock) => self.condition.wait(&lock.get().lock, deadline),
            Guard::Foreign(lock) => return self.wait_over_foreign(lock.bind(py), deadline),
        };
        waited.map_err(|error| {
            PyErr::from(match error {
                WaitError::NotHeld => Failure::WaitUnacquired,
                WaitError::Interrupted => Failure::Interrupted,
            })
        })
    }

    fn wait_over_foreign(&self, lock: &Bound<'_, PyAny>, deadline: Deadline) -> PyResult<bool> {
        if !foreign::is_owned(lock)? {
            return Err(Failure::WaitUnacquired.into());
        }
        let ticket = self.condition.enlist();
        let saved = match foreign::release_save(lock) {
            Ok(saved) => saved,
            Err(error) => {
                self.condition.give_up(ticket);
                return Err(error);
            }
        };
        let notified =
            self.condition.sleep(ticket, deadline).map_err(|error| Failure::from(error).into());
        match (foreign::acquire_restore(lock, &saved), notified) {
            (Ok(()), notified) => notified,
            (Err(lost), Ok(_)) => Err(lost),
            (Err(lost), Err(interrupted)) => {
                lost.set_cause(lock.py(), Some(interrupted));
                Err(lost)
            }
        }
    }

    fn notify_many(&self, py: Python<'_>, count: usize) -> PyResult<()> {
        let notified = match self.guard()? {
            Guard::Lock(lock) => self.condition.notify(&lock.get().lock, count),
            Guard::RLock(lock) => self.condition.notify(&lock.get().lock, count),
            Guard::Foreign(lock) => {
                if !foreign::is_owned(lock.bind(py))? {
                    return Err(Failure::NotifyUnacquired.into());
                }
                self.condition.wake(count);
                return Ok(());
            }
        };
        Ok(notified.map_err(|_| Failure::NotifyUnacquired)?)
    }

    /// Acquires the lock, notifies all and releases it.
    pub(crate) fn notify_all_locked(&self, py: Python<'_>) -> PyResult<()> {
        self.hold(py)?;
        let notified = self.notify_many(py, usize::MAX);
        self.let_go(py)?;
        notified
    }

    /// Acquires the lock.
    pub(crate) fn hold(&self, py: Python<'_>) -> PyResult<()> {
        let lock = self.guard()?.as_any(py);
        program::call_method(lock, names::acquire(py), &[]).map(drop)
    }

    /// Releases it.
    pub(crate) fn let_go(&self, py: Python<'_>) -> PyResult<()> {
        let lock = self.guard()?.as_any(py);
        program::call_method(lock, names::release(py), &[]).map(drop)
    }

    /// Acquires the lock, if it is ours and free.
    #[inline]
    pub(crate) fn try_acquire(&self) -> bool {
        match self.guard.get() {
            Some(Guard::Lock(lock)) => lock.get().lock.try_acquire(),
            Some(Guard::RLock(lock)) => lock.get().lock.try_acquire(),
            _ => false,
        }
    }

    /// Acquires the lock for a block, if it is ours and free.
    #[inline]
    pub(crate) fn try_enter(&self) -> bool {
        match self.guard.get() {
            Some(Guard::Lock(lock)) => lock.get().lock.try_enter(),
            Some(Guard::RLock(lock)) => lock.get().lock.try_acquire(),
            _ => false,
        }
    }

    /// Releases the lock, if it is ours and held.
    #[inline]
    pub(crate) fn try_release(&self) -> bool {
        match self.guard.get() {
            Some(Guard::Lock(lock)) => lock.get().lock.release().is_ok(),
            Some(Guard::RLock(lock)) => lock.get().lock.release().is_ok(),
            _ => false,
        }
    }

    /// Notifies, if the lock is ours and held.
    #[inline]
    pub(crate) fn try_notify(&self, count: usize) -> bool {
        match self.guard.get() {
            Some(Guard::Lock(lock)) => self.condition.notify(&lock.get().lock, count).is_ok(),
            Some(Guard::RLock(lock)) => self.condition.notify(&lock.get().lock, count).is_ok(),
            _ => false,
        }
    }

    /// Whether the calling thread holds it.
    pub(crate) fn is_held(&self, py: Python<'_>) -> PyResult<bool> {
        match self.guard()? {
            Guard::Lock(lock) => Ok(lock.get().lock.is_held()),
            Guard::RLock(lock) => Ok(lock.get().lock.is_held()),
            Guard::Foreign(lock) => foreign::is_owned(lock.bind(py)),
        }
    }

    /// Makes the lock free and forgets the waiters, in a forked child.
    pub(crate) fn after_fork(&self, py: Python<'_>) -> PyResult<()> {
        self.condition.after_fork();
        let lock = self.guard()?.as_any(py);
        program::call_method(lock, names::at_fork_reinit(py), &[]).map(drop)
    }
}

#[pymethods]
impl PyCondition {
    /// Arguments are for `__init__`, a subclass's perhaps.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(lock=None)")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Self {
        Self::made_here(py, Given::nothing())
    }

    #[pyo3(signature = (lock=None))]
    fn __init__(&self, py: Python<'_>, lock: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let guard = match lock {
            Some(lock) => Guard::of(lock)?,
            None => Guard::made_here(py)?,
        };
        self.guard.give(guard);
        Ok(())
    }

    /// Acquire the lock, with the arguments of its own acquire().
    #[pyo3(signature = (*args, **kwargs))]
    fn acquire<'py>(
        &self,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = args.py();
        let acquire = program::get(self.guard()?.as_any(py), names::acquire(py))?;
        program::call_with(&acquire, args, kwargs)
    }

    /// Release the lock.
    fn release<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        program::call_method(self.guard()?.as_any(py), names::release(py), &[])
    }

    /// Return whether the lock is locked.
    fn locked<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        program::call_method(self.guard()?.as_any(py), names::locked(py), &[])
    }

    fn __enter__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        match self.guard()? {
            Guard::Lock(lock) => lock.get().__enter__()?,
            Guard::RLock(lock) => lock.get().__enter__()?,
            Guard::Foreign(lock) => {
                return program::call_method(lock.bind(py), names::enter(py), &[]);
            }
        };
        Ok(true.into_pyobject(py)?.to_owned().into_any())
    }

    #[pyo3(signature = (kind=None, value=None, traceback=None, /))]
    fn __exit__<'py>(
        &self,
        py: Python<'py>,
        kind: Option<&Bound<'py, PyAny>>,
        value: Option<&Bound<'py, PyAny>>,
        traceback: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        match self.guard()? {
            Guard::Lock(lock) => lock.get().__exit__(kind, value, traceback)?,
            Guard::RLock(lock) => lock.get().__exit__(kind, value, traceback)?,
            Guard::Foreign(lock) => {
                let none = py.None().into_bound(py);
                let arguments = [kind, value, traceback].map(|argument| argument.unwrap_or(&none));
                return program::call_method(lock.bind(py), names::exit(py), &arguments);
            }
        }
        Ok(py.None().into_bound(py))
    }

    /// Release the lock, wait to be notified, at most timeout seconds (None: without limit), and acquire
    /// the lock again.
    ///
    /// Return false when the time was up, else true. RuntimeError is raised when the lock is not held,
    /// OverflowError for a timeout above threading.TIMEOUT_MAX.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<bool> {
        self.wait_until(py, wait_deadline(timeout)?)
    }

    /// Wait until predicate() is true, at most timeout seconds in all (None: without limit).
    ///
    /// Return what predicate() returned last.
    #[pyo3(signature = (predicate, timeout=None))]
    fn wait_for<'py>(
        slf: &Bound<'py, Self>,
        predicate: &Bound<'py, PyAny>,
        timeout: Option<f64>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        let mut deadline: Option<Deadline> = None;
        loop {
            let result = program::call(predicate, &[])?;
            if program::is_true(&result)? {
                return Ok(result);
            }
            // The time runs from the first wait, which is made even if there is none: others get the
            // lock meanwhile, and who does not hold it is told.
            let until = match deadline {
                Some(deadline) if deadline.is_past() => return Ok(result),
                Some(deadline) => deadline,
                None => *deadline.insert(wait_deadline(timeout)?),
            };
            if slf.is_exact_instance_of::<Self>() {
                slf.get().wait_until(py, until)?;
            } else {
                let left = until.remaining().map(|left| left.as_secs_f64()).into_pyobject(py)?;
                program::call_method(slf, names::wait(py), &[&left])?;
            }
        }
    }

    /// Notify n waiting threads. RuntimeError is raised when the lock is not held.
    #[pyo3(signature = (n=1))]
    fn notify(&self, py: Python<'_>, n: isize) -> PyResult<()> {
        self.notify_many(py, usize::try_from(n).unwrap_or(0))
    }

    /// Notify all waiting threads. RuntimeError is raised when the lock is not held.
    pub(crate) fn notify_all(&self, py: Python<'_>) -> PyResult<()> {
        self.notify_many(py, usize::MAX)
    }

    /// An old name of notify_all().
    #[pyo3(name = "notifyAll")]
    fn notify_all_old(&self, py: Python<'_>) -> PyResult<()> {
        let message = c"notifyAll() is deprecated, use notify_all() instead";
        PyErr::warn(py, &py.get_type::<PyDeprecationWarning>(), message, 1)?;
        self.notify_all(py)
    }

    #[getter]
    fn _lock<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        Ok(self.guard()?.as_any(py).clone())
    }

    /// As many elements as threads wait: for programs, and tests of CPython, that count them.
    #[getter]
    fn _waiters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        PyTuple::new(py, (0..self.condition.waiters()).map(|_| py.None()))
    }

    fn _is_owned(&self, py: Python<'_>) -> PyResult<bool> {
        self.is_held(py)
    }

    fn _release_save<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        foreign::release_save(self.guard()?.as_any(py))
    }

    fn _acquire_restore(&self, state: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = state.py();
        foreign::acquire_restore(self.guard()?.as_any(py), state)
    }

    /// Make the lock free and forget the waiters, in a forked child.
    fn _at_fork_reinit(&self, py: Python<'_>) -> PyResult<()> {
        self.after_fork(py)
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let lock = self.guard()?.as_any(py).repr()?;
        Ok(format!("<Condition({lock}, {})>", self.condition.waiters()))
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if !self.initialized.is_true() {
            return Ok(());
        }
        match self.guard.get() {
            // Our own locks refer to nothing.
            Some(Guard::Foreign(lock)) => visit.call(lock),
            _ => Ok(()),
        }
    }
}
