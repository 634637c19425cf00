//! A call that a pool is to make, and the future of its outcome.

use pyo3::exceptions::PyBaseException;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::future::{Outcome, PyFuture};
use crate::meter::PyPoolTask;
use crate::{names, program};

/// A call, and the future of its outcome. To be given up by [`discard`](Self::discard).
pub(crate) struct Job {
    future: Py<PyFuture>,
    function: Py<PyAny>,
    arguments: Py<PyTuple>,
    keywords: Option<Py<PyDict>>,
    /// What is told of the call, in a pool that is watched.
    task: Option<Py<PyPoolTask>>,
}

impl Job {
    /// A call without keywords, of which nothing is told.
    pub(crate) fn new(future: Py<PyFuture>, function: Py<PyAny>, arguments: Py<PyTuple>) -> Self {
        Self { future, function, arguments, keywords: None, task: None }
    }

    pub(crate) fn with(self, keywords: Option<Py<PyDict>>, task: Option<Py<PyPoolTask>>) -> Self {
        Self { keywords, task, ..self }
    }

    /// Makes the call, unless it was cancelled. If the worker `is_idle_next`, it counts as such before those who are woken by
    /// the outcome can submit another call: no second worker is started for that.
    pub(crate) fn run(&self, py: Python<'_>, is_idle_next: impl FnOnce() -> bool) -> PyResult<()> {
        let future = self.future.bind(py);
        if !PyFuture::start_here(future)? {
            return Ok(());
        }
        if let Some(task) = &self.task {
            task.get().begin(true);
        }
        let outcome = self.call(py);
        // Told before the outcome is there: who waits for that finds it counted.
        if let Some(task) = &self.task {
            task.get().end(outcome.is_err(), true);
        }
        let outcome = match outcome {
            Ok(result) => Outcome::of_result(result.unbind()),
            Err(error) => Outcome::of_exception(py, value_of(py, error)),
        };
        PyFuture::finish(future, outcome, is_idle_next())
    }

    fn call<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let (function, arguments) = (self.function.bind(py), self.arguments.bind(py));
        match &self.keywords {
            None => program::call_all(function, arguments),
            Some(keywords) => program::call_with(function, arguments, Some(keywords.bind(py))),
        }
    }

    /// Nobody will make the call: its future is cancelled, or gets the error.
    pub(crate) fn abandon(
        &self,
        py: Python<'_>,
        error: Option<Bound<'_, PyBaseException>>,
    ) -> PyResult<()> {
        let future = self.future.bind(py);
        match error {
            // Who waits for all futures is told now.
            None if PyFuture::cancel(future)? => PyFuture::start_here(future).map(drop),
            Some(error) if PyFuture::start_here(future)? => {
                PyFuture::set_exception(future, error.into_any().unbind())
            }
            None | Some(_) => Ok(()),
        }
    }

    /// Lets go of everything; finalizers may run.
    pub(crate) fn discard(self, py: Python<'_>) {
        let Self { future, function, arguments, keywords, task } = self;
        program::discard(py, [function, arguments.into_any()]);
        program::discard(py, keywords.map(Py::into_any));
        program::discard(py, task.map(Py::into_any));
        program::discard(py, [future.into_any()]);
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.future)?;
        visit.call(&self.function)?;
        visit.call(&self.arguments)?;
        visit.call(&self.keywords)
    }
}

/// The exception of a call: with the worker's frame in its traceback, as a pool written in Python has it there.
#[cold]
fn value_of(py: Python<'_>, error: PyErr) -> Py<PyAny> {
    program::raised_here(py, error).into_value(py).into_any()
}

/// What a pool's queue gives to who takes from it.
pub(crate) enum Work {
    /// Look whether you should end.
    Look,
    Job(Job),
    /// Somebody else's, with a method `run`.
    Other(Py<PyAny>),
}

impl Work {
    /// Does it, as a worker that is idle after that if `is_idle_next` says so at its end. Returns whether the worker is to
    /// look whether it should end.
    pub(crate) fn make(
        self,
        py: Python<'_>,
        is_idle_next: impl FnOnce() -> bool,
    ) -> PyResult<bool> {
        match self {
            Self::Look => Ok(true),
            Self::Job(job) => {
                let made = job.run(py, is_idle_next);
                job.discard(py);
                made.map(|()| false)
            }
            Self::Other(other) => {
                let run = program::call_method(other.bind(py), names::run(py), &[]);
                program::discard(py, [other]);
                let nothing = run?;
                program::discard(py, [nothing.unbind()]);
                Ok(false)
            }
        }
    }

    /// As Python has it: None says "look".
    pub(crate) fn into_python(self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        match self {
            Self::Look => Ok(py.None()),
            Self::Job(job) => Ok(Py::new(py, PyJob(job))?.into_any()),
            Self::Other(other) => Ok(other),
        }
    }

    pub(crate) fn discard(self, py: Python<'_>) {
        match self {
            Self::Look => {}
            Self::Job(job) => job.discard(py),
            Self::Other(other) => program::discard(py, [other]),
        }
    }

    pub(crate) fn traverse(&self, visit: &PyVisit<'_>) -> Result<(), PyTraverseError> {
        match self {
            Self::Look => Ok(()),
            Self::Job(job) => job.traverse(visit),
            Self::Other(other) => visit.call(other),
        }
    }
}

/// A call that was taken out of a pool's queue, and the future of its outcome.
#[pyclass(frozen, name = "PoolJob", module = "ironthread._core")]
pub(crate) struct PyJob(Job);

#[pymethods]
impl PyJob {
    /// Make the call, unless it was cancelled.
    fn run(&self, py: Python<'_>) -> PyResult<()> {
        self.0.run(py, || false)
    }

    /// Have nobody make the call: its future is cancelled, or gets the error.
    #[pyo3(signature = (error=None))]
    fn abandon(&self, py: Python<'_>, error: Option<Bound<'_, PyBaseException>>) -> PyResult<()> {
        self.0.abandon(py, error)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        self.0.traverse(&visit)
    }
}
