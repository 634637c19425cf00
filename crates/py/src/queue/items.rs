//! The items of a native queue, and the orders in which they leave.

use std::collections::VecDeque;

use ironthread::queue::{Order, Room};
use pyo3::prelude::*;

use super::heap::native::Heap;

/// In which order items leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavor {
    Fifo,
    Lifo,
    Priority,
}

/// The items of a native queue.
pub(super) enum Items {
    Fifo(VecDeque<Py<PyAny>>),
    Lifo(Vec<Py<PyAny>>),
    Priority(Heap),
}

impl Items {
    /// No items, to leave in the order of the flavor.
    pub(super) fn new(flavor: Flavor) -> Self {
        match flavor {
            Flavor::Fifo => Self::Fifo(VecDeque::new()),
            Flavor::Lifo => Self::Lifo(Vec::new()),
            Flavor::Priority => Self::Priority(Heap::default()),
        }
    }
}

impl Order for Items {
    type Item = Py<PyAny>;

    #[inline]
    fn len(&self) -> usize {
        match self {
            Self::Fifo(items) => items.len(),
            Self::Lifo(items) => items.len(),
            Self::Priority(heap) => heap.len(),
        }
    }

    // (Out of line it is four registers saved and restored, in what is called most.)
    #[expect(clippy::inline_always, reason = "measured: a put and a get take 15 instructions less")]
    #[inline(always)]
    fn push(&mut self, item: Py<PyAny>) -> Result<(), Py<PyAny>> {
        match self {
            Self::Fifo(items) => items.push_back(item),
            Self::Lifo(items) => items.push(item),
            Self::Priority(heap) => return heap.push(item),
        }
        Ok(())
    }

    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    fn pop(&mut self) -> Option<Py<PyAny>> {
        match self {
            Self::Fifo(items) => items.pop_front(),
            Self::Lifo(items) => items.pop(),
            Self::Priority(heap) => heap.pop(),
        }
    }

    /// In the order in which the standard library's queue has them inside.
    fn drain(&mut self) -> Vec<Py<PyAny>> {
        match self {
            Self::Fifo(items) => std::mem::take(items).into(),
            Self::Lifo(items) => std::mem::take(items),
            Self::Priority(heap) => heap.drain(),
        }
    }

    #[inline]
    fn has_spare_room(&self) -> bool {
        match self {
            Self::Fifo(items) => items.has_spare_room(),
            Self::Lifo(items) => items.has_spare_room(),
            Self::Priority(heap) => heap.has_spare_room(),
        }
    }

    fn give_back(&mut self) {
        match self {
            Self::Fifo(items) => items.give_back(),
            Self::Lifo(items) => items.give_back(),
            Self::Priority(heap) => heap.give_back(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Py<PyAny>> {
        // Two of the three are empty.
        let (fifo, lifo, heap) = match self {
            Self::Fifo(items) => (Some(items), None, None),
            Self::Lifo(items) => (None, Some(items), None),
            Self::Priority(heap) => (None, None, Some(heap.iter())),
        };
        let (fifo, lifo) = (fifo.into_iter().flatten(), lifo.into_iter().flatten());
        fifo.chain(lifo).chain(heap.into_iter().flatten())
    }
}
