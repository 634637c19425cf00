//! `threading.Semaphore` and `threading.BoundedSemaphore`.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ironthread::error::ReleaseError;
use ironthread::sync::Semaphore;
use ironthread::wait::{Deadline, Kind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::convert::{Truth, wait_deadline};
use crate::errors::Failure;
use crate::{names, origin, program, represent};

/// A semaphore: at most value threads have acquired and not released it.
///
/// Follows https://docs.python.org/3/library/threading.html#semaphore-objects.
#[pyclass(frozen, subclass, dict, weakref, name = "Semaphore", module = "threading")]
pub(crate) struct PySemaphore {
    pub(crate) semaphore: Semaphore,
}

impl PySemaphore {
    /// A semaphore made by the line of the program that runs now.
    pub(crate) fn made_here(py: Python<'_>, value: u64) -> Self {
        Self { semaphore: Semaphore::made_at(value, origin::here(py, Kind::Semaphore)) }
    }

    /// Adds `count`, keeping below `bound`.
    fn add(&self, count: u64, bound: Option<u64>) -> PyResult<()> {
        Ok(self.semaphore.release(count, bound).map_err(|error| match error {
            ReleaseError::AboveBound => Failure::SemaphoreBound,
            ReleaseError::Overflow => Failure::SemaphoreOverflow,
        })?)
    }
}

/// The argument of a release.
fn release_count(n: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
    let Some(n) = n else { return Ok(1) };
    if n.lt(1)? { Err(Failure::ReleaseCount.into()) } else { count_of(n) }
}

/// A count that is known not to be negative.
fn count_of(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    let value: u64 = value.extract()?;
    if value > Semaphore::MAX { Err(Failure::SemaphoreOverflow.into()) } else { Ok(value) }
}

/// The value a semaphore is made with.
fn initial(value: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
    let Some(value) = value else { return Ok(1) };
    if value.lt(0)? { Err(Failure::SemaphoreNegative.into()) } else { count_of(value) }
}

#[pymethods]
impl PySemaphore {
    /// Arguments are for `__init__`, a subclass's perhaps.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(value=1)")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Self {
        Self::made_here(py, 1)
    }

    #[pyo3(signature = (value=None))]
    fn __init__(&self, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.semaphore.set_value(initial(value)?);
        Ok(())
    }

    /// Acquire the semaphore: take one from its value; return whether that was done.
    ///
    /// With blocking true, wait at most timeout seconds (None: without limit) for the value to be above
    /// zero. With blocking false, do not wait; a timeout then raises ValueError. A timeout above
    /// threading.TIMEOUT_MAX raises OverflowError.
    #[pyo3(signature = (blocking=Truth(true), timeout=None), text_signature = "($self, blocking=True, timeout=None)")]
    fn acquire(&self, blocking: Truth, timeout: Option<f64>) -> PyResult<bool> {
        if !blocking.0 && timeout.is_some() {
            return Err(PyValueError::new_err("can't specify timeout for non-blocking acquire"));
        }
        if self.semaphore.try_acquire() {
            return Ok(true);
        }
        let deadline = if blocking.0 { wait_deadline(timeout)? } else { Deadline::PAST };
        Ok(self.semaphore.acquire(deadline).map_err(Failure::from)?)
    }

    fn __enter__(&self) -> PyResult<bool> {
        Ok(self.semaphore.acquire(Deadline::NEVER).map_err(Failure::from)?)
    }

    /// Release the semaphore: add n to its value, and let up to n waiting threads in.
    ///
    /// ValueError is raised when n is below one.
    #[pyo3(signature = (n=None), text_signature = "($self, n=1)")]
    fn release(&self, n: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.add(release_count(n)?, None)
    }

    #[pyo3(signature = (_type=None, _value=None, _traceback=None, /))]
    fn __exit__(
        slf: &Bound<'_, Self>,
        _type: Option<&Bound<'_, PyAny>>,
        _value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        if slf.is_exact_instance_of::<Self>() {
            slf.get().add(1, None)
        } else {
            program::call_method(slf, names::release(slf.py()), &[]).map(drop)
        }
    }

    #[getter(_value)]
    fn value(&self) -> u64 {
        self.semaphore.value()
    }

    #[setter(_value)]
    fn set_value(&self, value: &Bound<'_, PyAny>) -> PyResult<()> {
        self.semaphore.set_value(initial(Some(value))?);
        Ok(())
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        represent::primitive(slf.as_any(), &format!("value={}", slf.get().value()))
    }
}

/// A semaphore that cannot be released more often than it was acquired.
///
/// Follows https://docs.python.org/3/library/threading.html#threading.BoundedSemaphore.
#[pyclass(frozen, extends = PySemaphore, subclass, name = "BoundedSemaphore", module = "threading")]
pub(crate) struct PyBoundedSemaphore {
    /// Written by `__init__`, before the object is shared.
    bound: AtomicU64,
}

impl PyBoundedSemaphore {
    /// A semaphore made by the line of the program that runs now.
    pub(crate) fn made_here(py: Python<'_>, value: u64) -> PyClassInitializer<Self> {
        PyClassInitializer::from(PySemaphore::made_here(py, value))
            .add_subclass(Self { bound: AtomicU64::new(value) })
    }

    /// Releases the semaphore once; `false`, with nothing done, where that is an error.
    #[inline]
    pub(crate) fn release_one(slf: &Bound<'_, Self>) -> bool {
        let bound = slf.get().initial_value();
        slf.as_super().get().semaphore.release(1, Some(bound)).is_ok()
    }
}

#[pymethods]
impl PyBoundedSemaphore {
    /// Arguments are for `__init__`, a subclass's perhaps.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(value=1)")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        Self::made_here(py, 1)
    }

    #[pyo3(signature = (value=None))]
    fn __init__(slf: &Bound<'_, Self>, value: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        let value = initial(value)?;
        slf.get().bound.store(value, Relaxed);
        slf.as_super().get().semaphore.set_value(value);
        Ok(())
    }

    /// Release the semaphore: add n to its value, and let up to n waiting threads in.
    ///
    /// ValueError is raised, and nothing done, when n is below one or the value would rise above the
    /// one that the semaphore was made with.
    #[pyo3(signature = (n=None), text_signature = "($self, n=1)")]
    fn release(slf: &Bound<'_, Self>, n: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        slf.as_super().get().add(release_count(n)?, Some(slf.get().initial_value()))
    }

    #[pyo3(signature = (_type=None, _value=None, _traceback=None, /))]
    fn __exit__(
        slf: &Bound<'_, Self>,
        _type: Option<&Bound<'_, PyAny>>,
        _value: Option<&Bound<'_, PyAny>>,
        _traceback: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        if slf.is_exact_instance_of::<Self>() {
            Self::release(slf, None)
        } else {
            program::call_method(slf, names::release(slf.py()), &[]).map(drop)
        }
    }

    #[getter(_initial_value)]
    fn initial_value(&self) -> u64 {
        self.bound.load(Relaxed)
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (value, bound) = (slf.as_super().get().value(), slf.get().initial_value());
        represent::primitive(slf.as_any(), &format!("value={value}/{bound}"))
    }
}
