//! Which line of the program made a primitive; asked only while the program is watched.

use std::sync::OnceLock;

use ironthread::observe::origin::{Line, made_at};
use ironthread::wait::{Kind, Origin, watch};
use pyo3::prelude::*;

use crate::convert::Name;
use crate::program;

/// The line that makes something of this kind now, when the program is watched.
#[inline]
pub(crate) fn here(py: Python<'_>, kind: Kind) -> Option<Origin> {
    if watch::observes() { find(py, kind) } else { None }
}

/// `ironthread._origin.program_line`, fetched before the first primitive is made under observation: an
/// import makes locks of its own, and would come here again.
static FINDER: OnceLock<Py<PyAny>> = OnceLock::new();

/// Fetches what [`here`] needs.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    if FINDER.get().is_none() {
        let finder = py.import("ironthread._origin")?.getattr("program_line")?;
        let _ = FINDER.set(finder.unbind());
    }
    Ok(())
}

/// Looking is best effort: an object is made even where its maker cannot be told.
#[cold]
fn find(py: Python<'_>, kind: Kind) -> Option<Origin> {
    Some(made_at(&program_line(py)?, kind))
}

/// The line of the program that runs now, as far as it can be told.
pub(crate) fn program_line(py: Python<'_>) -> Option<Line> {
    let found = program::call(FINDER.get()?.bind(py), &[]).ok()?;
    let (file, number): (Name, u32) = found.extract().ok()?;
    Some(Line { file: file.0.into(), number })
}
