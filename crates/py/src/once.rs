//! Cells that are filled once, with what the interpreter is asked for.
//!
//! While it is asked, it may be let go, and run finalizers and handlers of signals. So a value is made first and put into its
//! cell then. A cell that is locked while its value is made, as `PyOnceLock` is, stays locked for ever in a child that
//! another thread forks meanwhile; and a handler that comes to the same cell waits for its own thread.

use std::sync::OnceLock;

use pyo3::PyResult;

/// What is in the cell, made if nothing is. Of two that are made at once, the first stays.
pub(crate) fn filled<T>(cell: &OnceLock<T>, make: impl FnOnce() -> PyResult<T>) -> PyResult<&T> {
    if let Some(value) = cell.get() {
        return Ok(value);
    }
    let value = make()?;
    Ok(cell.get_or_init(|| value))
}
