//! Python's arguments as the engine's: truth values, names and time limits.

use std::time::Duration;

use ironthread::wait::Deadline;
use pyo3::exceptions::{PyOverflowError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyDict, PyString, PyTuple};

use crate::errors::Failure;
use crate::program;

/// `threading.TIMEOUT_MAX` on every platform with 64-bit times, in seconds: 2⁶³ − 1 ns, rounded down.
const TIMEOUT_MAX: f64 = 9_223_372_036.0;

/// Any object, by its truth.
#[derive(Clone, Copy)]
pub(crate) struct Truth(pub(crate) bool);

impl<'py> FromPyObject<'_, 'py> for Truth {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        program::is_true(&object).map(Self)
    }
}

/// A number that is no truth value.
#[derive(Clone, Copy)]
pub(crate) struct Number(pub(crate) f64);

/// A whole number of things, which is no truth value either.
#[derive(Clone, Copy)]
pub(crate) struct Count(pub(crate) u32);

impl<'py> FromPyObject<'_, 'py> for Number {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        refuse_truth(&object, "a number")?;
        object.extract().map(Self)
    }
}

impl<'py> FromPyObject<'_, 'py> for Count {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        refuse_truth(&object, "an integer")?;
        let number: i64 = object.extract()?;
        // What is below zero is as senseless as zero, and refused as that.
        u32::try_from(number.max(0)).map(Self).map_err(|_| {
            PyOverflowError::new_err(format!("{number} is too many (at most 2**32 - 1)"))
        })
    }
}

fn refuse_truth(object: &Bound<'_, PyAny>, wanted: &str) -> PyResult<()> {
    if object.is_instance_of::<PyBool>() {
        return Err(PyTypeError::new_err(format!("must be {wanted}, not bool")));
    }
    Ok(())
}

/// A name for people to read. What no encoding has (lone surrogates, from a file's name) is replaced: a
/// thread must not fail to begin for its name.
pub(crate) struct Name(pub(crate) String);

impl<'py> FromPyObject<'_, 'py> for Name {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        Ok(Self(object.cast::<PyString>()?.to_string_lossy().into_owned()))
    }
}

/// Whether a call has any arguments at all.
pub(crate) fn any_given(args: &Bound<'_, PyTuple>, kwargs: Option<&Bound<'_, PyDict>>) -> bool {
    !args.is_empty() || kwargs.is_some_and(|kwargs| !kwargs.is_empty())
}

/// The arguments of `Lock.acquire`: −1 is no limit, and only a blocking call may have one.
pub(crate) fn lock_deadline(blocking: bool, seconds: f64) -> PyResult<Deadline> {
    check_range(seconds)?;
    #[expect(clippy::float_cmp, reason = "the default is this very value")]
    let unlimited = seconds == -1.0;
    match (blocking, unlimited) {
        (true, true) => Ok(Deadline::NEVER),
        (true, false) if seconds < 0.0 => Err(PyValueError::new_err(
            "timeout value must be a non-negative number (or -1: no limit)",
        )),
        (true, false) => limited(seconds),
        (false, true) => Ok(Deadline::PAST),
        (false, false) => {
            Err(PyValueError::new_err("can't specify a timeout for a non-blocking call"))
        }
    }
}

/// The argument of a `wait`: `None` is no limit, and what is below zero has passed.
pub(crate) fn wait_deadline(seconds: Option<f64>) -> PyResult<Deadline> {
    match seconds {
        None => Ok(Deadline::NEVER),
        Some(seconds) if seconds <= 0.0 => Ok(Deadline::PAST),
        Some(seconds) => limited(seconds),
    }
}

/// The arguments of a queue's `get` and `put`: without `block` the limit does not count.
pub(crate) fn queue_deadline(
    block: bool,
    timeout: Option<&Bound<'_, PyAny>>,
) -> PyResult<Deadline> {
    if !block {
        return Ok(Deadline::PAST);
    }
    let Some(timeout) = timeout else { return Ok(Deadline::NEVER) };
    let seconds: f64 = timeout.extract()?;
    if seconds < 0.0 {
        return Err(Failure::NegativeTimeout.into());
    }
    wait_deadline(Some(seconds))
}

/// The arguments of `SimpleQueue.get`, which looks at the range of a limit before its sign.
pub(crate) fn simple_queue_deadline(
    block: bool,
    timeout: Option<&Bound<'_, PyAny>>,
) -> PyResult<Deadline> {
    if let Some(timeout) = timeout.filter(|_| block) {
        check_range(timeout.extract()?)?;
    }
    queue_deadline(block, timeout)
}

/// Whether a number of seconds fits the clock at all.
fn check_range(seconds: f64) -> PyResult<()> {
    if seconds.is_nan() {
        return Err(PyValueError::new_err("Invalid value NaN (not a number)"));
    }
    if seconds.abs() > TIMEOUT_MAX {
        return Err(PyOverflowError::new_err(
            "timeout value is too large (at most threading.TIMEOUT_MAX seconds)",
        ));
    }
    Ok(())
}

fn limited(seconds: f64) -> PyResult<Deadline> {
    check_range(seconds)?;
    Ok(Deadline::after(Duration::from_secs_f64(seconds)))
}
