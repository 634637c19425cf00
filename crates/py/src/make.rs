//! Making the most-made objects: a C function in front of the call of their class.
//!
//! The call of a class goes through three functions of the interpreter's, `__new__` and `__init__` among them,
//! before PyO3 is asked for an object. What a class is called with is known at once by a function of its own
//! (`tp_vectorcall`), which subclasses do not inherit. Without arguments, and with nobody watching, it makes the object;
//! everything else it has made as ever.
//!
//! What makes that sound:
//! * The function is the class's own, so it makes an object of just this class.
//! * The classes of locks are not tracked by the collector, so no collection begins while one is made. That of futures
//!   is: PyO3 makes one, in just the way in which it would otherwise. The class is Python's, and has no `__new__`
//!   and no `__init__` of its own; a program may give it some, so whether that is still so is asked each time.
//! * The contents are the engine's: making them runs no Python code, and does not panic.
//! * The interpreter calls with the thread attached.

#![allow(unsafe_code, reason = "below PyO3's classes there are C functions")]

use ironthread::wait::watch;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True as Frozen;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{PyClass, PyTypeInfo};

use crate::future::PyFuture;
use crate::hot::all_arguments;
use crate::lock::PyLock;
use crate::rlock::PyRLock;
use crate::{errors, program};

/// A class whose objects are made quickly.
trait Made: PyClass<Frozen = Frozen> + PyTypeInfo {
    /// A new object, without arguments.
    fn make(py: Python<'_>) -> PyResult<Py<Self>>;
}

impl Made for PyLock {
    #[inline]
    fn make(py: Python<'_>) -> PyResult<Py<Self>> {
        Py::new(py, Self::made_here(py))
    }
}

impl Made for PyRLock {
    #[inline]
    fn make(py: Python<'_>) -> PyResult<Py<Self>> {
        Py::new(py, Self::made_here(py))
    }
}

/// What a C function returns: a new reference, or null with the exception set.
#[inline]
pub(crate) fn answer(py: Python<'_>, made: PyResult<Py<PyAny>>) -> *mut PyObject {
    match made {
        Ok(object) => object.into_ptr(),
        Err(error) => {
            error.restore(py);
            std::ptr::null_mut()
        }
    }
}

/// The call of a class.
unsafe extern "C" fn call<M: Made>(
    class: *mut PyObject,
    arguments: *const *mut PyObject,
    count: usize,
    keywords: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the interpreter calls with the thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: it only takes a flag out of the number.
    let count = unsafe { ffi::PyVectorcall_NARGS(count) };
    let made = if count == 0 && keywords.is_null() && !watch::observes() {
        M::make(py).map(Py::into_any)
    } else {
        // SAFETY: the interpreter passes `count` arguments, and one more for each keyword.
        let all = unsafe { all_arguments(arguments, count, keywords) };
        // SAFETY: all of these are alive for the time of the call.
        unsafe { call_as_ever(py, class, all, keywords) }
    };
    answer(py, made)
}

/// The call of a class that has no function of its own for that.
///
/// # Safety
/// The pointers are to live objects: a class, all arguments, and null or a tuple of the names of the last ones.
#[cold]
unsafe fn call_as_ever(
    py: Python<'_>,
    class: *mut PyObject,
    all: &[*mut PyObject],
    keywords: *mut PyObject,
) -> PyResult<Py<PyAny>> {
    // SAFETY: by the caller's promise.
    let passed = all.iter().map(|&each| unsafe { Borrowed::from_ptr(py, each) });
    let values: Vec<_> = passed.map(Borrowed::to_owned).collect();
    // SAFETY: by the caller's promise.
    let names = unsafe { Borrowed::from_ptr_or_opt(py, keywords) };
    let names = names.map(|names| names.to_owned().cast_into::<PyTuple>()).transpose()?;
    let tail = names.as_ref().map_or(0, PyTupleMethods::len);
    let (positional, others) = values.split_at(values.len() - tail);
    let arguments = PyTuple::new(py, positional)?;
    let dictionary = PyDict::new(py);
    for (name, value) in names.iter().flatten().zip(others) {
        dictionary.set_item(name.cast_into::<PyString>()?, value)?;
    }
    // SAFETY: the class is alive.
    let metaclass = unsafe { ffi::Py_TYPE(class) };
    // SAFETY: a class's class is alive as long as it is, and its function for calls is written once.
    let call = unsafe { (*metaclass).tp_call };
    let call = call.ok_or_else(|| PyTypeError::new_err("this class cannot be called"))?;
    // SAFETY: the arguments are a tuple and a dictionary.
    let made = unsafe { call(class, arguments.as_ptr(), dictionary.as_ptr()) };
    // SAFETY: the call returns a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, made) }.map(Bound::unbind)
}

/// The class of futures, and its functions as they were when it was made.
struct Futures {
    class: Py<PyType>,
    nothing: Py<PyTuple>,
    new: ffi::newfunc,
    init: Option<ffi::initproc>,
}

static FUTURES: PyOnceLock<Futures> = PyOnceLock::new();

/// What makes an object of a class, and what initializes it.
///
/// # Safety
/// The class is alive, and nobody changes it at the same time.
#[inline]
unsafe fn functions_of(
    class: *const ffi::PyTypeObject,
) -> (Option<ffi::newfunc>, Option<ffi::initproc>) {
    // SAFETY: by the caller's promise.
    let new = unsafe { (*class).tp_new };
    // SAFETY: by the caller's promise.
    (new, unsafe { (*class).tp_init })
}

impl Futures {
    /// Whether the class's call makes a future and does no more.
    #[inline]
    fn are_plain(&self) -> bool {
        let class = self.class.as_ptr().cast::<ffi::PyTypeObject>();
        // SAFETY: the class is alive; its functions are exchanged by whoever has the interpreter, or stopped the others.
        let (new, init) = unsafe { functions_of(class) };
        new.is_some_and(|new| std::ptr::fn_addr_eq(new, self.new))
            && match (init, self.init) {
                (Some(init), Some(before)) => std::ptr::fn_addr_eq(init, before),
                _ => false,
            }
    }

