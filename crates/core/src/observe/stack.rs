//! The program's stacks of threads that wait, noted before they sleep.
//!
//! Who asks where a thread is blocked may not be able to ask the interpreter: a deadlocked program lets
//! it go, but one whose C call keeps it does not. So the thread itself asks its host, which it has at that
//! moment, and leaves the answer in its record. That costs more than the wait-for graph, and is done only
//! while somebody may ask (see `serve/`). Off, it costs one relaxed load for each wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::registry;
use crate::wait::host::host;

/// A stack is noted to this depth, counted from the innermost frame.
pub const DEPTH: usize = 64;

/// A call that has not returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The function, as the host names it.
    pub function: String,
    /// The file of its source.
    pub file: String,
    /// The line it is at, counted from 1; 0 where there is none.
    pub line: u32,
}

/// The calls of a thread that have not returned, innermost first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// At most [`DEPTH`] of them.
    pub frames: Vec<Frame>,
    /// Whether there are more outside of these.
    pub is_cut: bool,
}

// Relaxed: a wait that begins around the switch may be noted or not.
static ON: AtomicBool = AtomicBool::new(false);

/// Whether stacks are noted.
#[inline]
#[must_use]
pub fn is_noted() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Has stacks noted from now on, or no more.
pub fn set_noted(on: bool) {
    ON.store(on, Ordering::Relaxed);
}

/// The calling thread's stack stands in its record until this is dropped.
pub(crate) struct Noted {
    /// What stood there: a signal handler waits while it interrupts a wait.
    outer: Option<Arc<Stack>>,
}

/// Notes the calling thread's stack, if stacks are noted. No lock of the engine may be held.
#[inline]
pub(crate) fn note() -> Option<Noted> {
    if is_noted() { note_now() } else { None }
}

#[cold]
fn note_now() -> Option<Noted> {
    let stack = Arc::new(host().stack()?);
    Some(Noted { outer: registry::set_stack(Some(stack)) })
}

impl Drop for Noted {
    fn drop(&mut self) {
        registry::set_stack(self.outer.take());
    }
}
