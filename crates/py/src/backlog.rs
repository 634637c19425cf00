//! The calls that wait for a worker of a pool with options.

use std::sync::atomic::{AtomicBool, Ordering::AcqRel};

use ironthread::error::{GetError, ReserveError};
use ironthread::exec::Backlog;
use ironthread::exec::backlog::{Key, Reservation};
use ironthread::wait::{Deadline, Kind};
use pyo3::exceptions::PyRuntimeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;

use crate::collector::visit_each;
use crate::convert::wait_deadline;
use crate::errors::Failure;
use crate::rate::PyRateLimit;
use crate::{origin, program};

type Jobs = Backlog<Py<PyAny>>;

/// Jobs that wait for a worker: bounded, by priority, at a rate.
#[pyclass(frozen, name = "Backlog", module = "ironthread._core")]
pub(crate) struct PyBacklog(Jobs);

/// Names a job of a backlog.
#[pyclass(frozen, name = "BacklogKey", module = "ironthread._core")]
pub(crate) struct PyBacklogKey(Key);

/// A place in a backlog, which is given back unless a job is put.
///
/// An object: whatever interrupts the program between the reservation and its use, the place is not lost.
#[pyclass(frozen, name = "BacklogPlace", module = "ironthread._core")]
pub(crate) struct PyPlace {
    backlog: Py<PyBacklog>,
    /// Whether the place is this object's. Only the step to false is ever made, by whoever takes the place.
    held: AtomicBool,
}

impl PyPlace {
    /// The place, for the one who takes it.
    fn take(&self) -> Option<Reservation<'_, Py<PyAny>>> {
        self.held.swap(false, AcqRel).then(|| self.backlog.get().0.kept())
    }
}

#[pymethods]
impl PyPlace {
    /// Put a job here. Return its key.
    fn put(&self, priority: i64, job: Py<PyAny>) -> PyResult<PyBacklogKey> {
        match self.take() {
            Some(place) => Ok(PyBacklogKey(place.put(priority, job))),
            None => Err(PyRuntimeError::new_err("the place was used before")),
        }
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.backlog)
    }
}

impl Drop for PyPlace {
    fn drop(&mut self) {
        drop(self.take());
    }
}

#[pymethods]
impl PyBacklog {
    /// A backlog with so many places for calls that run or wait (None: no limit).
    #[new]
    #[pyo3(signature = (places=None, rate_limit=None))]
    fn new(py: Python<'_>, places: Option<usize>, rate_limit: Option<&PyRateLimit>) -> Self {
        let pace = rate_limit.map(PyRateLimit::pace);
        Self(Backlog::made_at(places, pace, origin::here(py, Kind::Work)))
    }

    /// Reserve a place, waiting at most so many seconds (None: without limit). None: there was none.
    ///
    /// ShutDown is raised when the backlog is closed.
    #[pyo3(signature = (timeout=None))]
    fn reserve(slf: &Bound<'_, Self>, timeout: Option<f64>) -> PyResult<Option<PyPlace>> {
        let deadline = wait_deadline(timeout)?;
        match slf.get().0.reserve(deadline) {
            Ok(place) => {
                place.keep();
                let held = AtomicBool::new(true);
                Ok(Some(PyPlace { backlog: slf.clone().unbind(), held }))
            }
            Err(ReserveError::Full) => Ok(None),
            Err(ReserveError::Closed) => Err(Failure::QueueShutDown.into()),
            Err(ReserveError::Interrupted) => Err(Failure::Interrupted.into()),
        }
    }

    /// Tell one worker to look whether it should end, when no job is left. Of the queue that the standard
    /// pool has this is the `put(None)`.
    #[pyo3(signature = (marker, /))]
    fn put(&self, marker: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        match marker {
            None => self.0.mark(),
            Some(_) => return Err(PyRuntimeError::new_err("jobs come in by submit() only")),
        }
        Ok(())
    }

    /// Remove and return the next job, or None for a marker, waiting for one as long as it takes.
    fn get(&self) -> PyResult<Option<Py<PyAny>>> {
        self.next(Deadline::NEVER)
    }

    /// The same without waiting; Empty is raised when there is none, or none may start yet.
    fn get_nowait(&self) -> PyResult<Option<Py<PyAny>>> {
        self.next(Deadline::PAST)
    }

    /// Note that a job that was got is done with.
    fn done(&self) {
        self.0.done();
    }

    /// Take back a job that no worker has; None when one has, or it was taken back before.
    fn remove(&self, key: &PyBacklogKey) -> Option<Py<PyAny>> {
        self.0.remove(key.0)
    }

    /// Take back all jobs that no worker has.
    fn drain(&self) -> Vec<Py<PyAny>> {
        self.0.drain()
    }

    /// Refuse all who wait for a place, or come for one.
    fn close(&self) {
        self.0.close();
    }

    /// Return how many jobs wait for a worker, at this moment.
    fn qsize(&self) -> usize {
        self.0.len()
    }

    /// Return whether none does, at this moment.
    fn empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Return how many jobs wait or run, at this moment.
    fn unfinished(&self) -> usize {
        self.0.unfinished()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit_each(&visit, |each| self.0.try_visit(each))
    }

    fn __clear__(&self) {
        let jobs = self.0.drain();
        Python::attach(|py| program::discard(py, jobs));
    }
}

impl PyBacklog {
    fn next(&self, deadline: Deadline) -> PyResult<Option<Py<PyAny>>> {
        Ok(self.0.get(deadline).map_err(|error| match error {
            GetError::Interrupted => Failure::Interrupted,
            _ => Failure::QueueEmpty,
        })?)
    }
}

impl Drop for PyBacklog {
    fn drop(&mut self) {
        // The jobs' finalizers may run.
        let jobs = self.0.drain();
        if !jobs.is_empty() {
            Python::attach(|py| program::discard(py, jobs));
        }
    }
}
