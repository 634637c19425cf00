//! Deadlocks as Python sees them: what is done about them, the exception, and what tells of those that last.
//!
//! The engine finds them ([`ironthread::observe::deadlock`]); `ironthread._deadlock` puts them into words, because
//! the stacks of the threads are the interpreter's to tell.

use std::sync::OnceLock;

use ironthread::error::Deadlock;
use ironthread::observe::deadlock::policy::{self, set_mode, tell_all_asleep};
use ironthread::observe::deadlock::{Link, Mode, Nature, Workers};
use ironthread::observe::origin::Line;
use ironthread::thread::ThreadId;
use ironthread::wait::clock;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString};

use crate::order::held_rows;
use crate::program;
use crate::watch::seconds;

const MODES: [(Mode, &str); 3] =
    [(Mode::Off, "off"), (Mode::Report, "report"), (Mode::Raise, "raise")];

/// What `ironthread._deadlock` gave: fetched early, for there are no imports in the middle of a wait.
struct Words {
    /// Makes the exception of a deadlock.
    error: Py<PyAny>,
    /// Tells of a deadlock that lasts.
    tell: Py<PyAny>,
}

static WORDS: OnceLock<Words> = OnceLock::new();

/// Set what makes the exception of a deadlock, and what tells of one that lasts. The first call counts.
#[pyfunction]
pub(crate) fn deadlock_words(error: Py<PyAny>, tell: Py<PyAny>) {
    let _ = WORDS.set(Words { error, tell });
}

/// Set what is done about deadlocks: "off", "report" or "raise"; return what was done before.
#[pyfunction]
pub(crate) fn set_deadlock_mode(mode: &str) -> PyResult<&'static str> {
    match MODES.iter().find(|(_, name)| *name == mode) {
        Some(&(mode, _)) => Ok(name_of(set_mode(mode))),
        None => Err(PyValueError::new_err(format!(
            "no way to deal with deadlocks: {mode:?}; there are \"raise\", \"report\" and \"off\""
        ))),
    }
}

/// Return what is done about deadlocks, and whether it is told when all threads are asleep.
#[pyfunction]
pub(crate) fn deadlock_mode() -> (&'static str, bool) {
    (name_of(policy::mode()), policy::tells_all_asleep())
}

/// Set whether it is told when all threads wait without a time limit; return whether it was before.
#[pyfunction]
pub(crate) fn set_tell_all_asleep(tell: bool) -> bool {
    tell_all_asleep(tell)
}

/// Note that the calling thread only waits for the end of others from now on, or that it goes on.
#[pyfunction]
pub(crate) fn thread_is_over(is_over: bool) {
    ironthread::observe::deadlock::thread_is_over(is_over);
}

/// The threads of a pool that begin its calls: when all of them wait for calls that none has begun, they are told so.
#[pyclass(frozen, name = "PoolWorkers", module = "ironthread._core")]
pub(crate) struct PyPoolWorkers(Workers);

impl PyPoolWorkers {
    /// Those who will begin the pool's calls.
    pub(crate) fn all(&self) -> &Workers {
        &self.0
    }
}

#[pymethods]
impl PyPoolWorkers {
    /// Make it for a pool of at most limit threads.
    #[new]
    fn new(limit: usize) -> Self {
        Self(Workers::new(limit))
    }

    /// Note that the calling thread is one of them, until it ends.
    fn join(&self) {
        self.0.join();
    }
}

fn name_of(mode: Mode) -> &'static str {
    MODES.iter().find(|(known, _)| *known == mode).map_or("", |(_, name)| name)
}

/// The exception of a deadlock that ends a wait.
pub(crate) fn error(deadlock: &Deadlock) -> PyErr {
    Python::attach(|py| {
        let made = described(py, deadlock).and_then(|rows| match WORDS.get() {
            Some(words) => program::call(words.error.bind(py), &[rows.as_any()]),
            None => Err(PyRuntimeError::new_err(deadlock.to_string())),
        });
        made.map_or_else(|failed| failed, PyErr::from_value)
    })
}

/// Tells of a deadlock that lasts. What goes wrong there is shown as what finalizers raise.
pub(crate) fn tell(py: Python<'_>, deadlock: &Deadlock) {
    let Some(words) = WORDS.get() else { return };
    let tell = words.tell.bind(py);
    let told = described(py, deadlock).and_then(|rows| program::call(tell, &[rows.as_any()]));
    if let Err(error) = told {
        error.write_unraisable(py, Some(tell));
    }
}

fn described<'py>(py: Python<'py>, deadlock: &Deadlock) -> PyResult<Bound<'py, PyDict>> {
    let nature = match deadlock.nature() {
        Nature::Certain => "certain",
        Nature::Likely => "likely",
        Nature::AllAsleep => "all asleep",
    };
    let links = PyList::empty(py);
    for link in deadlock.links() {
        links.append(row(py, link)?)?;
    }
    let described = PyDict::new(py);
    described.set_item("nature", PyString::new(py, nature))?;
    described.set_item("links", links)?;
    Ok(described)
}

fn row<'py>(py: Python<'py>, link: &Link) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("id", link.thread.get())?;
    row.set_item("ident", link.ident)?;
    row.set_item("name", link.name.as_deref())?;
    row.set_item("kind", link.kind.name())?;
    let place = link.origin.as_ref().map(|Line { file, number }| (file.to_string(), *number));
    row.set_item("origin", place)?;
    row.set_item("seconds", seconds(clock::now().saturating_sub(link.since)))?;
    row.set_item("owner", link.owner.map(ThreadId::get))?;
    row.set_item("address", link.address())?;
    row.set_item("held", held_rows(py, link.thread)?)?;
    row.set_item("unbegun", link.unbegun)?;
    row.set_item("orphaned", link.orphaned)?;
    Ok(row)
}
