//! A binary heap in a Python list, compatible with `heapq`, whose comparisons may raise or run any code.
//!
//! Each change is planned by comparisons alone and only then carried out, so that an exception leaves the
//! list as it was (`heapq` leaves the new item inside). The comparisons are those of `heapq`: an item
//! moves up past parents that it is less than; after a removal the hole moves down to a leaf along the
//! smaller children, and the last item then up from there (Knuth, TAOCP 3, 5.2.3, exercise 18).

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::PyList;

use crate::program;

/// The places between the root of a heap and a leaf: a list has fewer items than there are addresses.
struct Path {
    places: [usize; usize::BITS as usize],
    len: usize,
}

impl Path {
    fn new() -> Self {
        Self { places: [0; usize::BITS as usize], len: 0 }
    }

    fn push(&mut self, place: usize) {
        self.places[self.len] = place;
        self.len += 1;
    }

    fn places(&self) -> &[usize] {
        &self.places[..self.len]
    }
}

/// Adds an item.
pub(super) fn push(heap: &Bound<'_, PyList>, item: &Bound<'_, PyAny>) -> PyResult<()> {
    let size = heap.len();
    let path = path_up(heap, size, item, 0)?;
    unchanged(heap, size)?;
    heap.append(item)?;
    shift(heap, size, path.places(), item)
}

/// Takes out the least item; the heap is not empty.
pub(super) fn pop<'py>(heap: &Bound<'py, PyList>) -> PyResult<Bound<'py, PyAny>> {
    let size = heap.len();
    // Of an empty list this asks for item 0: the list's own IndexError.
    let end = heap.get_item(size.saturating_sub(1))?;
    if size == 1 {
        heap.del_item(0)?;
        return Ok(end);
    }
    let least = heap.get_item(0)?;
    // As if the last item were gone already: the hole at the root moves down ...
    let down = path_down(heap, size - 1)?;
    // ... to a leaf, and the last item moves up from there, past what has moved up by then.
    let down = down.places();
    let settled = settle(heap, down, &end)?;
    unchanged(heap, size)?;
    heap.del_item(size - 1)?;
    shift(heap, 0, &down[..settled], &end)?;
    Ok(least)
}

/// The parents, from the hole up, that `item` is less than.
fn path_up(
    heap: &Bound<'_, PyList>,
    mut hole: usize,
    item: &Bound<'_, PyAny>,
    root: usize,
) -> PyResult<Path> {
    let mut path = Path::new();
    while hole > root {
        let parent = (hole - 1) / 2;
        if !program::is_less(item, &heap.get_item(parent)?)? {
            break;
        }
        path.push(parent);
        hole = parent;
    }
    Ok(path)
}

/// The smaller children, from the root down to a leaf.
fn path_down(heap: &Bound<'_, PyList>, size: usize) -> PyResult<Path> {
    let mut path = Path::new();
    let mut child = 1;
    while child < size {
        let right = child + 1;
        if right < size && !program::is_less(&heap.get_item(child)?, &heap.get_item(right)?)? {
            child = right;
        }
        path.push(child);
        child = 2 * child + 1;
    }
    Ok(path)
}

/// How far down the path `item` belongs: below everything that it is not less than.
fn settle(heap: &Bound<'_, PyList>, path: &[usize], item: &Bound<'_, PyAny>) -> PyResult<usize> {
    let mut depth = path.len();
    while depth > 0 && program::is_less(item, &heap.get_item(path[depth - 1])?)? {
        depth -= 1;
    }
    Ok(depth)
}

/// Moves each item of the path into the hole before it, and `item` into the last hole. Runs no other code.
fn shift(
    heap: &Bound<'_, PyList>,
    mut hole: usize,
    path: &[usize],
    item: &Bound<'_, PyAny>,
) -> PyResult<()> {
    for &next in path {
        heap.set_item(hole, heap.get_item(next)?)?;
        hole = next;
    }
    heap.set_item(hole, item)
}

fn unchanged(heap: &Bound<'_, PyList>, size: usize) -> PyResult<()> {
    if heap.len() == size {
        return Ok(());
    }
    Err(PyRuntimeError::new_err("the queue's list was changed by a comparison of its items"))
}
