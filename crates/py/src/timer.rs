//! The agenda of pending timers, for the Python thread that serves it.

use ironthread::timer::{Added, Agenda, Key};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyList, PyString};

use crate::convert::wait_deadline;
use crate::event::PyEvent;
use crate::thread::PyLife;
use crate::{names, program};

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
    /// The list gets its key, and whether a thread that serves has to be started now. It is on the agenda if that is noted.
    fn add(&self, seconds: f64, timer: Py<PyAny>, noted: &Bound<'_, PyList>) -> PyResult<()> {
        let due = wait_deadline(Some(seconds))?;
        let Added { key, unserved } = self.0.add(due, timer);
        note(noted, key, unserved).inspect_err(|_| {
            if unserved {
                self.0.not_served();
            }
            self.0.remove(key);
        })
    }

    /// Take a timer off and return it; None when it is not there any more.
    fn remove(&self, key: &PyKey) -> Option<Py<PyAny>> {
        self.0.remove(key.0)
    }

    /// Take a timer off and end it, if it is still there: the event is set, and the timer's life is over (see `end_timer`).
    ///
    /// The thread that serves does not leave before that.
    fn cancel(
        &self,
        key: &PyKey,
        event: &Bound<'_, PyEvent>,
        limbo: &Bound<'_, PyDict>,
        ended: (Bound<'_, PyString>, Bound<'_, PyAny>),
    ) -> PyResult<()> {
        let py = limbo.py();
        let end = |timer: Py<PyAny>| {
            let set = event.get().set(py);
            set.and(end_timer(timer.bind(py), limbo, ended))
        };
        self.0.remove_with(key.0, end).unwrap_or(Ok(()))
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

fn note(noted: &Bound<'_, PyList>, key: Key, unserved: bool) -> PyResult<()> {
    let py = noted.py();
    let key = Bound::new(py, PyKey(key))?;
    let unserved = PyBool::new(py, unserved).to_owned().into_any();
    noted.append(program::tuple(py, &[key.as_any().as_borrowed(), unserved.as_borrowed()])?)
}

/// End a timer that has no thread of its own, or had none.
///
/// It is taken out of `limbo`, gets the attribute that `ended` names, and its life is over. All of it happens, also when a
/// subclass of the program's raises in between; what it raised comes out then.
#[pyfunction]
pub(crate) fn end_timer(
    timer: &Bound<'_, PyAny>,
    limbo: &Bound<'_, PyDict>,
    ended: (Bound<'_, PyString>, Bound<'_, PyAny>),
) -> PyResult<()> {
    let py = timer.py();
    let listed = match limbo.del_item(timer) {
        Err(error) if error.is_instance_of::<PyKeyError>(py) => Ok(()),
        outcome => outcome,
    };
    let pending = timer.setattr(names::pending(py), PyBool::new(py, false));
    let marked = timer.setattr(ended.0, ended.1);
    let over = timer.getattr(names::life(py)).map(|life| {
        if let Ok(life) = life.cast::<PyLife>() {
            life.get().end();
        }
    });
    listed.and(pending).and(marked).and(over)
}
