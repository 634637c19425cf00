//! Calling the program's own code: predicates, actions, comparisons, a subclass's methods, finalizers.
//!
//! Before Python 3.14 a daemon thread that asks for the interpreter while it is being finalized is ended
//! where it stands, by a forced unwind of its stack (`pthread_exit`). Python code asks for it every few
//! milliseconds. If a frame of this module is below that code the unwind must not get there: Rust cannot
//! catch it, and the process aborts instead of exiting. So every call that can run the program's code goes
//! through [`guarded`], which never lets an unwind pass: the thread is parked for ever, as from 3.14 on.
//!
//! What cannot be sent this way is code that runs because memory was asked for (a collection, on 3.11) or
//! because the last reference to something went away inside the interpreter's own functions.

#![allow(unsafe_code, reason = "calls must be declared as able to unwind, which PyO3's are not")]

use std::ffi::c_int;
use std::mem;

use pyo3::exceptions::{PyAttributeError, PySystemExit};
use pyo3::ffi::{self, Py_ssize_t, PyObject};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple};

/// Parks the thread for ever when a forced unwind comes by.
struct Hang;

impl Drop for Hang {
    fn drop(&mut self) {
        loop {
            #[expect(clippy::disallowed_methods, reason = "not a wait: this thread has ended")]
            std::thread::park();
        }
    }
}

/// Makes a call that may be unwound by force, which ends here.
fn guarded<R>(call: impl FnOnce() -> R) -> R {
    let hang = Hang;
    let result = call();
    mem::forget(hang);
    result
}

/// A C function as one that may unwind.
///
/// Both kinds of function pointer have the same calling convention; they differ in what the compiler
/// makes of the call: with `C-unwind` it keeps the cleanup of [`guarded`] on the way out. The black box
/// hides which function it is: the optimizer would go by that function's own declaration (and does).
macro_rules! unwinding {
    ($function:path as fn($($argument:ty),*) -> $result:ty) => {{
        type Declared = unsafe extern "C" fn($($argument),*) -> $result;
        type Unwinding = unsafe extern "C-unwind" fn($($argument),*) -> $result;
        // SAFETY: the two types differ in their `-unwind` only (Rust reference, "ABI compatibility").
        unsafe { mem::transmute::<Declared, Unwinding>(std::hint::black_box($function)) }
    }};
}

/// The most arguments that are passed by position.
const ARGUMENTS: usize = 4;

/// Receiver and arguments as C takes them. The pointers are borrowed from the bounds.
fn pointers(objects: &[&Bound<'_, PyAny>]) -> [*mut PyObject; ARGUMENTS] {
    debug_assert!(objects.len() <= ARGUMENTS);
    let mut pointers = [std::ptr::null_mut(); ARGUMENTS];
    for (pointer, object) in pointers.iter_mut().zip(objects) {
        *pointer = object.as_ptr();
    }
    pointers
}

/// An owned result, or the exception that was raised.
fn owned(py: Python<'_>, object: *mut PyObject) -> PyResult<Bound<'_, PyAny>> {
    // SAFETY: the functions called here return a new reference, or null with an exception set.
    unsafe { Bound::from_owned_ptr_or_err(py, object) }
}

/// A truth value as C gives it: −1 with an exception set.
fn truth(py: Python<'_>, value: c_int) -> PyResult<bool> {
    if value < 0 { Err(PyErr::fetch(py)) } else { Ok(value != 0) }
}

/// A tuple of these objects. PyO3's own panics where memory is out, which a C function must not.
pub(crate) fn tuple<'py>(
    py: Python<'py>,
    objects: &[Borrowed<'_, 'py, PyAny>],
) -> PyResult<Bound<'py, PyTuple>> {
    let count = objects.len().cast_signed();
    // SAFETY: the thread is attached.
    let made = owned(py, unsafe { ffi::PyTuple_New(count) })?;
    for (index, object) in (0..count).zip(objects) {
        let object = Bound::clone(object).into_ptr();
        // SAFETY: the tuple is new, nobody else has seen it; it takes the reference over.
        unsafe { ffi::PyTuple_SetItem(made.as_ptr(), index, object) };
    }
    Ok(made.cast_into::<PyTuple>()?)
}

/// An empty dictionary, with the same reason.
pub(crate) fn dictionary(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    // SAFETY: the thread is attached.
    let made = owned(py, unsafe { ffi::PyDict_New() })?;
    Ok(made.cast_into::<PyDict>()?)
}

