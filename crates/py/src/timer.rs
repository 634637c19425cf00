//! The agenda of pending timers, for the Python thread that serves it.

use ironthread::timer::{Added, Agenda, Key};
use pyo3::prelude::*;

use crate::convert::wait_deadline;

/// Timers by the moment at which they are due.
#[pyclass(frozen, name = "Agenda", module = "ironthread._core")]
pub(crate) struct PyAgenda(Agenda<Py<PyAny>>);

/// Names a pending timer.
#[pyclass(frozen, name = "AgendaKey", module = "ironthread._core")]
pub(crate) struct PyKey(Key);

#[pymethods]
impl PyAgenda {
    #[new]
    fn new() -> Self {
        Self(Agenda::new())
    }

    /// Add a timer that is due in so many seconds.
    ///
    /// Return its key, and whether a thread that serves has to be started now.
    fn add(&self, seconds: f64, timer: Py<PyAny>) -> PyResult<(PyKey, bool)> {
        let due = wait_deadline(Some(seconds))?;
        let Added { key, unserved } = self.0.add(due, timer);
        Ok((PyKey(key), unserved))
    }

    /// Take a timer off and return it; None when it is not there any more.
    fn remove(&self, key: &PyKey) -> Option<Py<PyAny>> {
        self.0.remove(key.0)
    }

    /// Note that no thread that serves could be started.
    fn not_served(&self) {
        self.0.not_served();
    }

    /// Wait until timers are due, and return them; None when there is nothing left to wait for.
    fn next(&self) -> Option<Vec<Py<PyAny>>> {
        self.0.next()
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }
}
