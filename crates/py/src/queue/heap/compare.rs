//! `left < right` without running the program's code, where the items' classes are known to have none.
//!
//! Exact numbers, `str` and `bytes`, and tuples of such, are compared as their classes compare them: no method can be
//! overridden, nothing is allocated that the collector tracks, and the interpreter is not let go. So it may be
//! done with a queue's internal lock held. For all else the answer is that it is undecided.
//!
//! The items of a heap are compared by a key that is read once. Numbers are immutable, and so is a tuple's first item.

#![allow(unsafe_code, reason = "whole numbers are read by a function that raises nothing")]

use std::cmp::Ordering;
use std::ffi::{c_int, c_longlong};

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyFloat, PyInt, PyString, PyTuple};

/// A comparison has to be made by the interpreter.
#[derive(Debug)]
pub(super) struct Undecided;

/// How deep tuples are looked into.
const NESTING: u8 = 8;

/// The number that decides most comparisons of an item.
#[derive(Clone, Copy)]
pub(super) enum Key {
    Whole(i64),
    Fraction(f64),
    /// Of a tuple, the first item.
    FirstWhole(i64),
    FirstFraction(f64),
    None,
}

impl Key {
    /// The item's key. The thread is attached.
    #[inline]
    pub(super) fn of(item: &Py<PyAny>) -> Self {
        let item = borrowed(item);
        if let Some(number) = whole(item) {
            return Self::Whole(number);
        }
        if let Some(number) = fraction(item) {
            return Self::Fraction(number);
        }
        let Ok(tuple) = item.cast_exact::<PyTuple>() else { return Self::None };
        let Ok(first) = tuple.get_borrowed_item(0) else { return Self::None };
        match (whole(first), fraction(first)) {
            (Some(number), _) => Self::FirstWhole(number),
            (None, Some(number)) => Self::FirstFraction(number),
            (None, None) => Self::None,
        }
    }

    /// Whether the item of this key is less than the item of the other. The thread is attached.
    #[inline]
    pub(super) fn is_less(
        &self,
        other: &Self,
        item: &Py<PyAny>,
        other_item: &Py<PyAny>,
    ) -> Result<bool, Undecided> {
        match (*self, *other) {
            (Self::Whole(left), Self::Whole(right)) => Ok(left < right),
            (Self::Fraction(left), Self::Fraction(right)) => Ok(left < right),
            // The first items that differ decide. (What is no number differs from itself, unless it is the same object.)
            (Self::FirstWhole(left), Self::FirstWhole(right)) if left != right => Ok(left < right),
            (Self::FirstFraction(left), Self::FirstFraction(right))
                if left.partial_cmp(&right).is_some_and(Ordering::is_ne) =>
            {
                Ok(left < right)
            }
            _ => is_less(borrowed(item), borrowed(other_item)),
        }
    }
}

/// What two objects are to each other.
#[derive(PartialEq, Eq)]
enum Relation {
    Less,
    Equal,
    Neither,
}

/// `left < right`.
#[inline(never)]
pub(super) fn is_less(
    left: Borrowed<'_, '_, PyAny>,
    right: Borrowed<'_, '_, PyAny>,
) -> Result<bool, Undecided> {
    relation(left, right, NESTING).map(|relation| relation == Relation::Less)
}

fn relation(
    left: Borrowed<'_, '_, PyAny>,
    right: Borrowed<'_, '_, PyAny>,
    nesting: u8,
) -> Result<Relation, Undecided> {
    if let (Some(left), Some(right)) = (whole(left), whole(right)) {
        return Ok(related(left < right, left == right));
    }
    if let (Some(left), Some(right)) = (fraction(left), fraction(right)) {
        return Ok(related(left < right, left <= right));
    }
    if let (Ok(left), Ok(right)) = (left.cast_exact::<PyTuple>(), right.cast_exact::<PyTuple>()) {
        return relation_of_tuples(left, right, nesting.checked_sub(1).ok_or(Undecided)?);
    }
    if !is_plain_pair(left, right) {
        return Err(Undecided);
    }
    // What these raise, for want of memory, the interpreter's own comparison will raise again.
    let less = left.lt(right).map_err(|_| Undecided)?;
    Ok(related(less, !less && left.eq(right).map_err(|_| Undecided)?))
}

fn related(less: bool, equal: bool) -> Relation {
    match (less, equal) {
        (true, _) => Relation::Less,
        (false, true) => Relation::Equal,
        (false, false) => Relation::Neither,
    }
}

/// As tuples compare: the first items decide that are neither the same object nor equal, and without such the lengths.
fn relation_of_tuples(
    left: Borrowed<'_, '_, PyTuple>,
    right: Borrowed<'_, '_, PyTuple>,
    nesting: u8,
) -> Result<Relation, Undecided> {
    for (left, right) in left.iter_borrowed().zip(right.iter_borrowed()) {
        if left.is(&*right) {
            continue;
        }
        let relation = relation(left, right, nesting)?;
        if relation != Relation::Equal {
            return Ok(relation);
        }
    }
    Ok(related(left.len() < right.len(), left.len() == right.len()))
}

/// Whether the classes' own comparisons are to be had without the program's code.
fn is_plain_pair(left: Borrowed<'_, '_, PyAny>, right: Borrowed<'_, '_, PyAny>) -> bool {
    (is_number(left) && is_number(right))
        || (left.is_exact_instance_of::<PyString>() && right.is_exact_instance_of::<PyString>())
        || (left.is_exact_instance_of::<PyBytes>() && right.is_exact_instance_of::<PyBytes>())
}

fn is_number(object: Borrowed<'_, '_, PyAny>) -> bool {
    is_integer(object) || object.is_exact_instance_of::<PyFloat>()
}

/// `bool` cannot be inherited from, and compares as whole numbers do.
#[inline]
fn is_integer(object: Borrowed<'_, '_, PyAny>) -> bool {
    object.is_exact_instance_of::<PyInt>() || object.is_exact_instance_of::<PyBool>()
}

#[inline]
fn fraction(object: Borrowed<'_, '_, PyAny>) -> Option<f64> {
    object.cast_exact::<PyFloat>().ok().map(|number| number.value())
}

/// The value of an integer that is not too large.
#[inline]
fn whole(object: Borrowed<'_, '_, PyAny>) -> Option<i64> {
    if !is_integer(object) {
        return None;
    }
    let mut overflow: c_int = 0;
    // SAFETY: the object is alive, and an integer: so nothing is raised, and no `__index__` called.
    let number: c_longlong =
        unsafe { ffi::PyLong_AsLongLongAndOverflow(object.as_ptr(), &raw mut overflow) };
    (overflow == 0).then_some(number)
}

/// The reference, for a thread that is attached.
#[inline]
fn borrowed(object: &Py<PyAny>) -> Borrowed<'_, '_, PyAny> {
    // SAFETY: the items of a queue are looked at by attached threads only (see `attached.rs`), and the token does not
    // outlive the reference that was lent.
    let py = unsafe { Python::assume_attached() };
    object.bind_borrowed(py)
}
