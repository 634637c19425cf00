//! `queue.SimpleQueue`.

use ironthread::error::{GetError, PutError};
use ironthread::queue::{Fifo, Queue};
use ironthread::wait::{Deadline, Kind};
use pyo3::exceptions::PyTypeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use super::{generic_alias, visit_items};
use crate::attached::WhileAttached;
use crate::convert::{Truth, any_given, simple_queue_deadline};
use crate::errors::Failure;
use crate::{origin, program};

/// An unbounded queue, first in, first out, without tasks to count.
///
/// put() never waits, and may be called from a finalizer or a signal handler that interrupts another
/// call. Follows https://docs.python.org/3/library/queue.html#simplequeue-objects.
#[pyclass(frozen, subclass, weakref, name = "SimpleQueue", module = "_queue")]
pub(crate) struct PySimpleQueue {
    pub(crate) queue: Queue<Fifo<Py<PyAny>>, WhileAttached>,
}

impl PySimpleQueue {
    pub(crate) fn made_here(py: Python<'_>) -> Self {
        Self { queue: Queue::guarded(Fifo::default(), 0, origin::here(py, Kind::QueueGet)) }
    }
}

#[pymethods]
impl PySimpleQueue {
    /// Arguments are for the `__init__` of subclasses.
    #[new]
    #[classmethod]
    #[pyo3(signature = (*args, **kwargs), text_signature = "()")]
    fn new(
        cls: &Bound<'_, PyType>,
        args: &Bound<'_, PyTuple>,
        kwargs: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let py = cls.py();
        if any_given(args, kwargs) && cls.is(py.get_type::<Self>()) {
            return Err(PyTypeError::new_err("SimpleQueue() takes no arguments"));
        }
        Ok(Self::made_here(py))
    }

    /// Put an item into the queue. The other arguments are there because Queue.put() has them.
    #[pyo3(signature = (item, block=None, timeout=None), text_signature = "($self, item, block=True, timeout=None)")]
    fn put(
        &self,
        item: Py<PyAny>,
        block: Option<&Bound<'_, PyAny>>,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let _ = (block, timeout);
        self.put_nowait(item)
    }

    /// Put an item into the queue.
    pub(crate) fn put_nowait(&self, item: Py<PyAny>) -> PyResult<()> {
        Ok(self.queue.put(item, Deadline::PAST).map_err(|error| match error {
            // First in, first out: that is always decided.
            PutError::Full(_) | PutError::Undecided(_) => Failure::QueueFull,
            PutError::ShutDown(_) => Failure::QueueShutDown,
            PutError::Interrupted(_) => Failure::Interrupted,
        })?)
    }

    /// Remove and return the next item.
    ///
    /// With block true, wait at most timeout seconds (None: without limit) for one; with block false, do
    /// not wait, and timeout does not count. Empty is raised when there was none, ValueError for a
    /// negative timeout.
    #[pyo3(signature = (block=Truth(true), timeout=None), text_signature = "($self, block=True, timeout=None)")]
    fn get(&self, block: Truth, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Py<PyAny>> {
        let deadline = simple_queue_deadline(block.0, timeout)?;
        Ok(self.queue.get(deadline).map_err(|error| match error {
            GetError::Empty | GetError::Undecided => Failure::QueueEmpty,
            GetError::ShutDown => Failure::QueueShutDown,
            GetError::Interrupted => Failure::Interrupted,
        })?)
    }

    /// Remove and return the next item without waiting; Empty is raised when there is none.
    fn get_nowait(&self) -> PyResult<Py<PyAny>> {
        self.get(Truth(false), None)
    }

    /// Return whether the queue is empty, at this moment.
    fn empty(&self) -> bool {
        self.queue.is_empty()
    }

    /// Return how many items are inside, at this moment.
    fn qsize(&self) -> usize {
        self.queue.len()
    }

    /// SimpleQueue[int] and the like, for annotations.
    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        generic_alias(cls, item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit_items(&self.queue, &visit)
    }

    fn __clear__(&self) {
        // Closing would be for good, and a finalizer may still use the queue: only the items go.
        Python::attach(|py| {
            program::discard(py, std::iter::from_fn(|| self.queue.get(Deadline::PAST).ok()));
        });
    }
}

impl Drop for PySimpleQueue {
    fn drop(&mut self) {
        // Nobody waits in what goes away. The items' finalizers may run.
        if !self.queue.is_empty() {
            let items = self.queue.close().items;
            Python::attach(|py| program::discard(py, items));
        }
    }
}
