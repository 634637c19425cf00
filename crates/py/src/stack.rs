//! The program's stacks: of a thread about to sleep, and of all threads.
//!
//! Nothing here runs the program's code: frames and code objects are the interpreter's own types. (Asked for
//! all threads, the interpreter raises an audit event, whose hooks may be the program's.) Until 3.11
//! memory asked for can start a collection, and that runs finalizers: a thread that is about to sleep
//! stands in a queue already, where it could be chosen meanwhile. So there is none while a stack is read.

#![allow(
    unsafe_code,
    reason = "the calling thread's frame, and the collector's switch, are C functions"
)]

use std::sync::OnceLock;

use ironthread::observe::stack::{DEPTH, Frame, Stack};
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFrame, PyFrameMethods, PyString};

use crate::{names, program};

/// `sys._current_frames`, fetched early: an import takes locks.
static CURRENT_FRAMES: OnceLock<Py<PyAny>> = OnceLock::new();

/// Whether memory asked for can start a collection: until 3.11.
static COLLECTS_ANYWHERE: OnceLock<bool> = OnceLock::new();

/// Fetches what is needed, before a stack is asked for.
pub(crate) fn prepare(py: Python<'_>) -> PyResult<()> {
    COLLECTS_ANYWHERE.get_or_init(|| py.version_info() < (3, 12));
    if CURRENT_FRAMES.get().is_none() {
        let function = py.import("sys")?.getattr("_current_frames")?;
        let _ = CURRENT_FRAMES.set(function.unbind());
    }
    Ok(())
}

/// The calling thread's stack; `None` where it runs no Python code.
pub(crate) fn of_caller(py: Python<'_>) -> Option<Stack> {
    let _quiet = NoCollection::new(py);
    // SAFETY: the thread is attached.
    let frame = unsafe { ffi::PyEval_GetFrame() };
    // SAFETY: a borrowed reference, alive while its function runs, or null.
    let frame = unsafe { Bound::from_borrowed_ptr_or_opt(py, frame.cast()) }?;
    frame.cast_into::<PyFrame>().ok().map(|frame| of_frame(&frame))
}

/// The stacks of all threads, by their identifiers. The one who asks has none.
pub(crate) fn of_all(py: Python<'_>) -> Vec<(u64, Stack)> {
    let _quiet = NoCollection::new(py);
    let Some(function) = CURRENT_FRAMES.get() else { return Vec::new() };
    let Ok(frames) = program::call(function.bind(py), &[]) else { return Vec::new() };
    let Ok(frames) = frames.cast_into::<PyDict>() else { return Vec::new() };
    let read = |(ident, frame): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        Some((ident.extract().ok()?, of_frame(frame.cast::<PyFrame>().ok()?)))
    };
    frames.iter().filter_map(read).collect()
}

fn of_frame(innermost: &Bound<'_, PyFrame>) -> Stack {
    let mut frames = Vec::new();
    let mut next = Some(innermost.clone());
    while let Some(frame) = next.take_if(|_| frames.len() < DEPTH) {
        frames.push(read(&frame));
        next = frame.outer();
    }
    Stack { frames, is_cut: next.is_some() }
}

fn read(frame: &Bound<'_, PyFrame>) -> Frame {
    let (py, code) = (frame.py(), frame.code());
    Frame {
        function: text(code.getattr(names::co_qualname(py))),
        file: text(code.getattr(names::co_filename(py))),
        // 0 where there is none: made-up code.
        line: u32::try_from(frame.line_number()).unwrap_or(0),
    }
}

fn text(name: PyResult<Bound<'_, PyAny>>) -> String {
    let name = name.ok().and_then(|name| name.cast_into::<PyString>().ok());
    // It may be no Unicode (part of a file's name): what is not is replaced.
    name.map_or_else(|| "?".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Keeps the collector from starting, where it starts when memory is asked for.
struct NoCollection {
    /// Whether it could before, and was kept from it.
    was_enabled: bool,
}

impl NoCollection {
    fn new(_py: Python<'_>) -> Self {
        let starts = COLLECTS_ANYWHERE.get().copied().unwrap_or(false);
        // SAFETY: the thread is attached, and lets no other run before this is dropped.
        Self { was_enabled: starts && unsafe { ffi::PyGC_Disable() } == 1 }
    }
}

impl Drop for NoCollection {
    fn drop(&mut self) {
        if self.was_enabled {
            // SAFETY: the thread is attached: it has been since `new`.
            unsafe { ffi::PyGC_Enable() };
        }
    }
}
