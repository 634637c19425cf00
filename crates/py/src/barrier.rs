//! `threading.Barrier`.

use ironthread::error::BarrierError;
use ironthread::sync::Barrier;
use ironthread::wait::Kind;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PySuper, PyTuple, PyType};

use crate::convert::wait_deadline;
use crate::errors::Failure;
use crate::given::Given;
use crate::initialized::Initialized;
use crate::{origin, program, represent};

/// What `__init__` is given.
struct Made {
    barrier: Barrier,
    action: Option<Py<PyAny>>,
    /// The time limit of a wait that has none of its own, in seconds.
    timeout: Option<f64>,
}

/// A barrier: threads wait until all of a fixed number have come.
///
/// Follows https://docs.python.org/3/library/threading.html#barrier-objects.
#[pyclass(frozen, subclass, dict, weakref, name = "Barrier", module = "threading")]
pub(crate) struct PyBarrier {
    made: Given<Made>,
    initialized: Initialized,
}

impl PyBarrier {
    /// A barrier made by the line of the program that runs now.
    pub(crate) fn made_here(py: Python<'_>, parties: usize) -> Self {
        let barrier = Barrier::made_at(parties, origin::here(py, Kind::Barrier));
        let made = Given::at_once(Made { barrier, action: None, timeout: None });
        Self { made, initialized: Initialized::YES }
    }

    fn made(&self) -> PyResult<&Made> {
        self.made.get().ok_or_else(|| Failure::NotInitialized("Barrier").into())
    }
}

#[pymethods]
impl PyBarrier {
    /// Arguments are for `__init__`, a subclass's perhaps.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(parties, action=None, timeout=None)")]
    fn new(_args: &Bound<'_, PyTuple>, _kwargs: Option<&Bound<'_, PyDict>>) -> Self {
        Self { made: Given::nothing(), initialized: Initialized::YES }
    }

    #[pyo3(signature = (parties, action=None, timeout=None))]
    fn __init__(
        &self,
        py: Python<'_>,
        parties: isize,
        action: Option<Py<PyAny>>,
        timeout: Option<f64>,
    ) -> PyResult<()> {
        let parties = usize::try_from(parties).ok().filter(|&parties| parties > 0);
        let parties = parties.ok_or(Failure::BarrierParties)?;
        let barrier = Barrier::made_at(parties, origin::here(py, Kind::Barrier));
        self.made.give(Made { barrier, action, timeout });
        Ok(())
    }

    /// A subclass that keeps the barrier's state elsewhere (multiprocessing's, in shared memory) gets
    /// the algorithm over its own state.
    #[classmethod]
    #[pyo3(signature = (**kwargs))]
    fn __init_subclass__(
        cls: &Bound<'_, PyType>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<()> {
        let py = cls.py();
        let next = PySuper::new(&py.get_type::<Self>(), cls)?;
        next.call_method("__init_subclass__", (), kwargs)?;
        py.import("ironthread._barrier")?.call_method1("adapt", (cls,)).map(drop)
    }

    /// Wait for the other threads, at most timeout seconds (None: the barrier's own limit).
    ///
    /// Return the thread's place among them, from 0 to parties - 1. The last to come calls the action
    /// before any is let go. BrokenBarrierError is raised when the barrier is or becomes broken, is reset
    /// meanwhile, or when the time is up, which breaks it; OverflowError for a timeout above
    /// threading.TIMEOUT_MAX.
    #[pyo3(signature = (timeout=None))]
    fn wait(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<usize> {
        let made = self.made()?;
        let deadline = wait_deadline(timeout.or(made.timeout))?;
        let action = || match &made.action {
            Some(action) if program::is_true(action.bind(py))? => {
                program::call(action.bind(py), &[]).map(drop)
            }
            _ => Ok(()),
        };
        made.barrier.wait(deadline, action).map_err(|error| match error {
            BarrierError::Broken => Failure::BrokenBarrier.into(),
            BarrierError::Interrupted => Failure::Interrupted.into(),
            BarrierError::Action(error) => error,
        })
    }

    /// Make the barrier as new; threads that wait get BrokenBarrierError.
    fn reset(&self) -> PyResult<()> {
        Ok(self.made()?.barrier.reset().map_err(Failure::from)?)
    }

    /// Break the barrier: threads that wait, or come, get BrokenBarrierError.
    fn abort(&self) -> PyResult<()> {
        Ok(self.made()?.barrier.abort().map_err(Failure::from)?)
    }

    /// How many threads the barrier is for.
    #[getter]
    fn parties(&self) -> PyResult<usize> {
        Ok(self.made()?.barrier.parties())
    }

    /// How many threads wait now.
    #[getter]
    fn n_waiting(&self) -> PyResult<usize> {
        Ok(self.made()?.barrier.waiting())
    }

    /// Whether the barrier is broken.
    #[getter]
    fn broken(&self) -> PyResult<bool> {
        Ok(self.made()?.barrier.is_broken())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let barrier = &slf.get().made()?.barrier;
        let state = if barrier.is_broken() {
            "broken".to_owned()
        } else {
            format!("waiters={}/{}", barrier.waiting(), barrier.parties())
        };
        represent::primitive(slf.as_any(), &state)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if !self.initialized.is_true() {
            return Ok(());
        }
        visit.call(self.made.get().and_then(|made| made.action.as_ref()))
    }
}
