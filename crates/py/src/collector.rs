//! Showing the garbage collector what is behind the engine's locks.

use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

/// Shows the collector every object that `walk` calls its argument with, until it has seen enough.
///
/// Things that are in use at this moment cannot be walked through (`walk` says `false`): they are no garbage.
pub(crate) fn visit_each(
    visit: &PyVisit<'_>,
    walk: impl FnOnce(&mut dyn FnMut(&Py<PyAny>)) -> bool,
) -> Result<(), PyTraverseError> {
    let mut outcome = Ok(());
    walk(&mut |object| {
        if outcome.is_ok() {
            outcome = visit.call(object);
        }
    });
    outcome
}
