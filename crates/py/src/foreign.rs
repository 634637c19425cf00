//! Locks that are not ours, as conditions see them: any object with `acquire` and `release`, and perhaps
//! better ways to let go whole and to tell whether it is held.

use pyo3::intern;
use pyo3::prelude::*;

/// Whether the lock is held: its own word for it, or, as the standard library does it, a try.
pub(crate) fn is_owned(lock: &Bound<'_, PyAny>) -> PyResult<bool> {
    let py = lock.py();
    if let Some(method) = lock.getattr_opt(intern!(py, "_is_owned"))? {
        return method.call0()?.is_truthy();
    }
    if lock.call_method1(intern!(py, "acquire"), (false,))?.is_truthy()? {
        lock.call_method0(intern!(py, "release"))?;
        return Ok(false);
    }
    Ok(true)
}

/// Lets the lock go; returns what is needed to take it back.
pub(crate) fn release_save<'py>(lock: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = lock.py();
    match lock.getattr_opt(intern!(py, "_release_save"))? {
        Some(method) => method.call0(),
        None => lock.call_method0(intern!(py, "release")),
    }
}

/// Takes the lock back.
pub(crate) fn acquire_restore(lock: &Bound<'_, PyAny>, saved: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = lock.py();
    match lock.getattr_opt(intern!(py, "_acquire_restore"))? {
        Some(method) => method.call1((saved,)),
        None => lock.call_method0(intern!(py, "acquire")),
    }
    .map(drop)
}
