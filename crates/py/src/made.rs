//! What is made quickly (see `make.rs`), and of which arguments.

use std::sync::OnceLock;

use ironthread::sync::Semaphore;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::barrier::PyBarrier;
use crate::condition::PyCondition;
use crate::event::PyEvent;
use crate::lock::PyLock;
use crate::make::{Argument, Functions, Made, put};
use crate::queue::{PyQueue, PySimpleQueue};
use crate::rlock::PyRLock;
use crate::semaphore::{PyBoundedSemaphore, PySemaphore};

macro_rules! made {
    ($class:ty, |$py:ident, $argument:ident| $contents:expr) => {
        made!($class, |$py, $argument| $contents, {
            static FUNCTIONS: OnceLock<Functions> = OnceLock::new();
            Some(&FUNCTIONS)
        });
    };
    ($class:ty, |$py:ident, $argument:ident| $contents:expr, $functions:expr) => {
        impl Made for $class {
            #[inline]
            fn contents(
                $py: Python<'_>,
                $argument: Argument<'_, '_>,
            ) -> PyResult<Option<impl Into<PyClassInitializer<Self>>>> {
                $contents
            }

            fn functions() -> Option<&'static OnceLock<Functions>> {
                $functions
            }
        }
    };
}

made!(PyLock, |py, argument| Ok(argument.is_none().then(|| Self::made_here(py))), None);
made!(PyRLock, |py, argument| Ok(argument.is_none().then(|| Self::made_here(py))), None);
made!(PyQueue, |py, argument| Ok(maxsize(argument).map(|maxsize| Self::fifo(py, maxsize))));
made!(PySimpleQueue, |py, argument| Ok(argument.is_none().then(|| Self::made_here(py))));
made!(PyEvent, |py, argument| Ok(argument.is_none().then(|| Self::made_here(py))));
made!(PyCondition, |py, argument| Self::over(py, argument));
made!(PySemaphore, |py, argument| Ok(value(argument).map(|value| Self::made_here(py, value))));
made!(PyBoundedSemaphore, |py, argument| {
    Ok(value(argument).map(|value| Self::made_here(py, value)))
});
made!(PyBarrier, |py, argument| Ok(parties(argument).map(|parties| Self::made_here(py, parties))));

/// The maxsize of a queue, where it is a plain number that will do.
#[inline]
fn maxsize(argument: Argument<'_, '_>) -> Option<isize> {
    let Some(argument) = argument else { return Some(0) };
    argument.cast_exact::<PyInt>().ok()?.extract().ok()
}

/// The value of a semaphore, where it is a plain number that will do.
#[inline]
fn value(argument: Argument<'_, '_>) -> Option<u64> {
    let Some(argument) = argument else { return Some(1) };
    let value = argument.cast_exact::<PyInt>().ok()?.extract().ok()?;
    (value <= Semaphore::MAX).then_some(value)
}

/// The parties of a barrier, where they are a plain number that will do.
#[inline]
fn parties(argument: Argument<'_, '_>) -> Option<usize> {
    let parties: isize = argument?.cast_exact::<PyInt>().ok()?.extract().ok()?;
    usize::try_from(parties).ok().filter(|&parties| parties > 0)
}

/// Gives the classes their functions.
pub(crate) fn install(py: Python<'_>) {
    put::<PyLock>(py);
    put::<PyRLock>(py);
    put::<PyQueue>(py);
    put::<PySimpleQueue>(py);
    put::<PyEvent>(py);
    put::<PyCondition>(py);
    put::<PySemaphore>(py);
    put::<PyBoundedSemaphore>(py);
    put::<PyBarrier>(py);
}
