//! `queue.LifoQueue` and `queue.PriorityQueue`: the queue in other orders.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use super::class::PyQueue;
use super::items::Flavor;

/// A queue whose items leave last in, first out.
///
/// Follows https://docs.python.org/3/library/queue.html#queue.LifoQueue.
#[pyclass(frozen, extends = PyQueue, subclass, name = "LifoQueue", module = "queue")]
pub(crate) struct PyLifoQueue;

#[pymethods]
impl PyLifoQueue {
    /// Arguments are for `__init__`, a subclass's perhaps.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(maxsize=0)")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(PyQueue::made_here(py, Flavor::Lifo, 0)).add_subclass(Self)
    }
}

/// A queue whose lowest item leaves first, by the items' own `<`.
///
/// A comparison that raises leaves the queue as it was. Items are typically tuples (priority, data).
/// Follows https://docs.python.org/3/library/queue.html#queue.PriorityQueue.
#[pyclass(frozen, extends = PyQueue, subclass, name = "PriorityQueue", module = "queue")]
pub(crate) struct PyPriorityQueue;

#[pymethods]
impl PyPriorityQueue {
    /// Arguments are for `__init__`, a subclass's perhaps.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(maxsize=0)")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyClassInitializer<Self> {
        PyClassInitializer::from(PyQueue::made_here(py, Flavor::Priority, 0)).add_subclass(Self)
    }
}