    #[inline]
    fn make<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFuture>> {
        let (class, nothing) = (self.class.as_ptr().cast(), self.nothing.as_ptr());
        // SAFETY: this is the class's own function, with the arguments of a call without any.
        let made = unsafe { (self.new)(class, nothing, std::ptr::null_mut()) };
        // SAFETY: it returns a new reference, or null with an exception.
        let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
        // SAFETY: the class inherits from the native one, by `prepare_futures`.
        Ok(unsafe { made.cast_into_unchecked::<PyFuture>() })
    }
}

/// A new future, as the call of its class makes it.
pub(crate) fn future(py: Python<'_>) -> PyResult<Bound<'_, PyFuture>> {
    match FUTURES.get(py) {
        Some(futures) if futures.are_plain() => futures.make(py),
        Some(futures) => {
            let made = program::call(futures.class.bind(py), &[])?;
            Ok(made.cast_into::<PyFuture>()?)
        }
        None => Err(PyTypeError::new_err("no class of futures")),
    }
}

/// The call of the class of futures.
unsafe extern "C" fn call_future(
    class: *mut PyObject,
    arguments: *const *mut PyObject,
    count: usize,
    keywords: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: the interpreter calls with the thread attached.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: it only takes a flag out of the number.
    let count = unsafe { ffi::PyVectorcall_NARGS(count) };
    let plain = FUTURES.get(py).filter(|futures| futures.are_plain());
    let made = match plain {
        Some(futures) if count == 0 && keywords.is_null() => {
            futures.make(py).map(|future| future.into_any().unbind())
        }
        _ => {
            // SAFETY: the interpreter passes `count` arguments, and one more for each keyword.
            let all = unsafe { all_arguments(arguments, count, keywords) };
            // SAFETY: all of these are alive for the time of the call.
            unsafe { call_as_ever(py, class, all, keywords) }
        }
    };
    answer(py, made)
}

/// Loads what futures need; they are of this class, which inherits from the native one.
#[pyfunction]
#[pyo3(signature = (class, /))]
pub(crate) fn prepare_futures(py: Python<'_>, class: &Bound<'_, PyType>) -> PyResult<()> {
    errors::futures(py)?;
    if !class.is_subclass_of::<PyFuture>()? {
        return Err(PyTypeError::new_err("not a class of our futures"));
    }
    let pointer = class.as_type_ptr();
    // SAFETY: the class is alive and ready.
    let (new, init) = unsafe { functions_of(pointer) };
    let new = new.ok_or_else(|| PyTypeError::new_err("a class without instances"))?;
    let nothing = PyTuple::empty(py).unbind();
    if FUTURES.set(py, Futures { class: class.clone().unbind(), nothing, new, init }).is_ok() {
        // SAFETY: the class is alive, and nobody else has seen it: its module is being made.
        unsafe { (*pointer).tp_vectorcall = Some(call_future) };
    }
    Ok(())
}

/// Gives the classes their functions.
pub(crate) fn install(py: Python<'_>) {
    put::<PyLock>(py);
    put::<PyRLock>(py);
}

fn put<M: Made>(py: Python<'_>) {
    let class = M::type_object_raw(py);
    // SAFETY: the class is ready, and nobody else has seen it: the module is being made.
    unsafe { (*class).tp_vectorcall = Some(call::<M>) };
}
