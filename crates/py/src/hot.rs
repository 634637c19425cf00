//! The methods that programs call most, as plain C functions in front of their PyO3 methods.
//!
//! A PyO3 method spends more on getting into and out of Rust (a guard against panics, the bookkeeping of
//! attachment, arguments) than `Lock.acquire` does on its work. Each method of `quick.rs` is therefore put
//! on its class twice: as the PyO3 method, which can do everything, and before it, under the same name, as
//! a C function that can do one thing: the call without arguments that need conversion, that neither waits
//! nor fails. Everything else it passes on to the PyO3 method, as it came.
//!
//! What makes that sound:
//! * The functions are reached through method descriptors of the class (`PyDescr_NewMethod`), which
//!   check the type of `self` before they call.
//! * The classes are frozen, so a shared reference to their contents is all that is ever handed out.
//! * The quick step runs the engine only: no Python code, no allocation of an object that the collector
//!   tracks (which could start a collection), no drop of a Python object's last reference but by `program.rs`, nothing that
//!   panics. (If it did, leaving an `extern "C"` function by unwinding aborts.) A wake-up may let the interpreter go,
//!   with nothing borrowed of the object but what the caller keeps alive.
//! * The interpreter calls methods with the thread attached.

#![allow(unsafe_code, reason = "below PyO3's methods there are C functions")]

use std::ffi::{CStr, CString, c_int};
use std::sync::OnceLock;

use pyo3::ffi::{self, Py_ssize_t, PyObject};
use pyo3::prelude::*;
use pyo3::pyclass::boolean_struct::True as Frozen;
use pyo3::types::PyType;
use pyo3::{PyClass, PyTypeInfo};

/// What a quick step gives back.
pub(crate) enum Answer {
    None,
    Bool(bool),
    Number(usize),
    Object(Py<PyAny>),
    /// An exception of this class, without arguments: the step has done all that it does, and holds nothing.
    Raise(&'static Py<PyType>),
}

impl Answer {
    /// As a new reference; null, with an exception, where that is the answer or memory is out.
    #[inline]
    fn into_ptr(self) -> *mut PyObject {
        match self {
            Self::Object(object) => object.into_ptr(),
            Self::Raise(class) => {
                // SAFETY: the thread is attached, and the class alive.
                unsafe { ffi::PyErr_SetNone(class.as_ptr()) };
                std::ptr::null_mut()
            }
            // SAFETY: the thread is attached.
            Self::Number(number) => unsafe { ffi::PyLong_FromSize_t(number) },
            // SAFETY: the singletons live as long as the interpreter, which is calling.
            Self::None => new_reference(unsafe { ffi::Py_None() }),
            // SAFETY: as above.
            Self::Bool(true) => new_reference(unsafe { ffi::Py_True() }),
            // SAFETY: as above.
            Self::Bool(false) => new_reference(unsafe { ffi::Py_False() }),
        }
    }
}

#[inline]
fn new_reference(singleton: *mut PyObject) -> *mut PyObject {
    // SAFETY: the thread is attached, and a singleton is alive.
    unsafe { ffi::Py_INCREF(singleton) };
    singleton
}

/// A method with a quick step.
pub(crate) trait Hot {
    type Class: PyClass<Frozen = Frozen> + PyTypeInfo + Sync;

