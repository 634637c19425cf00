//! The order in which locks are taken, as Python sees it. `ironthread._lock_order` puts inversions into words.

use std::sync::OnceLock;

use ironthread::observe::order::{self, Inversion, Step, Taken};
use ironthread::observe::origin;
use ironthread::thread::ThreadId;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::program;

/// What tells of an inversion.
static TELL: OnceLock<Py<PyAny>> = OnceLock::new();

/// Set what tells of an inversion. The first call counts.
#[pyfunction]
pub(crate) fn lock_order_words(tell: Py<PyAny>) {
    let _ = TELL.set(tell);
}

/// Set whether the order of locks is watched; return whether it was. What is made from now on is known by
/// the line that made it.
#[pyfunction]
pub(crate) fn set_lock_order(py: Python<'_>, on: bool) -> PyResult<bool> {
    crate::origin::prepare(py)?;
    if on {
        // It sets what tells. Not in the middle of an inversion: there are no imports there.
        py.import("ironthread._lock_order")?;
    }
    Ok(order::set_on(on))
}

/// Tells of an inversion. What goes wrong there is shown as what finalizers raise.
pub(crate) fn tell(py: Python<'_>, inversion: &Inversion) {
    let Some(tell) = TELL.get() else { return };
    let tell = tell.bind(py);
    let told = described(py, inversion).and_then(|found| program::call(tell, &[found.as_any()]));
    if let Err(error) = told {
        error.write_unraisable(py, Some(tell));
    }
}

fn described<'py>(py: Python<'py>, inversion: &Inversion) -> PyResult<Bound<'py, PyDict>> {
    let steps = PyList::empty(py);
    for step @ Step { thread, ident, held, taken, .. } in &inversion.steps {
        let row = PyDict::new(py);
        row.set_item("thread", thread.as_deref())?;
        row.set_item("ident", ident)?;
        row.set_item("alive", step.thread_is_alive())?;
        row.set_item("held", taken_row(py, held)?)?;
        row.set_item("taken", taken_row(py, taken)?)?;
        steps.append(row)?;
    }
    let described = PyDict::new(py);
    described.set_item("steps", steps)?;
    described.set_item("is_of_locks", inversion.is_of_locks)?;
    Ok(described)
}

/// What a thread holds, as far as the order of locks is watched.
pub(crate) fn held_rows(py: Python<'_>, thread: ThreadId) -> PyResult<Bound<'_, PyList>> {
    let rows = PyList::empty(py);
    for held in order::held_by(thread) {
        rows.append(taken_row(py, &held)?)?;
    }
    Ok(rows)
}

fn taken_row<'py>(py: Python<'py>, taken: &Taken) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("kind", taken.kind.name())?;
    row.set_item("address", taken.address)?;
    let made = taken.class.and_then(origin::line);
    row.set_item("origin", made.map(|(line, _)| (line.file.to_string(), line.number)))?;
    let frames = taken.stack.iter().flat_map(|stack| stack.frames.iter().rev());
    let frames: Vec<_> = frames.map(|frame| (&*frame.file, frame.line, &*frame.function)).collect();
    row.set_item("stack", frames)?;
    Ok(row)
}
