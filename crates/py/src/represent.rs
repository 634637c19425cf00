//! The two forms in which the standard library shows its primitives.

use pyo3::prelude::*;

/// `<locked _thread.RLock object owner=1 count=1 at 0x7f…>`; `facts` ends with a space unless empty.
pub(crate) fn lock(object: &Bound<'_, PyAny>, state: &str, facts: &str) -> PyResult<String> {
    let class = object.get_type();
    let (module, name, address) = (class.module()?, class.name()?, object.as_ptr());
    Ok(format!("<{state} {module}.{name} object {facts}at {address:p}>"))
}

/// `<threading.Event at 0x7f…: set>`.
pub(crate) fn primitive(object: &Bound<'_, PyAny>, state: &str) -> PyResult<String> {
    let class = object.get_type();
    let (module, name, address) = (class.module()?, class.qualname()?, object.as_ptr());
    Ok(format!("<{module}.{name} at {address:p}: {state}>"))
}
