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
//! **Threads that wait are called besides**, by the queue: a caller comes when its event loop gets to it,
//! and an item should not lie about meanwhile. Threads come sooner and would win every time; so who was
//! called and found nothing joins the front of the line and *claims* the next thing: the queue calls no
//! thread for that one ([`Queue::put_for`](super::Queue::put_for)). Whoever finds a claim and then nobody
//! in the line, and every caller who passes a call on, calls a thread as well.

use std::collections::VecDeque;

use super::room::Room;
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
    /// A bit a side: whether somebody stands in its line; and another, whether the first of them claims
    /// the next thing. Changed under the lock of the lines only.
    word: AtomicUsize,
    lines: Mutex<[VecDeque<(Place, C)>; 3]>,
}

impl<C> Default for Callers<C> {
    fn default() -> Self {
        let lines = [VecDeque::new(), VecDeque::new(), VecDeque::new()];
        Self { word: AtomicUsize::new(0), lines: Mutex::new(lines) }
    }
}

impl<C> Callers<C> {
    /// Whether somebody stands in the line.
    #[inline]
    pub fn any(&self, side: Side) -> bool {
        // Relaxed: see the argument above.
        self.word.load(Ordering::Relaxed) & waits(side) != 0
    }

    /// Whether the first in the line was called before and found nothing.
    pub fn claims(&self, side: Side) -> bool {
        // Relaxed: a claim that is missed, or gone, is no harm (see above).
        self.word.load(Ordering::Relaxed) & claims(side) != 0
    }

    /// Joins the line: at the front, who was called and found nothing.
    pub fn enlist(&self, side: Side, caller: C, place: Place) {
        self.in_line(side, |line| match place {
            Place::Front => line.push_front((place, caller)),
            Place::Back => line.push_back((place, caller)),
        });
    }

    /// Leaves the line. `None` when nobody in it is the one: it has been called.
    pub fn withdraw(&self, side: Side, is_it: impl Fn(&C) -> bool) -> Option<C> {
        let found = self.in_line(side, |line| {
            line.iter().position(|(_, caller)| is_it(caller)).and_then(|at| line.remove(at))
        });
        found.map(|(_, caller)| caller)
    }

    /// Takes the first out of the line, who is to be called.
    #[must_use = "whoever is taken out of the line is to be called"]
    pub fn next(&self, side: Side) -> Option<C> {
        if !self.any(side) {
            return None;
        }
        self.in_line(side, VecDeque::pop_front).map(|(_, caller)| caller)
    }

    /// Takes everybody out of the line: all are to be called.
    #[must_use = "whoever is taken out of the line is to be called"]
    pub fn all(&self, side: Side) -> impl Iterator<Item = C> + use<C> {
        let line =
            if self.any(side) { self.in_line(side, std::mem::take) } else { VecDeque::new() };
        line.into_iter().map(|(_, caller)| caller)
    }

    /// Calls `visit` on everybody, under the lock; `false`, without a visit, when the lines are in use.
    pub fn try_visit(&self, mut visit: impl FnMut(&C)) -> bool {
        let Ok(lines) = self.lines.try_lock() else { return false };
        lines.iter().flatten().for_each(|(_, caller)| visit(caller));
        true
    }

    fn in_line<R>(&self, side: Side, step: impl FnOnce(&mut VecDeque<(Place, C)>) -> R) -> R {
        let mut lines = facade::lock(&self.lines);
        let line = &mut lines[side as usize];
        let result = step(line);
        line.give_back();
        let own = match line.front() {
            None => 0,
            Some((Place::Back, _)) => waits(side),
            Some((Place::Front, _)) => waits(side) | claims(side),
        };
        let others = self.word.load(Ordering::Relaxed) & !(waits(side) | claims(side));
        self.word.store(others | own, Ordering::Relaxed);
        result
    }
}

const fn waits(side: Side) -> usize {
    1 << side as usize
}

const fn claims(side: Side) -> usize {
    waits(side) << 3
}
