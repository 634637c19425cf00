//! Making the most-made objects: a C function in front of the call of their class.
//!
//! The call of a class goes through three functions of the interpreter's, `__new__` and `__init__` among them,
//! before PyO3 is asked for an object. What a class is called with is known at once by a function of its own
//! (`tp_vectorcall`), which subclasses do not inherit. With the arguments of most calls (`made.rs`), and with nobody
//! watching, it makes the object; everything else it has made as ever.
//!
//! What makes that sound:
//! * The function is the class's own, so it makes an object of just this class.
//! * A program may give a class another `__new__` or `__init__`, so whether they are still those it was made with is asked each
//!   time. Not of `Lock` and `RLock`: the standard library's are C's, and refuse any other.
//! * PyO3 allocates the objects, in just the way in which it would otherwise: where a collection begins meanwhile (on 3.11) it finds
//!   the same.
//! * The contents are the engine's: making them runs no Python code, and does not panic.
//! * The interpreter calls with the thread attached.

#![allow(unsafe_code, reason = "below PyO3's classes there are C functions")]

use std::sync::OnceLock;

use ironthread::wait::watch;
use pyo3::exceptions::PyTypeError;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True as Frozen;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};
use pyo3::{PyClass, PyTypeInfo};

use crate::future::PyFuture;
use crate::hot::{self, all_arguments};
use crate::{errors, program};

/// What a class is called with: one argument, or none.
pub(crate) type Argument<'a, 'py> = Option<Borrowed<'a, 'py, PyAny>>;

/// A class whose objects are made quickly.
pub(crate) trait Made: PyClass<Frozen = Frozen> + PyTypeInfo {
    /// The class's functions as they were when the module was made, if a program may exchange them.
    fn functions() -> Option<&'static OnceLock<Functions>>;

    /// What is in a new object; `None`: it has to be made as ever.
    fn contents(
        py: Python<'_>,
        argument: Argument<'_, '_>,
    ) -> PyResult<Option<impl Into<PyClassInitializer<Self>>>>;
}

/// What makes an object of a class, and what initializes it.
pub(crate) struct Functions {
    new: ffi::newfunc,
    init: Option<ffi::initproc>,
}

impl Functions {
    /// Those of a class; `None` if it has no instances.
    ///
    /// # Safety
    /// The class is alive, and nobody changes it at the same time.
    #[inline]
    unsafe fn of(class: *const ffi::PyTypeObject) -> Option<Self> {
        // SAFETY: by the caller's promise.
        let new = unsafe { (*class).tp_new }?;
        // SAFETY: by the caller's promise.
        Some(Self { new, init: unsafe { (*class).tp_init } })
    }