/// `callable(*arguments)`.
pub(crate) fn call<'py>(
    callable: &Bound<'py, PyAny>,
    arguments: &[&Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    let function = unwinding!(
        ffi::PyObject_Vectorcall
            as fn(*mut PyObject, *const *mut PyObject, usize, *mut PyObject) -> *mut PyObject
    );
    let pointers = pointers(arguments);
    let (callee, count) = (callable.as_ptr(), arguments.len());
    // SAFETY: the thread is attached, and the objects are borrowed for the time of the call.
    let result =
        guarded(|| unsafe { function(callee, pointers.as_ptr(), count, std::ptr::null_mut()) });
    owned(callable.py(), result)
}

/// A call with everything as the interpreter passed it. Returns what it returned: null, with an exception, if it failed.
///
/// # Safety
/// The thread is attached. The pointers are to live objects, `keywords` is null or a tuple of names, and after the
/// `positional` arguments `all` has a value for each of these.
pub(crate) unsafe fn call_raw(
    callable: *mut PyObject,
    all: &[*mut PyObject],
    positional: usize,
    keywords: *mut PyObject,
) -> *mut PyObject {
    let function = unwinding!(
        ffi::PyObject_Vectorcall
            as fn(*mut PyObject, *const *mut PyObject, usize, *mut PyObject) -> *mut PyObject
    );
    // SAFETY: by the caller's promise.
    guarded(|| unsafe { function(callable, all.as_ptr(), positional, keywords) })
}

/// `callable(*arguments)`, of any number.
pub(crate) fn call_all<'py>(
    callable: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let function = unwinding!(
        ffi::PyObject_Vectorcall
            as fn(*mut PyObject, *const *mut PyObject, usize, *mut PyObject) -> *mut PyObject
    );
    let callee = callable.as_ptr();
    // SAFETY: it is a tuple; what it holds cannot be exchanged, and lives as long as it does.
    let first = unsafe { (&raw const (*arguments.as_ptr().cast::<ffi::PyTupleObject>()).ob_item) };
    let count = arguments.len();
    // SAFETY: the thread is attached, and the objects are borrowed for the time of the call.
    let result = guarded(|| unsafe { function(callee, first.cast(), count, std::ptr::null_mut()) });
    owned(callable.py(), result)
}

/// The exception as it would be had the frame that runs now raised it: with that in its traceback.
pub(crate) fn raised_here(py: Python<'_>, error: PyErr) -> PyErr {
    // SAFETY: the thread is attached. The reference is borrowed from the frame that is running.
    let frame = unsafe { ffi::PyEval_GetFrame() };
    if frame.is_null() {
        return error;
    }
    error.restore(py);
    // SAFETY: the frame is alive, and an exception is set, which it adds itself to (or replaces, where memory is out).
    unsafe { ffi::PyTraceBack_Here(frame) };
    PyErr::fetch(py)
}

/// `callable(*arguments, **keywords)`.
pub(crate) fn call_with<'py>(
    callable: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let function = unwinding!(
        ffi::PyObject_Call as fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject
    );
    let keywords = keywords.map_or(std::ptr::null_mut(), Bound::as_ptr);
    let (callee, arguments) = (callable.as_ptr(), arguments.as_ptr());
    // SAFETY: the thread is attached, and the objects are borrowed for the time of the call.
    let result = guarded(|| unsafe { function(callee, arguments, keywords) });
    owned(callable.py(), result)
}

/// `object.name(*arguments)`.
pub(crate) fn call_method<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
    arguments: &[&Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    let function = unwinding!(
        ffi::PyObject_VectorcallMethod
            as fn(*mut PyObject, *const *mut PyObject, usize, *mut PyObject) -> *mut PyObject
    );
    // The object is the first argument. There is room before it, which saves the interpreter a copy of them all.
    let mut pointers = [std::ptr::null_mut(); ARGUMENTS + 2];
    pointers[1] = object.as_ptr();
    for (pointer, argument) in pointers[2..].iter_mut().zip(arguments) {
        *pointer = argument.as_ptr();
    }
    let count = (arguments.len() + 1) | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
    let (name, first) = (name.as_ptr(), pointers.as_mut_ptr().wrapping_add(1));
    // SAFETY: the thread is attached, and the objects are borrowed for the time of the call.
    let result = guarded(|| unsafe { function(name, first, count, std::ptr::null_mut()) });
    owned(object.py(), result)
}

/// `object.name`.
pub(crate) fn get<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    let function =
        unwinding!(ffi::PyObject_GetAttr as fn(*mut PyObject, *mut PyObject) -> *mut PyObject);
    let (owner, name) = (object.as_ptr(), name.as_ptr());
    // SAFETY: the thread is attached, and the objects are borrowed for the time of the call.
    let result = guarded(|| unsafe { function(owner, name) });
    owned(object.py(), result)
}

/// `getattr(object, name, None)`.
pub(crate) fn find<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    match get(object, name) {
        Err(error) if error.is_instance_of::<PyAttributeError>(object.py()) => Ok(None),
        found => found.map(Some),
    }
}

