//! A heap whose items are compared without the interpreter, as long as that can be done.
//!
//! What most of a comparison looks at, a number, stands beside each item, so that a heap of many is
//! not looked for all over the memory.

use ironthread::queue::Room;
use pyo3::prelude::*;

use super::compare::{Key, Undecided};
use super::{parent, place_of_last, place_of_new};

struct Entry {
    key: Key,
    item: Py<PyAny>,
}

impl Entry {
    #[inline]
    fn is_less(&self, other: &Self) -> Result<bool, Undecided> {
        self.key.is_less(&other.key, &self.item, &other.item)
    }
}

/// The heap. It is changed, and compared, by attached threads only.
#[derive(Default)]
pub(in crate::queue) struct Heap(Vec<Entry>);

impl Heap {
    #[inline]
    pub(in crate::queue) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds an item. Where a comparison takes the interpreter it comes back.
    #[inline(never)]
    pub(in crate::queue) fn push(&mut self, item: Py<PyAny>) -> Result<(), Py<PyAny>> {
        let entries = &mut self.0;
        let size = entries.len();
        let entry = Entry { key: Key::of(&item), item };
        let Ok(place) = place_of_new(size, |place| entry.is_less(&entries[place])) else {
            return Err(entry.item);
        };
        entries.push(entry);
        let mut hole = size;
        while hole > place {
            entries.swap(hole, parent(hole));
            hole = parent(hole);
        }
        Ok(())
    }

    /// Takes out the least item; `None` also where a comparison takes the interpreter.
    #[inline(never)]
    pub(in crate::queue) fn pop(&mut self) -> Option<Py<PyAny>> {
        let entries = &mut self.0;
        let size = entries.len();
        if size <= 1 {
            return entries.pop().map(|entry| entry.item);
        }
        let last = &entries[size - 1];
        let planned = place_of_last(
            size,
            |left, right| entries[left].is_less(&entries[right]),
            |place| last.is_less(&entries[place]),
        );
        let mut hole = planned.ok()?;
        // The last item pushes those above it up, and the least out.
        let mut moving = entries.pop()?;
        loop {
            std::mem::swap(&mut entries[hole], &mut moving);
            if hole == 0 {
                return Some(moving.item);
            }
            hole = parent(hole);
        }
    }

    /// Takes out everything, in the order in which `heapq` would have it in a list.
    pub(in crate::queue) fn drain(&mut self) -> Vec<Py<PyAny>> {
        std::mem::take(&mut self.0).into_iter().map(|entry| entry.item).collect()
    }

    #[inline]
    pub(in crate::queue) fn has_spare_room(&self) -> bool {
        self.0.has_spare_room()
    }

    pub(in crate::queue) fn give_back(&mut self) {
        self.0.give_back();
    }

    pub(in crate::queue) fn iter(&self) -> impl Iterator<Item = &Py<PyAny>> {
        self.0.iter().map(|entry| &entry.item)
    }
}
