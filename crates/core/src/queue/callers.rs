//! Those who want to be called when a queue changes, because they must not sleep: the tasks of an event loop.
//!
//! They stand beside the queue, in lines of their own, whatever the queue is made of. A caller joins the
//! line *first* and looks at the queue *then*; whoever changes the queue changes it *first* and calls the
//! next of the line *then*.
//!
//! **No call is lost.** Both look at the queue under the queue's own lock. If the caller's look comes
//! before the change, then joining the line comes before the look, the look before the change, and the
//! change before [`next`](Callers::next), which therefore sees the line. If it comes after the change, it
//! sees what has changed. The queue's lock orders all this, so [`Callers::any`] may read its word relaxed.
//!
//! **A call is for one thing**: an item, a slot. While somebody stands in a line who has looked in vain,
//! there are never more things in the queue than callers on their way. So each who was called has to look
//! again, and to take one thing, or to find none, or else to call the next ([`Callers::next`]): who was
//! cancelled on the way, and who took a thing by its own look and was called all the same.
//!
//! Threads that wait are woken besides, by the queue: a caller comes when its event loop gets to it, and
//! an item must not lie about meanwhile. Who is beaten that way joins the front of the line.

use std::collections::VecDeque;

use crate::facade::{self, AtomicUsize, Mutex};
use crate::wait::Place;
use std::sync::atomic::Ordering;

/// What a caller waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// An item.
    Getters,
    /// A free slot.
    Putters,
    /// That every task is done.
    Joiners,
}

/// The lines of a queue. `C` is how one is called; it is called, and dropped, by the user of this type,
/// with no lock held.
pub struct Callers<C> {
    /// A bit a side: whether somebody stands in its line. Changed under the lock of the lines only.
    any: AtomicUsize,
    lines: Mutex<[VecDeque<C>; 3]>,
}

impl<C> Default for Callers<C> {
    fn default() -> Self {
        let lines = [VecDeque::new(), VecDeque::new(), VecDeque::new()];
        Self { any: AtomicUsize::new(0), lines: Mutex::new(lines) }
    }
}

impl<C> Callers<C> {
    /// Whether somebody stands in the line.
    #[inline]
    pub fn any(&self, side: Side) -> bool {
        // Relaxed: see the argument above.
        self.any.load(Ordering::Relaxed) & bit(side) != 0
    }

    /// Joins the line: at the front, who was called and found nothing.
    pub fn enlist(&self, side: Side, caller: C, place: Place) {
        self.in_line(side, |line| match place {
            Place::Front => line.push_front(caller),
            Place::Back => line.push_back(caller),
        });
    }

    /// Leaves the line. `None` when nobody in it is the one: it has been called.
    pub fn withdraw(&self, side: Side, is_it: impl Fn(&C) -> bool) -> Option<C> {
        self.in_line(side, |line| line.iter().position(is_it).and_then(|at| line.remove(at)))
    }

    /// Takes the first out of the line, who is to be called.
    #[must_use = "whoever is taken out of the line is to be called"]
    pub fn next(&self, side: Side) -> Option<C> {
        if !self.any(side) {
            return None;
        }
        self.in_line(side, VecDeque::pop_front)
    }

    /// Takes everybody out of the line: all are to be called.
    #[must_use = "whoever is taken out of the line is to be called"]
    pub fn all(&self, side: Side) -> VecDeque<C> {
        if !self.any(side) {
            return VecDeque::new();
        }
        self.in_line(side, std::mem::take)
    }

    /// Calls `visit` on everybody, under the lock; `false`, without a visit, when the lines are in use.
    pub fn try_visit(&self, mut visit: impl FnMut(&C)) -> bool {
        let Ok(lines) = self.lines.try_lock() else { return false };
        lines.iter().flatten().for_each(&mut visit);
        true
    }

    fn in_line<R>(&self, side: Side, step: impl FnOnce(&mut VecDeque<C>) -> R) -> R {
        let mut lines = facade::lock(&self.lines);
        let line = &mut lines[side as usize];
        let result = step(line);
        let others = self.any.load(Ordering::Relaxed) & !bit(side);
        let own = if line.is_empty() { 0 } else { bit(side) };
        self.any.store(others | own, Ordering::Relaxed);
        result
    }
}

const fn bit(side: Side) -> usize {
    1 << side as usize
}