    /// The PyO3 method.
    fn original() -> &'static OnceLock<Original>;
}

/// A PyO3 method: the C function that it is, where that is called as those in front of it are.
pub(crate) enum Original {
    /// Without arguments.
    Alone(ffi::PyCFunction),
    /// With arguments.
    WithArguments(ffi::PyCFunctionFastWithKeywords),
    /// Any other, which takes `*args` and `**kwargs`.
    Method(Py<PyAny>),
}

/// One whose quick step takes no argument.
pub(crate) trait Alone: Hot {
    /// What the method does when nothing stands in its way; `None`: the PyO3 method has to do it.
    fn quick(slf: Borrowed<'_, '_, Self::Class>) -> Option<Answer>;
}

/// One whose quick step takes an item.
pub(crate) trait WithItem: Hot {
    /// The same, with the item that was passed.
    fn quick(slf: Borrowed<'_, '_, Self::Class>, item: Borrowed<'_, '_, PyAny>) -> Option<Answer>;
}

/// `slf` as what it is.
///
/// # Safety
/// `slf` is an instance of `H::Class`, alive for `'a`, and the thread is attached.
#[inline]
unsafe fn instance<'a, H: Hot>(slf: *mut PyObject) -> Borrowed<'a, 'a, H::Class> {
    // SAFETY: by the caller's promise.
    let object = unsafe { borrowed(slf) };
    // SAFETY: by the caller's promise about the type.
    unsafe { object.cast_unchecked::<H::Class>() }
}

/// # Safety
/// `object` is alive for `'a`, and the thread is attached.
#[inline]
unsafe fn borrowed<'a>(object: *mut PyObject) -> Borrowed<'a, 'a, PyAny> {
    // SAFETY: by the caller's promise.
    let py = unsafe { Python::assume_attached() };
    // SAFETY: by the caller's promise.
    unsafe { Borrowed::from_ptr(py, object) }
}

/// A method without arguments.
unsafe extern "C" fn no_arguments<H: Alone>(slf: *mut PyObject, _: *mut PyObject) -> *mut PyObject {
    // SAFETY: the descriptor checked the type of `slf`.
    match H::quick(unsafe { instance::<H>(slf) }) {
        Some(answer) => answer.into_ptr(),
        None => pass_on::<H>(slf, std::ptr::null(), 0, std::ptr::null_mut()),
    }
}

/// A method whose arguments do not matter: `__exit__`.
unsafe extern "C" fn any_arguments<H: Alone>(
    slf: *mut PyObject,
    arguments: *mut *mut PyObject,
    count: Py_ssize_t,
) -> *mut PyObject {
    // SAFETY: the descriptor checked the type of `slf`.
    match H::quick(unsafe { instance::<H>(slf) }) {
        Some(answer) => answer.into_ptr(),
        None => pass_on::<H>(slf, arguments, count, std::ptr::null_mut()),
    }
}

/// A method that is quick without its optional arguments.
unsafe extern "C" fn optional_arguments<H: Alone>(
    slf: *mut PyObject,
    arguments: *const *mut PyObject,
    count: Py_ssize_t,
    keywords: *mut PyObject,
) -> *mut PyObject {
    if count == 0 && keywords.is_null() {
        // SAFETY: the descriptor checked the type of `slf`.
        if let Some(answer) = H::quick(unsafe { instance::<H>(slf) }) {
            return answer.into_ptr();
        }
    }
    pass_on::<H>(slf, arguments, count, keywords)
}

/// A method that is quick with an item for its only argument.
unsafe extern "C" fn item_argument<H: WithItem>(
    slf: *mut PyObject,
    arguments: *const *mut PyObject,
    count: Py_ssize_t,
    keywords: *mut PyObject,
) -> *mut PyObject {
    if count == 1 && keywords.is_null() {
        // SAFETY: one argument was passed.
        let item = unsafe { *arguments };
        // SAFETY: the interpreter lends its arguments for the time of the call.
        let item = unsafe { borrowed(item) };
        // SAFETY: the descriptor checked the type of `slf`.
        if let Some(answer) = H::quick(unsafe { instance::<H>(slf) }, item) {
            return answer.into_ptr();
        }
    }
    pass_on::<H>(slf, arguments, count, keywords)
}

/// # Safety
/// `arguments` points to `count` objects (or is null, with none), alive for `'a`.
unsafe fn slice<'a>(arguments: *const *mut PyObject, count: Py_ssize_t) -> &'a [*mut PyObject] {
    match usize::try_from(count) {
        // SAFETY: by the caller's promise.
        Ok(count) if count > 0 => unsafe { std::slice::from_raw_parts(arguments, count) },
        _ => &[],
    }
}

