//! `threading.RLock`.

use ironthread::observe::registry::ident_of;
use ironthread::sync::{RLock, Relock};
use ironthread::wait::{Deadline, Kind, Place, Signals};
use pyo3::exceptions::{PyDeprecationWarning, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::convert::{Truth, any_given, lock_deadline};
use crate::errors::Failure;
use crate::{names, origin, represent};

/// A reentrant lock.
///
/// The thread that holds it may acquire it again, and must release it as often. Follows
/// https://docs.python.org/3/library/threading.html#rlock-objects.
#[pyclass(frozen, weakref, subclass, name = "RLock", module = "_thread")]
pub(crate) struct PyRLock {
    pub(crate) lock: RLock,
}

impl PyRLock {
    /// A lock made by the line of the program that runs now.
    pub(crate) fn made_here(py: Python<'_>) -> Self {
        Self { lock: RLock::made_at(origin::here(py, Kind::RLock)) }
    }
}

/// Arguments that mean nothing: ignored at first, deprecated from 3.13 on, and an error from 3.15 on.
#[cold]
fn refuse_arguments(py: Python<'_>) -> PyResult<()> {
    let version = py.version_info();
    if version >= (3, 15) {
        return Err(PyTypeError::new_err("RLock() takes no arguments"));
    }
    if version >= (3, 13) {
        let message = c"Passing arguments to RLock is deprecated and will be removed in 3.15";
        return PyErr::warn(py, &py.get_type::<PyDeprecationWarning>(), message, 1);
    }
    Ok(())
}

/// Whether arguments are for the lock itself, and not for the `__init__` of a subclass.
fn takes_no_arguments(cls: &Bound<'_, PyType>) -> PyResult<bool> {
    let py = cls.py();
    if py.version_info() < (3, 15) {
        return Ok(cls.is(py.get_type::<PyRLock>()));
    }
    let init = names::init(py);
    Ok(cls.getattr(init)?.is(&py.get_type::<PyRLock>().getattr(init)?))
}

#[pymethods]
impl PyRLock {
    /// Arguments are for the `__init__` of subclasses.
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs), text_signature = "()")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let py = cls.py();
        if any_given(args, kwargs) && takes_no_arguments(cls)? {
            refuse_arguments(py)?;
        }
        Ok(Self::made_here(py))
    }

    /// Acquire the lock; return whether it was acquired.
    ///
    /// A thread that holds it acquires it once more, at once. Otherwise, with blocking true, wait at most
    /// timeout seconds (-1: without limit) for it to be free. With blocking false, do not wait; a timeout
    /// then raises ValueError, as does a negative one other than -1. One above threading.TIMEOUT_MAX
    /// raises OverflowError.
    #[pyo3(signature = (blocking=Truth(true), timeout=-1.0), text_signature = "($self, blocking=True, timeout=-1)")]
    fn acquire(&self, blocking: Truth, timeout: f64) -> PyResult<bool> {
        let deadline = lock_deadline(blocking.0, timeout)?;
        Ok(self.lock.acquire(deadline).map_err(Failure::from)?)
    }

    /// Release the lock once; RuntimeError is raised when the calling thread does not hold it.
    fn release(&self) -> PyResult<()> {
        Ok(self.lock.release().map_err(|_| Failure::ReleaseUnacquired)?)
    }

    /// Return whether any thread holds the lock.
    fn locked(&self) -> bool {
        self.lock.is_locked()
    }

    pub(crate) fn __enter__(&self) -> PyResult<bool> {
        Ok(self.lock.acquire(Deadline::NEVER).map_err(Failure::from)?)
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

    /// Return whether the calling thread holds the lock.
    fn _is_owned(&self) -> bool {
        self.lock.is_owned()
    }

    /// Return how often the calling thread holds the lock.
    fn _recursion_count(&self) -> usize {
        if self.lock.is_owned() { self.lock.depth() } else { 0 }
    }

    /// Release the lock whole; return what _acquire_restore() needs: (count, owner).
    fn _release_save(&self) -> PyResult<(usize, u64)> {
        let owner = self.owner();
        let count = self.lock.release_save().map_err(|_| Failure::ReleaseUnacquired)?;
        Ok((count, owner))
    }

    /// Acquire the lock as often as it was held when _release_save() released it.
    ///
    /// What a signal handler raises meanwhile is raised when the lock is held.
    fn _acquire_restore(&self, state: (usize, u64)) -> PyResult<()> {
        let taken = self.lock.acquire_restore(state.0, Place::Back, Signals::Leave);
        Ok(taken.map_err(Failure::from)?)
    }

    /// Make the lock free in a forked child, where the thread that held it may not exist.
    fn _at_fork_reinit(&self) {
        self.lock.after_fork();
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let this = slf.get();
        let state = if this.locked() { "locked" } else { "unlocked" };
        let facts = format!("owner={} count={} ", this.owner(), this.lock.depth());
        represent::lock(slf.as_any(), state, &facts)
    }
}

impl PyRLock {
    /// The interpreter's identifier of the holder; 0 when free, or when the holder has ended.
    fn owner(&self) -> u64 {
        self.lock.holder().and_then(ident_of).unwrap_or(0)
    }
}
