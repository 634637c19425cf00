//! A heap in a Python list, whose comparisons may raise or run any code.

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use super::{compare, parent, place_of_last, place_of_new};
use crate::program;

/// Adds an item.
pub(in crate::queue) fn push(heap: &Bound<'_, PyList>, item: &Bound<'_, PyAny>) -> PyResult<()> {
    let size = heap.len();
    let place = place_of_new(size, |place| is_less(item, &item_at(heap, place)?))?;
    unchanged(heap, size)?;
    heap.append(item)?;
    let mut hole = size;
    while hole > place {
        heap.set_item(hole, heap.get_item(parent(hole))?)?;
        hole = parent(hole);
    }
    heap.set_item(place, item)
}

/// Takes out the least item; the heap is not empty.
pub(in crate::queue) fn pop<'py>(heap: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>> {
    let size = heap.len();
    // Of an empty list this asks for item 0: the list's own IndexError.
    let end = heap.get_item(size.saturating_sub(1))?;
    if size == 1 {
        heap.del_item(0)?;
        return Ok(end);
    }
    let place = place_of_last(
        size,
        |left, right| is_less(&item_at(heap, left)?, &item_at(heap, right)?),
        |place| is_less(&end, &item_at(heap, place)?),
    )?;
    unchanged(heap, size)?;
    if !heap.get_item(size - 1)?.is(&end) {
        return Err(changed());
    }
    heap.del_item(size - 1)?;
    // The last item pushes those above it up, and the least out. Runs no other code: each is held when it is replaced.
    let (mut hole, mut moving) = (place, end);
    loop {
        let above = heap.get_item(hole)?;
        heap.set_item(hole, moving)?;
        if hole == 0 {
            return Ok(above);
        }
        (hole, moving) = (parent(hole), above);
    }
}

fn is_less(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> PyResult<bool> {
    match compare::is_less(left.as_borrowed(), right.as_borrowed()) {
        Ok(less) => Ok(less),
        Err(compare::Undecided) => program::is_less(left, right),
    }
}

/// The item at a place that there was when the plan began.
fn item_at<'py>(heap: &Bound<'py, PyList>, place: usize) -> PyResult<Bound<'py, PyAny>> {
    heap.get_item(place).map_err(|_| changed())
}

fn unchanged(heap: &Bound<'_, PyList>, size: usize) -> PyResult<()> {
    if heap.len() == size {
        return Ok(());
    }
    Err(changed())
}

fn changed() -> PyErr {
    PyRuntimeError::new_err("the queue's list was changed by a comparison of its items")
}