/// # Safety
/// As the interpreter calls a `METH_FASTCALL | METH_KEYWORDS` function.
pub(crate) unsafe fn all_arguments<'a>(
    arguments: *const *mut PyObject,
    count: Py_ssize_t,
    keywords: *mut PyObject,
) -> &'a [*mut PyObject] {
    // SAFETY: `keywords` is a tuple when it is not null.
    let named = if keywords.is_null() { 0 } else { unsafe { ffi::PyTuple_Size(keywords) } };
    // SAFETY: the values of the keywords follow the other arguments.
    unsafe { slice(arguments, count + named) }
}

/// Calls the PyO3 method with everything as it came: its function, which the interpreter would call in just this way
/// if there were no other in front of it.
#[cold]
#[inline(never)]
fn pass_on<H: Hot>(
    slf: *mut PyObject,
    arguments: *const *mut PyObject,
    count: Py_ssize_t,
    keywords: *mut PyObject,
) -> *mut PyObject {
    match H::original().get() {
        // SAFETY: `slf` is what the function is for; there are no arguments.
        Some(Original::Alone(function)) => unsafe { function(slf, std::ptr::null_mut()) },
        // SAFETY: `slf` is what the function is for; the arguments are as the interpreter passed them.
        Some(Original::WithArguments(function)) => unsafe {
            function(slf, arguments, count, keywords)
        },
        Some(Original::Method(method)) => {
            // SAFETY: the interpreter passes `count` arguments, and one more for each keyword.
            let passed = unsafe { all_arguments(arguments, count, keywords) };
            let all = [&[slf], passed].concat();
            let positional = usize::try_from(count).unwrap_or(0) + 1;
            // SAFETY: the thread is attached; `all` holds the positional arguments, then the keywords' values.
            unsafe { ffi::PyObject_Vectorcall(method.as_ptr(), all.as_ptr(), positional, keywords) }
        }
        None => {
            // SAFETY: the interpreter sets the static before it loads any module.
            let class = unsafe { ffi::PyExc_SystemError };
            // SAFETY: the thread is attached; the message is a C string.
            unsafe { ffi::PyErr_SetString(class, c"ironthread._core: no such method".as_ptr()) };
            std::ptr::null_mut()
        }
    }
}

/// How PyO3 has its methods called that take arguments.
const WITH_KEYWORDS: c_int = ffi::METH_FASTCALL | ffi::METH_KEYWORDS;

/// A function as the interpreter is told of it, and the flags that say how to call it.
type Function = (ffi::PyMethodDefPointer, c_int);

/// A method that takes no arguments.
pub(crate) fn none<H: Alone>(py: Python<'_>, name: &str) -> PyResult<()> {
    let function = ffi::PyMethodDefPointer { PyCFunction: no_arguments::<H> };
    put::<H>(py, name, (function, ffi::METH_NOARGS))
}

/// A method that takes any, and looks at none.
pub(crate) fn any<H: Alone>(py: Python<'_>, name: &str) -> PyResult<()> {
    let function = ffi::PyMethodDefPointer { PyCFunctionFast: any_arguments::<H> };
    put::<H>(py, name, (function, ffi::METH_FASTCALL))
}

/// A method whose arguments are optional.
pub(crate) fn optional<H: Alone>(py: Python<'_>, name: &str) -> PyResult<()> {
    let function = ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: optional_arguments::<H> };
    put::<H>(py, name, (function, WITH_KEYWORDS))
}

/// A method that takes an item, and optional arguments.
pub(crate) fn item<H: WithItem>(py: Python<'_>, name: &str) -> PyResult<()> {
    let function = ffi::PyMethodDefPointer { PyCFunctionFastWithKeywords: item_argument::<H> };
    put::<H>(py, name, (function, WITH_KEYWORDS))
}