/// `object.__setattr__(name, value)`, or without a value `object.__delattr__(name)`, of plain objects.
pub(crate) fn set_plainly(
    object: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: Option<&Bound<'_, PyAny>>,
) -> PyResult<()> {
    let function = unwinding!(
        ffi::PyObject_GenericSetAttr as fn(*mut PyObject, *mut PyObject, *mut PyObject) -> c_int
    );
    let value = value.map_or(std::ptr::null_mut(), Bound::as_ptr);
    let (owner, name) = (object.as_ptr(), name.as_ptr());
    // SAFETY: the thread is attached, and the objects are borrowed for the time of the call.
    truth(object.py(), guarded(|| unsafe { function(owner, name, value) })).map(drop)
}

/// `left < right`.
pub(crate) fn is_less(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> PyResult<bool> {
    let function = unwinding!(
        ffi::PyObject_RichCompareBool as fn(*mut PyObject, *mut PyObject, c_int) -> c_int
    );
    let (this, that) = (left.as_ptr(), right.as_ptr());
    // SAFETY: the thread is attached, and the objects are borrowed for the time of the call.
    truth(left.py(), guarded(|| unsafe { function(this, that, ffi::Py_LT) }))
}

/// `bool(object)`.
pub(crate) fn is_true(object: &Bound<'_, PyAny>) -> PyResult<bool> {
    let function = unwinding!(ffi::PyObject_IsTrue as fn(*mut PyObject) -> c_int);
    let pointer = object.as_ptr();
    // SAFETY: the thread is attached, and the object is borrowed for the time of the call.
    truth(object.py(), guarded(|| unsafe { function(pointer) }))
}

/// `len(object)`.
pub(crate) fn len(object: &Bound<'_, PyAny>) -> PyResult<usize> {
    let function = unwinding!(ffi::PyObject_Size as fn(*mut PyObject) -> Py_ssize_t);
    let pointer = object.as_ptr();
    // SAFETY: the thread is attached, and the object is borrowed for the time of the call.
    let size = guarded(|| unsafe { function(pointer) });
    usize::try_from(size).map_err(|_| PyErr::fetch(object.py()))
}

/// Runs the handlers of signals that have arrived, and whatever else the interpreter has put off.
pub(crate) fn check_signals(py: Python<'_>) -> PyResult<()> {
    let function = unwinding!(ffi::PyErr_CheckSignals as fn() -> c_int);
    // SAFETY: the thread is attached: `py` is its token.
    truth(py, guarded(|| unsafe { function() })).map(drop)
}

/// Drops references, whose objects' finalizers may run.
pub(crate) fn discard(_py: Python<'_>, objects: impl IntoIterator<Item = Py<PyAny>>) {
    let function = unwinding!(ffi::Py_DecRef as fn(*mut PyObject) -> ());
    for object in objects {
        let pointer = object.into_ptr();
        // SAFETY: the thread is attached, and the reference is given up here once.
        guarded(|| unsafe { function(pointer) });
    }
}

/// The calling thread, which the interpreter does not know, calls `bootstrap()` as one of its threads.
///
/// The way into the interpreter is PyO3's, which hangs where the interpreter would unwind. The way out is
/// not: it drops the thread's state, and with it the program's `threading.local` values.
pub(crate) fn call_as_thread(bootstrap: Py<PyAny>) {
    let leave = unwinding!(ffi::PyGILState_Release as fn(ffi::PyGILState_STATE) -> ());
    // SAFETY: the interpreter is there: who starts the thread is attached, and keeps it until this has begun.
    let state = unsafe { ffi::PyGILState_Ensure() };
    // SAFETY: the line above attached the thread, and the token is not used after the line that detaches it.
    let py = unsafe { Python::assume_attached() };
    match call(bootstrap.bind(py), &[]) {
        Ok(nothing) => discard(py, [nothing.unbind()]),
        Err(error) if error.is_instance_of::<PySystemExit>(py) => {}
        Err(error) => report(py, error, &bootstrap),
    }
    discard(py, [bootstrap]);
    // SAFETY: this is what the call above is to be followed by, and nothing of the interpreter's is left here.
    guarded(|| unsafe { leave(state) });
}

/// Tells of an exception that nobody is there to handle.
fn report(py: Python<'_>, error: PyErr, of: &Py<PyAny>) {
    let function = unwinding!(ffi::PyErr_WriteUnraisable as fn(*mut PyObject) -> ());
    error.restore(py);
    // SAFETY: the thread is attached, an exception is set, and the object is borrowed for the call.
    guarded(|| unsafe { function(of.as_ptr()) });
}
