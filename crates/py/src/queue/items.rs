//! The items of a native queue, and the orders in which they leave.

use std::collections::VecDeque;

use ironthread::queue::Order;
use pyo3::prelude::*;

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
}

impl Items {
    /// No items, to leave in the order of the flavor.
    pub(super) fn new(flavor: Flavor) -> Self {
        match flavor {
            Flavor::Lifo => Self::Lifo(Vec::new()),
            // A priority queue compares items, is therefore always open, and has none here.
            Flavor::Fifo | Flavor::Priority => Self::Fifo(VecDeque::new()),
        }
    }
}

impl Order for Items {
    type Item = Py<PyAny>;

    fn len(&self) -> usize {
        match self {
            Self::Fifo(items) => items.len(),
            Self::Lifo(items) => items.len(),
        }
    }

    fn push(&mut self, item: Py<PyAny>) {
        match self {
            Self::Fifo(items) => items.push_back(item),
            Self::Lifo(items) => items.push(item),
        }
    }

    fn pop(&mut self) -> Option<Py<PyAny>> {
        match self {
            Self::Fifo(items) => items.pop_front(),
            Self::Lifo(items) => items.pop(),
        }
    }

    fn iter(&self) -> impl Iterator<Item = &Py<PyAny>> {
        // One of the two is empty.
        let (fifo, lifo) = match self {
            Self::Fifo(items) => (Some(items), None),
            Self::Lifo(items) => (None, Some(items)),
        };
        fifo.into_iter().flatten().chain(lifo.into_iter().flatten())
    }
}