/// Puts one quick method in front of the class's own, with its documentation.
fn put<H: Hot>(py: Python<'_>, name: &str, (function, flags): Function) -> PyResult<()> {
    let class = py.get_type::<H::Class>();
    let original = class.getattr(name)?;
    let definition = ffi::PyMethodDef {
        ml_name: forever(name)?.as_ptr(),
        ml_meth: function,
        ml_flags: flags,
        ml_doc: forever(&documentation(name, &original)?)?.as_ptr(),
    };
    // The descriptor keeps the address; the class lives as long as the process.
    let definition = Box::leak(Box::new(definition));
    // SAFETY: class and definition are valid for good; the result is a new reference or an exception.
    let descriptor = unsafe { ffi::PyDescr_NewMethod(class.as_type_ptr(), definition) };
    // SAFETY: the thread is attached, and the reference is new.
    let descriptor = unsafe { Bound::from_owned_ptr_or_err(py, descriptor) }?;
    let _ = H::original().set(function_of(&original));
    class.setattr(name, descriptor)
}

/// Gives a class a method that it has inherited as one of its own: where the receiver is of just the class that a method is
/// of the interpreter leaves out most of what it does for a call.
pub(crate) fn have_of_its_own(class: &Bound<'_, PyType>, name: &str) -> PyResult<()> {
    let Some(definition) = definition_of(&class.getattr(name)?) else { return Ok(()) };
    // SAFETY: the definition is one of a class that this one inherits from, and valid for good as that is; the result is
    // a new reference or an exception.
    let descriptor = unsafe { ffi::PyDescr_NewMethod(class.as_type_ptr(), definition) };
    // SAFETY: the thread is attached, and the reference is new.
    let descriptor = unsafe { Bound::from_owned_ptr_or_err(class.py(), descriptor) }?;
    class.setattr(name, descriptor)
}

/// The definition of a method of C's.
fn definition_of(method: &Bound<'_, PyAny>) -> Option<*mut ffi::PyMethodDef> {
    let class = (&raw mut ffi::PyMethodDescr_Type).cast::<PyObject>();
    // SAFETY: the class of method descriptors lives as long as the interpreter.
    let class = unsafe { borrowed(class) };
    if !method.get_type().is(&*class) {
        return None;
    }
    let method = method.as_ptr().cast::<ffi::PyMethodDescrObject>();
    // SAFETY: it is such an object, by its class, and alive.
    Some(unsafe { (*method).d_method })
}

/// The function of a PyO3 method.
fn function_of(original: &Bound<'_, PyAny>) -> Original {
    let Some(definition) = definition_of(original) else {
        return Original::Method(original.clone().unbind());
    };
    // SAFETY: a descriptor's definition is valid.
    let ffi::PyMethodDef { ml_meth: function, ml_flags: flags, .. } = unsafe { *definition };
    match flags {
        // SAFETY: the flags say which function it is.
        ffi::METH_NOARGS => Original::Alone(unsafe { function.PyCFunction }),
        WITH_KEYWORDS => {
            // SAFETY: the flags say which function it is.
            Original::WithArguments(unsafe { function.PyCFunctionFastWithKeywords })
        }
        _ => Original::Method(original.clone().unbind()),
    }
}

/// A method's documentation with its signature before it, as C functions carry them.
fn documentation(name: &str, original: &Bound<'_, PyAny>) -> PyResult<String> {
    let text: Option<String> = original.getattr("__doc__")?.extract()?;
    let signature: Option<String> = original.getattr("__text_signature__")?.extract()?;
    let text = text.unwrap_or_default();
    Ok(signature
        .map_or_else(|| text.clone(), |signature| format!("{name}{signature}\n--\n\n{text}")))
}

/// A C string that is never freed.
pub(crate) fn forever(text: &str) -> PyResult<&'static CStr> {
    Ok(Box::leak(CString::new(text)?.into_boxed_c_str()))
}
