//! Which line of the program made a primitive; asked only while the program is watched.

use ironthread::observe::origin::{Line, made_at};
use ironthread::wait::{Origin, watch};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// The line that calls the class now, when the program is watched.
#[inline]
pub(crate) fn here(py: Python<'_>) -> Option<Origin> {
    if watch::is_on() { find(py) } else { None }
}

/// Looking is best effort: an object is made even where its maker cannot be told.
#[cold]
fn find(py: Python<'_>) -> Option<Origin> {
    let line = program_line(py).ok()??;
    Some(made_at(&line))
}

/// The innermost frame of the program: neither this package's nor the standard library's. What the
/// library makes for itself goes to the line that asked the library; what it makes with no line of the
/// program below (at import, in its own threads), to the library's own line.
fn program_line(py: Python<'_>) -> PyResult<Option<Line>> {
    static FINDER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let finder = FINDER.import(py, "ironthread._origin", "program_line")?;
    let found: Option<(String, u32)> = finder.call0()?.extract()?;
    Ok(found.map(|(file, number)| Line { file: file.into(), number }))
}
