//! Locks that are not ours, as conditions see them: any object with `acquire` and `release`, and perhaps
//! better ways to let go whole and to tell whether it is held.

use pyo3::prelude::*;
use pyo3::types::PyBool;

use crate::{names, program};

/// Whether the lock is held: its own word for it, or, as the standard library does it, a try.
pub(crate) fn is_owned(lock: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = lock.py();
    if let Some(method) = program::find(lock, names::is_owned(py))? {
        return program::is_true(&program::call(&method, &[])?);
    }
    let no = PyBool::new(py, false).to_owned().into_any();
    let taken = program::call_method(lock, names::acquire(py), &[&no])?;
    let taken = program::is_true(&taken)?;
    if taken {
        program::call_method(lock, names::release(py), &[])?;
    }
    Ok(!taken)
}

/// Lets the lock go; returns what is needed to take it back.
pub(crate) fn release_save<'py>(lock: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = lock.py();
    match program::find(lock, names::release_save(py))? {
        Some(method) => program::call(&method, &[]),
        None => program::call_method(lock, names::release(py), &[]),
    }
}

/// Takes the lock back.
pub(crate) fn acquire_restore(lock: &Bound<'_, PyAny>, saved: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = lock.py();
    match program::find(lock, names::acquire_restore(py))? {
        Some(method) => program::call(&method, &[saved]),
        None => program::call_method(lock, names::acquire(py), &[]),
    }
    .map(drop)
}
