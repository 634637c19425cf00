//! The two forms in which the standard library shows its primitives.

use pyo3::prelude::*;
use pyo3::types::PyString;

/// `<locked _thread.RLock object owner=1 count=1 at 0x7f…>`; `facts` ends with a space unless empty.
pub(crate) fn lock(object: &Bound<'_, PyAny>, state: &str, facts: &str) -> PyResult<String> {
    let (name, address) = (class_name(object)?, object.as_ptr());
    Ok(format!("<{state} {name} object {facts}at {address:p}>"))
}

/// `<threading.Event at 0x7f…: set>`.
pub(crate) fn primitive(object: &Bound<'_, PyAny>, state: &str) -> PyResult<String> {
    let (name, address) = (class_name(object)?, object.as_ptr());
    Ok(format!("<{name} at {address:p}: {state}>"))
}

/// The class with its module, a subclass's own.
fn class_name(object: &Bound<'_, PyAny>) -> PyResult<String> {
    let class = object.get_type();
    let (module, name): (Bound<'_, PyString>, Bound<'_, PyString>) =
        (class.module()?, class.qualname()?);
    Ok(format!("{module}.{name}"))
}