    /// Whether a class still has them.
    ///
    /// # Safety
    /// The class is alive.
    #[inline]
    unsafe fn are_those_of(&self, class: *const ffi::PyTypeObject) -> bool {
        // SAFETY: by the caller's promise; the functions are exchanged by whoever has the interpreter, or stopped the others.
        let now = unsafe { Self::of(class) };
        now.is_some_and(|now| {
            std::ptr::fn_addr_eq(now.new, self.new)
                && match (now.init, self.init) {
                    (Some(now), Some(before)) => std::ptr::fn_addr_eq(now, before),
                    (now, before) => now.is_none() && before.is_none(),
                }
        })
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
    let is_plain = M::functions().is_none_or(|functions| {
        // SAFETY: the class is alive for the time of the call.
        functions.get().is_some_and(|functions| unsafe { functions.are_those_of(class.cast()) })
    });
    let made = if count <= 1 && keywords.is_null() && is_plain && !watch::observes() {
        // SAFETY: one argument was passed.
        let argument = (count == 1).then(|| unsafe { *arguments });
        // SAFETY: it is alive for the time of the call.
        let argument = argument.map(|argument| unsafe { Borrowed::from_ptr(py, argument) });
        M::contents(py, argument)
    } else {
        Ok(None)
    };
    let made = match made {
        Ok(Some(contents)) => Py::new(py, contents).map(Py::into_any),
        Err(error) => Err(error),
        Ok(None) => {
            // SAFETY: the interpreter passes `count` arguments, and one more for each keyword.
            let all = unsafe { all_arguments(arguments, count, keywords) };
            // SAFETY: all of these are alive for the time of the call.
            unsafe { call_as_ever(py, class, all, keywords) }
        }
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
    let positional: Vec<_> = positional.iter().map(Bound::as_borrowed).collect();
    let arguments = program::tuple(py, &positional)?;
    let dictionary = names.map(|names| keywords_of(&names, others)).transpose()?;
    let dictionary = dictionary.as_ref().map_or(std::ptr::null_mut(), Bound::as_ptr);
    // SAFETY: the class is alive.
    let metaclass = unsafe { ffi::Py_TYPE(class) };
    // SAFETY: a class's class is alive as long as it is, and its function for calls is written once.
    let call = unsafe { (*metaclass).tp_call };
    let call = call.ok_or_else(|| PyTypeError::new_err("this class cannot be called"))?;
    // SAFETY: the arguments are a tuple, and null or a dictionary.
    let made = unsafe { call(class, arguments.as_ptr(), dictionary) };
    // SAFETY: the call returns a new reference, or null with an exception.
    unsafe { Bound::from_owned_ptr_or_err(py, made) }.map(Bound::unbind)
}

/// The keywords of a call, and their values.
fn keywords_of<'py>(
    names: &Bound<'py, PyTuple>,
    values: &[Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyDict>> {
    let dictionary = program::dictionary(names.py())?;
    for (name, value) in names.iter().zip(values) {
        dictionary.set_item(name.cast_into::<PyString>()?, value)?;
    }
    Ok(dictionary)
}

/// The class of futures, and its functions as they were when it was made.
struct Futures {
    class: Py<PyType>,
    nothing: Py<PyTuple>,
    functions: Functions,
}

static FUTURES: OnceLock<Futures> = OnceLock::new();

impl Futures {
    /// Whether the class's call makes a future and does no more.
    #[inline]
    fn are_plain(&self) -> bool {
        // SAFETY: the class is alive.
        unsafe { self.functions.are_those_of(self.class.as_ptr().cast()) }
    }

    #[inline]
    fn make<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyFuture>> {
        let (class, nothing) = (self.class.as_ptr().cast(), self.nothing.as_ptr());
        // SAFETY: this is the class's own function, with the arguments of a call without any.
        let made = unsafe { (self.functions.new)(class, nothing, std::ptr::null_mut()) };
        // SAFETY: it returns a new reference, or null with an exception.
        let made = unsafe { Bound::from_owned_ptr_or_err(py, made) }?;
        // SAFETY: the class inherits from the native one, by `prepare_futures`.
        Ok(unsafe { made.cast_into_unchecked::<PyFuture>() })
    }
}

/// A new future, as the call of its class makes it.
pub(crate) fn future(py: Python<'_>) -> PyResult<Bound<'_, PyFuture>> {
    match FUTURES.get() {
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
    let plain = FUTURES.get().filter(|futures| futures.are_plain());
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
    let functions = unsafe { Functions::of(pointer) };
    let functions = functions.ok_or_else(|| PyTypeError::new_err("a class without instances"))?;
    let nothing = PyTuple::empty(py).unbind();
    if FUTURES.set(Futures { class: class.clone().unbind(), nothing, functions }).is_ok() {
        for name in ["done", "result", "set_result"] {
            hot::have_of_its_own(class, name)?;
        }
        // SAFETY: the class is alive, and nobody else has seen it: its module is being made.
        unsafe { (*pointer).tp_vectorcall = Some(call_future) };
    }
    Ok(())
}

/// Gives a class its function.
pub(crate) fn put<M: Made>(py: Python<'_>) {
    let class = M::type_object_raw(py);
    // SAFETY: the class is ready, and nobody else has seen it: the module is being made.
    if let (Some(place), Some(functions)) = (M::functions(), unsafe { Functions::of(class) }) {
        let _ = place.set(functions);
    }
    // SAFETY: as above.
    unsafe { (*class).tp_vectorcall = Some(call::<M>) };
}
