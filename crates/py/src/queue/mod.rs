//! `queue.Queue`, `LifoQueue` and `PriorityQueue`.
//!
//! A queue is in one of two states:
//!
//! * **native**: the engine's queue holds the items; the fast path, and where most queues stay.
//! * **open**: the items are in a Python object, `queue`, under a Python lock, `mutex`, with Python
//!   conditions (`open.rs`), exactly as the standard library has them.
//!
//! A queue opens, for good, when the program reaches for one of those attributes, when its class overrides
//! how items are stored, and when two items of a `PriorityQueue` have to be compared by their own code: Python code
//! then runs, or may run, with the queue's lock held, and that lock must be one the program can see.

mod callers;
mod class;
mod heap;
mod immediate;
mod items;
mod open;
mod simple;
mod variants;

use ironthread::queue::{Guarding, Order, Queue};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::PyType;

pub(crate) use callers::{
    queue_call_next, queue_enlist, queue_is_done, queue_leave, queue_withdraw,
};
pub(crate) use class::PyQueue;
pub(crate) use simple::PySimpleQueue;
pub(crate) use variants::{PyLifoQueue, PyPriorityQueue};

use crate::collector::visit_each;

/// `types.GenericAlias(class, item)`.
pub(crate) fn generic_alias<'py>(
    cls: &Bound<'py, PyType>,
    item: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    cls.py().import("types")?.getattr("GenericAlias")?.call1((cls, item))
}

/// Shows the collector the items. A queue that is in use at this moment is no garbage.
fn visit_items<O: Order<Item = Py<PyAny>>, G: Guarding>(
    queue: &Queue<O, G>,
    visit: &PyVisit<'_>,
) -> Result<(), PyTraverseError> {
    visit_each(visit, |each| queue.try_visit(each))
}
