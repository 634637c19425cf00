//! Calling those who wait for a queue without sleeping: the tasks of event loops (`ironthread.aio`).
//!
//! A caller is any Python callable. It is called in the thread that changed the queue, with no lock held,
//! and returns whether the call reached anybody; if not (its loop is closed), the next is called instead.
//! The protocol is in the core's `queue/callers.rs`.

use std::cell::Cell;

use ironthread::queue::{Callers, Side};
use ironthread::wait::{Kind, Place};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::class::PyQueue;
use crate::program;

/// A signal handler may raise in the middle of a caller, which then may have been reached or not. It can
/// be called again without harm, but not for ever.
const TRIES: usize = 3;

/// The argument `side`.
#[derive(Clone, Copy)]
pub(crate) struct SideName(Side);

impl<'py> FromPyObject<'_, 'py> for SideName {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        match object.extract()? {
            "get" => Ok(Self(Side::Getters)),
            "put" => Ok(Self(Side::Putters)),
            "join" => Ok(Self(Side::Joiners)),
            _ => Err(PyValueError::new_err("side must be 'get', 'put' or 'join'")),
        }
    }
}

/// Have the caller called at the next change of one side of the queue: once. The queue has to be looked
/// at afterwards.
#[pyfunction]
pub(crate) fn queue_enlist(
    queue: &Bound<'_, PyQueue>,
    side: SideName,
    caller: Py<PyAny>,
    front: bool,
) {
    let place = if front { Place::Front } else { Place::Back };
    queue.get().callers.get_or_init(Box::default).enlist(side.0, caller, place);
}

/// Have the caller called no more. False when it has been called already, or was never enlisted.
#[pyfunction]
pub(crate) fn queue_withdraw(
    queue: &Bound<'_, PyQueue>,
    side: SideName,
    caller: &Bound<'_, PyAny>,
) -> bool {
    withdraw(queue, side.0, caller)
}

/// Have the caller called no more; if it has been called, another is instead. In one step: what interrupts the program
/// between two would leave the other asleep.
#[pyfunction]
pub(crate) fn queue_leave(
    queue: &Bound<'_, PyQueue>,
    side: SideName,
    caller: &Bound<'_, PyAny>,
) -> PyResult<()> {
    if withdraw(queue, side.0, caller) { Ok(()) } else { queue_call_next(queue, side) }
}

fn withdraw(queue: &Bound<'_, PyQueue>, side: Side, caller: &Bound<'_, PyAny>) -> bool {
    let Some(callers) = queue.get().callers.get() else { return false };
    let found = callers.withdraw(side, |other| other.is(caller));
    let withdrawn = found.is_some();
    program::discard(queue.py(), found);
    withdrawn
}

/// Call the next caller of one side, and the next thread: for a caller that was called and has not looked
/// at the queue since.
#[pyfunction]
pub(crate) fn queue_call_next(queue: &Bound<'_, PyQueue>, side: SideName) -> PyResult<()> {
    // No lock that the program can reach is taken here: it may be a finalizer that passes the call on.
    call_thread(queue, side.0);
    call_next(queue, side.0, false)
}

/// Return whether every task is done: the look of those who join.
#[pyfunction]
pub(crate) fn queue_is_done(queue: &Bound<'_, PyQueue>) -> PyResult<bool> {
    // In this order: a native queue that is being opened says none.
    let native = queue.get().native.unfinished();
    match queue.get().open.get() {
        Some(open) => Ok(open.unfinished_locked(queue.py())? == 0),
        None => Ok(native == 0),
    }
}

/// Whether a caller claims the thing that a change of the queue brings about; and that it was asked.
pub(super) struct Claim<'a, 'py> {
    queue: &'a Bound<'py, PyQueue>,
    side: Side,
    made: Cell<bool>,
}

impl<'a, 'py> Claim<'a, 'py> {
    pub(super) fn new(queue: &'a Bound<'py, PyQueue>, side: Side) -> Self {
        Self { queue, side, made: Cell::new(false) }
    }

    /// Asks. Whoever goes by it calls no thread.
    pub(super) fn is_made(&self) -> bool {
        let callers = self.queue.get().callers.get();
        self.made.set(callers.is_some_and(|callers| callers.claims(self.side)));
        self.made.get()
    }

    /// What the answer was.
    pub(super) fn was_made(&self) -> bool {
        self.made.get()
    }
}

/// One thing of a side is there: calls the next caller. `spoken_for` says that no thread was called for it.
#[inline]
pub(super) fn call_next(queue: &Bound<'_, PyQueue>, side: Side, spoken_for: bool) -> PyResult<()> {
    match queue.get().callers.get() {
        Some(callers) if spoken_for || callers.any(side) => {
            call_first_reached(queue, callers, side, spoken_for)
        }
        _ => Ok(()),
    }
}

/// Calls a thread that waits in the native queue. (In an open queue all are called, claims or no claims.)
fn call_thread(queue: &Bound<'_, PyQueue>, side: Side) {
    match side {
        Side::Getters => queue.get().native.call_next(Kind::QueueGet),
        Side::Putters => queue.get().native.call_next(Kind::QueuePut),
        Side::Joiners => {}
    }
}

/// Something has happened that all of a side have to look at.
pub(super) fn call_all(queue: &Bound<'_, PyQueue>, side: Side) -> PyResult<()> {
    let Some(callers) = queue.get().callers.get() else { return Ok(()) };
    let mut first = None;
    for caller in callers.all(side) {
        first = first.or(call(queue, callers, side, caller).raised);
    }
    first.map_or(Ok(()), Err)
}

#[cold]
fn call_first_reached(
    queue: &Bound<'_, PyQueue>,
    callers: &Callers<Py<PyAny>>,
    side: Side,
    spoken_for: bool,
) -> PyResult<()> {
    let mut first = None;
    let mut settled = false;
    while !settled && let Some(caller) = callers.next(side) {
        let answer = call(queue, callers, side, caller);
        first = first.or(answer.raised);
        settled = answer.settled;
    }
    if spoken_for && !settled {
        call_thread(queue, side);
    }
    first.map_or(Ok(()), Err)
}

/// What came of a call.
struct Answer {
    /// Whether there is nothing left to do: not when the next has to be called instead.
    settled: bool,
    /// What was raised meanwhile, by a signal handler or for want of stack; it is the program's affair.
    raised: Option<PyErr>,
}

/// Calls one. Whatever happens it is reached, or found to be gone, or stands in the line again.
fn call(
    queue: &Bound<'_, PyQueue>,
    callers: &Callers<Py<PyAny>>,
    side: Side,
    caller: Py<PyAny>,
) -> Answer {
    let py = queue.py();
    let mut raised = None;
    for _ in 0..TRIES {
        match program::call(caller.bind(py), &[]).and_then(|answer| program::is_true(&answer)) {
            Ok(settled) => {
                program::discard(py, Some(caller));
                return Answer { settled, raised };
            }
            Err(error) => raised = raised.or(Some(error)),
        }
    }
    // The next change calls it; what there is now is for a thread.
    callers.enlist(side, caller, Place::Front);
    call_thread(queue, side);
    Answer { settled: true, raised }
}
