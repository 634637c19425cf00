//! A lock of the standard library's that a thread may take again while it holds it.
//!
//! What the interpreter runs in the middle of a thread's code (a finalizer, a signal's handler) may want a lock that
//! this thread holds, and would wait for ever. Between the moment the lock is taken and the moment its taker is noted
//! no such code can run: both are in one C function, and nothing in between asks the interpreter for anything.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use ironthread::thread::ThreadId;
use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;

use crate::program;

/// Makes any lock reentrant for those who take it by this, in a `with` statement.
///
/// | `holder` | `depth` | who writes |
/// |---|---|---|
/// | 0 | 0 | nobody took it by this; who has taken the lock notes itself and 1 |
/// | a thread's number | 1 or more | that thread alone; it notes 0 and 0 before it releases the lock |
///
/// Both words are relaxed: a thread finds its own number only where it wrote it itself, and `depth` is written by the
/// lock's holder alone.
#[pyclass(frozen, name = "Reentrant", module = "ironthread._core")]
pub(crate) struct PyReentrant {
    acquire: Py<PyAny>,
    release: Py<PyAny>,
    holder: AtomicU32,
    depth: AtomicU32,
}

#[pymethods]
impl PyReentrant {
    /// Make it for the lock that these two acquire and release.
    #[new]
    fn new(acquire: Py<PyAny>, release: Py<PyAny>) -> Self {
        Self { acquire, release, holder: AtomicU32::new(0), depth: AtomicU32::new(0) }
    }

    /// Return whether the calling thread is in such a statement.
    fn is_mine(&self) -> bool {
        self.holder.load(Relaxed) == ThreadId::current().get()
    }

    fn __enter__(&self, py: Python<'_>) -> PyResult<()> {
        let me = ThreadId::current().get();
        if self.holder.load(Relaxed) != me {
            program::call(self.acquire.bind(py), &[])?;
            self.holder.store(me, Relaxed);
        }
        self.depth.store(self.depth.load(Relaxed) + 1, Relaxed);
        Ok(())
    }

    #[pyo3(signature = (_type=None, _value=None, _traceback=None, /))]
    fn __exit__(
        &self,
        py: Python<'_>,
        _type: Option<&Bound<'_, PyAny>>,
        _value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        if !self.is_mine() {
            return Err(PyRuntimeError::new_err("another thread holds this lock, or none"));
        }
        let left = self.depth.load(Relaxed) - 1;
        self.depth.store(left, Relaxed);
        if left == 0 {
            self.holder.store(0, Relaxed);
            program::call(self.release.bind(py), &[])?;
        }
        Ok(())
    }
}
