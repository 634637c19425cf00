//! `threading.Lock`.

use ironthread::sync::Lock;
use ironthread::wait::Kind;
use pyo3::prelude::*;

use crate::convert::{Truth, lock_deadline};
use crate::errors::Failure;
use crate::{origin, represent};

/// A mutual exclusion lock.
///
/// Once a thread has acquired it, further attempts to acquire it wait until it is released; any thread
/// may release it. Follows https://docs.python.org/3/library/threading.html#lock-objects.
#[pyclass(frozen, weakref, name = "lock", module = "_thread")]
pub(crate) struct PyLock {
    pub(crate) lock: Lock,
}

impl PyLock {
    /// A lock made by the line of the program that runs now.
    pub(crate) fn made_here(py: Python<'_>) -> Self {
        Self { lock: Lock::made_at(origin::here(py, Kind::Lock)) }
    }
}

#[pymethods]
impl PyLock {
    #[new]
    fn new(py: Python<'_>) -> Self {
        Self::made_here(py)
    }

    /// Acquire the lock; return whether it was acquired.
    ///
    /// With blocking true, wait at most timeout seconds (-1: without limit) for it to be free. With
    /// blocking false, do not wait; a timeout then raises ValueError, as does a negative one other than
    /// -1. One above threading.TIMEOUT_MAX raises OverflowError.
    #[pyo3(signature = (blocking=Truth(true), timeout=-1.0), text_signature = "($self, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: Truth, timeout: f64) -> PyResult<bool> {
        let deadline = lock_deadline(blocking.0, timeout)?;
        Ok(self.lock.acquire(deadline).map_err(Failure::from)?)
    }

    /// Release the lock. Any thread may; RuntimeError is raised when the lock is not locked.
    fn release(&self) -> PyResult<()> {
        Ok(self.lock.release().map_err(|_| Failure::ReleaseUnlocked)?)
    }

    /// Return whether the lock is locked.
    fn locked(&self) -> bool {
        self.lock.is_locked()
    }

    /// An old name of acquire().
    #[pyo3(signature = (blocking=Truth(true), timeout=-1.0), text_signature = "($self, blocking=True, timeout=-1)")]
    fn acquire_lock(&self, blocking: Truth, timeout: f64) -> PyResult<bool> {
        self.acquire(blocking, timeout)
    }

    /// An old name of release().
    fn release_lock(&self) -> PyResult<()> {
        self.release()
    }

    /// An old name of locked().
    fn locked_lock(&self) -> bool {
        self.locked()
    }

    pub(crate) fn __enter__(&self) -> PyResult<bool> {
        Ok(self.lock.enter().map(|()| true).map_err(Failure::from)?)
    }

    #[pyo3(signature = (_type=None, _value=None, _traceback=None, /))]
    pub(crate) fn __exit__(
        &self,
        _type: Option<&Bound<'_, PyAny>>,
        _value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        self.release()
    }

    /// Make the lock free in a forked child, where the thread that held it may not exist.
    fn _at_fork_reinit(&self) {
        self.lock.after_fork();
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let state = if slf.get().locked() { "locked" } else { "unlocked" };
        represent::lock(slf.as_any(), state, "")
    }
}
