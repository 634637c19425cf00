//! `threading.Event`.

use std::sync::OnceLock;

use ironthread::sync::{Condition, Event};
use ironthread::wait::Kind;
use pyo3::exceptions::PyDeprecationWarning;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::condition::PyCondition;
use crate::convert::wait_deadline;
use crate::errors::Failure;
use crate::lock::PyLock;
use crate::{once, origin, represent};

/// A flag that threads wait for.
///
/// Follows https://docs.python.org/3/library/threading.html#event-objects.
#[pyclass(frozen, subclass, dict, weakref, name = "Event", module = "threading")]
pub(crate) struct PyEvent {
    pub(crate) event: Event,
    /// What the standard library waits on; made when a program asks for it.
    condition: OnceLock<Py<PyCondition>>,
}

impl PyEvent {
    /// A clear event made by the line of the program that runs now.
    pub(crate) fn made_here(py: Python<'_>) -> Self {
        Self::of_kind(py, Kind::Event)
    }

    /// A clear event whose waits are recorded as waits for something else.
    pub(crate) fn of_kind(py: Python<'_>, kind: Kind) -> Self {
        Self { event: Event::of_kind(kind, origin::here(py, kind)), condition: OnceLock::new() }
    }

    /// Sets the flag, if that is all there is to do: `false` when the condition has to be notified, too. One
    /// that is made meanwhile may be waited for by who saw the flag clear, so it is looked for afterwards.
    #[inline]
    pub(crate) fn set_quickly(&self) -> bool {
        if self.condition.get().is_some() {
            return false;
        }
        self.event.set();
        self.condition.get().is_none()
    }
}

#[pymethods]
impl PyEvent {
    /// Arguments are for the `__init__` of subclasses.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "()")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Self {
        Self::made_here(py)
    }

    fn __init__(&self) {
        let _ = self;
    }

    /// Return whether the flag is set.
    fn is_set(&self) -> bool {
        self.event.is_set()
    }

    /// An old name of is_set().
    #[pyo3(name = "isSet")]
    fn is_set_old(&self, py: Python<'_>) -> PyResult<bool> {
        let message = c"isSet() is deprecated, use is_set() instead";
        PyErr::warn(py, &py.get_type::<PyDeprecationWarning>(), message, 1)?;
        Ok(self.is_set())
    }

    /// Set the flag, and wake all threads that wait for it.
    pub(crate) fn set(&self, py: Python<'_>) -> PyResult<()> {
        self.event.set();
        match self.condition.get() {
            None => Ok(()),
            Some(condition) => condition.get().notify_all_locked(py),
        }
    }

    /// Clear the flag.
    fn clear(&self) {
        self.event.clear();
    }

    /// Wait until the flag is set, at most timeout seconds (None: without limit).
    ///
    /// Return whether it was set; false only when the time was up. A timeout above threading.TIMEOUT_MAX
    /// raises OverflowError.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, timeout: Option<f64>) -> PyResult<bool> {
        if self.event.is_set() {
            return Ok(true);
        }
        let deadline = wait_deadline(timeout)?;
        Ok(self.event.wait(deadline).map_err(Failure::from)?)
    }

    /// The condition that set() notifies.
    #[getter]
    fn _cond(&self, py: Python<'_>) -> PyResult<Py<PyCondition>> {
        let made = once::filled(&self.condition, || {
            PyCondition::over_lock(py, Condition::new(), Py::new(py, PyLock::made_here(py))?)
        })?;
        Ok(made.clone_ref(py))
    }

    #[getter]
    fn _flag(&self) -> bool {
        self.is_set()
    }

    /// Make the event usable in a forked child; the flag stays as it is.
    fn _at_fork_reinit(&self, py: Python<'_>) -> PyResult<()> {
        self.condition.get().map_or(Ok(()), |condition| condition.get().after_fork(py))
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        represent::primitive(slf.as_any(), if slf.get().is_set() { "set" } else { "unset" })
    }
}
