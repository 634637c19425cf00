//! What the engine has to do with threads: their beginning, name and end, and what they wait for.
//!
//! A name may be no Unicode (it holds part of a file's name, perhaps): what is not is replaced.

#![allow(clippy::needless_pass_by_value, reason = "PyO3 hands over what it has extracted")]

use std::sync::Arc;
use std::thread;

use ironthread::observe::registry;
use ironthread::thread::{Life, os_name};
use ironthread::wait::{Kind, clock};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::convert::{Name, wait_deadline};
use crate::errors::Failure;
use crate::event::PyEvent;
use crate::origin;
use crate::program;
use crate::watch::{seconds, waiting_row};

/// The life of one thread, as those see it who wait for its end.
#[pyclass(frozen, name = "Life", module = "ironthread._core")]
pub(crate) struct PyLife {
    life: Arc<Life>,
}

#[pymethods]
impl PyLife {
    #[new]
    fn new(py: Python<'_>) -> Self {
        let life = Arc::new(Life::made_at(origin::here(py, Kind::ThreadJoin)));
        Self { life }
    }

    /// The calling thread lives this life, under this name, until the operating system's thread ends.
    ///
    /// shown says whether the operating system is to show that name.
    fn begin(&self, name: Name, shown: bool) {
        registry::set_name(&name.0);
        self.life.begin();
        if shown {
            os_name::set(&name.0);
        }
    }

    /// End a life whose thread never started, or does not exist in a forked child.
    pub(crate) fn end(&self) {
        self.life.end();
    }

    /// Return whether it is over.
    fn is_over(&self) -> bool {
        self.life.is_over()
    }

    /// Wait until it is over, at most timeout seconds (None: without limit). Return whether it is.
    #[pyo3(signature = (timeout=None))]
    fn join(&self, timeout: Option<f64>) -> PyResult<bool> {
        if self.life.is_over() {
            return Ok(true);
        }
        Ok(self.life.join(wait_deadline(timeout)?).map_err(Failure::from)?)
    }

    /// Look for a moment, where it is over, whether the system's thread is gone.
    fn look_until_gone(&self) {
        self.life.look_until_gone();
    }

    /// Give the thread that lives it another name.
    fn rename(&self, name: Name) {
        if let Some(id) = self.life.thread() {
            registry::rename(id, &name.0);
        }
    }
}

/// Return an event on which the starter of a thread waits for it to begin.
#[pyfunction]
pub(crate) fn start_event(py: Python<'_>) -> PyEvent {
    PyEvent::of_kind(py, Kind::ThreadStart)
}

/// How much stack the system gives to threads as a rule.
const STACK: usize = 8 << 20;

/// Start a thread of the operating system that calls `bootstrap()`, without asking the interpreter.
///
/// The stack has this size (0: the usual one). Return whether there is a thread. The interpreter must
/// not end before the thread has begun to run `bootstrap`.
#[pyfunction]
pub(crate) fn start_os_thread(bootstrap: Py<PyAny>, stack_size: usize) -> bool {
    let size = if stack_size == 0 { STACK } else { stack_size };
    let builder = thread::Builder::new().stack_size(size);
    builder.spawn(move || program::call_as_thread(bootstrap)).is_ok()
}

/// Give the calling thread a name, and with it a place in the engine's registry.
#[pyfunction]
pub(crate) fn thread_named(name: Name) {
    registry::set_name(&name.0);
}

/// Give the calling thread, which works for the engine, a name: it is left out of what is recorded.
#[pyfunction]
pub(crate) fn thread_helps(name: Name) {
    registry::set_helper(&name.0);
}

/// Show the calling thread under this name in the operating system, as far as it has room.
#[pyfunction]
pub(crate) fn name_os_thread(name: Name) {
    os_name::set(&name.0);
}

/// Note that the calling thread is done with its work, under this name.
#[pyfunction]
pub(crate) fn thread_ended(name: Name) {
    registry::announce_end(&name.0);
}

/// Return what the thread with this identifier waits for, or None: kind, origin, and seconds so far.
#[pyfunction]
pub(crate) fn thread_waiting(py: Python<'_>, ident: u64) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(waiting) = registry::waiting_of(ident) else { return Ok(None) };
    let row = waiting_row(py, waiting)?;
    row.set_item("since", seconds(clock::now().saturating_sub(waiting.since)))?;
    Ok(Some(row))
}
