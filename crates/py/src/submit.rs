//! `ThreadPoolExecutor.submit`: a C function in front of the Python method.
//!
//! It does what the method does when nothing stands in its way: no keywords, nobody who watches, a queue of ours that
//! is open, and a worker that is there or no room for more. Everything else it passes on to the method, as it came. No
//! frame of Python's is made, and no lock taken but that of the queue (see `jobs.rs` for why that is enough).
//!
//! What makes that sound:
//! * The function is reached through a method descriptor of the class, which checks the type of `self`.
//! * What may run the program's code goes through `program.rs`; but for a collection, on 3.11, as told there.
//! * The interpreter calls with the thread attached. References are dropped as `Bound`s, or by `program::discard`.
//! * Nothing here panics. (If it did, leaving an `extern "C"` function by unwinding aborts.)

#![allow(unsafe_code, reason = "a method of a Python class has to be a C function")]

use std::ffi::CStr;
use std::sync::OnceLock;

use ironthread::wait::watch;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi::{self, Py_ssize_t, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::hot::{all_arguments, forever};
use crate::job::Job;
use crate::jobs::PyJobs;
use crate::{make, program};

const NAME: &CStr = c"submit";
const SIGNATURE: &str = "submit($self, fn, /, *args, **kwargs)";

/// What the function needs of Python's.
struct Parts {
    nothing: Py<PyTuple>,
    /// The name of the queue that calls wait in.
    work_queue: Py<PyString>,
    /// The Python method.
    method: Py<PyAny>,
}

static PARTS: OnceLock<Parts> = OnceLock::new();

/// `pool.submit(fn, *args)`; `None` where the method has to do it.
fn quickly<'py>(
    pool: Borrowed<'_, 'py, PyAny>,
    arguments: &[*mut PyObject],
) -> PyResult<Option<Bound<'py, PyAny>>> {
    let py = pool.py();
    let ([function, arguments @ ..], Some(parts), false) =
        (arguments, PARTS.get(), watch::observes())
    else {
        return Ok(None);
    };
    let queue = program::get(&pool, parts.work_queue.bind(py))?;
    let Ok(jobs) = queue.cast_exact::<PyJobs>() else { return Ok(None) };
    if !jobs.get().has_worker() {
        return Ok(None);
    }
    // SAFETY: the interpreter lends its arguments for the time of the call.
    let lent = |&each: &*mut PyObject| unsafe { Borrowed::from_ptr(py, each) };
    let tuple = if arguments.is_empty() {
        parts.nothing.clone_ref(py)
    } else {
        let all: Vec<_> = arguments.iter().map(lent).collect();
        program::tuple(py, &all)?.unbind()
    };
    let future = make::future(py)?;
    let job = Job::new(future.clone().unbind(), lent(function).to_owned().unbind(), tuple);
    Ok(jobs.get().put_if_open(py, &future, job).then(|| future.into_any()))
}

/// The method, as the interpreter calls it.
unsafe extern "C" fn submit(
    pool: *mut PyObject,
    arguments: *const *mut PyObject,
    count: Py_ssize_t,
    keywords: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the interpreter calls with the thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: the interpreter passes `count` arguments, and one more for each keyword.
    let all = unsafe { all_arguments(arguments, count, keywords) };
    let done = if keywords.is_null() {
        // SAFETY: the receiver is alive for the time of the call.
        quickly(unsafe { Borrowed::from_ptr(py, pool) }, all)
    } else {
        Ok(None)
    };
    match done {
        Ok(Some(future)) => future.into_ptr(),
        // SAFETY: everything is as it came.
        Ok(None) => unsafe { pass_on(pool, (arguments, count), keywords) },
        Err(error) => make::answer(py, Err(error)),
    }
}

/// Calls the Python method with everything as it came.
///
/// # Safety
/// As the interpreter calls a method with keywords.
#[cold]
unsafe fn pass_on(
    pool: *mut PyObject,
    (arguments, count): (*const *mut PyObject, Py_ssize_t),
    keywords: *mut PyObject,
) -> *mut PyObject {
    let Some(parts) = PARTS.get() else { return std::ptr::null_mut() };
    // SAFETY: by the caller's promise.
    let passed = unsafe { all_arguments(arguments, count, keywords) };
    let all = [&[pool], passed].concat();
    let positional = usize::try_from(count).unwrap_or(0) + 1;
    // SAFETY: all of these are alive for the time of the call; the last ones are the keywords' values.
    unsafe { program::call_raw(parts.method.as_ptr(), &all, positional, keywords) }
}

/// Put the quick submit() in front of the method of that class of pools.
#[pyfunction]
pub(crate) fn prepare_pool(pool: &Bound<'_, PyType>) -> PyResult<()> {
    let py = pool.py();
    let method = pool.getattr("submit")?;
    let text: Option<String> = method.getattr("__doc__")?.extract()?;
    let doc = format!("{SIGNATURE}\n--\n\n{}", text.unwrap_or_default());
    let parts = Parts {
        nothing: PyTuple::empty(py).unbind(),
        work_queue: PyString::intern(py, "_work_queue").unbind(),
        method: method.unbind(),
    };
    if PARTS.set(parts).is_err() {
        return Err(PyTypeError::new_err("there is one class of pools"));
    }
    let definition = ffi::PyMethodDef {
        ml_name: NAME.as_ptr(),
        ml_meth: ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: submit },
        ml_flags: ffi::METH_FASTCALL | ffi::METH_KEYWORDS,
        ml_doc: forever(&doc)?.as_ptr(),
    };
    // The descriptor keeps the address; the class lives as long as the process.
    let definition = Box::leak(Box::new(definition));
    // SAFETY: class and definition are valid for good; the result is a new reference or an exception.
    let descriptor = unsafe { ffi::PyDescr_NewMethod(pool.as_type_ptr(), definition) };
    // SAFETY: the thread is attached, and the reference is new.
    let descriptor = unsafe { Bound::from_owned_ptr_or_err(py, descriptor) }?;
    pool.setattr("submit", descriptor)
}
