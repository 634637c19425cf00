//! The room that stores keep for items to come, and give back.
//!
//! A store takes room by doubling what it has. What it took in a burst it gives back by halves, each time three
//! quarters are empty: an item that leaves pays for less than one that is moved. The standard library's queues give
//! theirs back, too, by `list_resize`, the blocks of `deque` and the ring buffer of `SimpleQueue`.

use std::collections::{BinaryHeap, VecDeque};

/// Room for so many items is kept: as many as a block of `collections.deque` has.
const KEPT: usize = 64;

/// A store that keeps room for items to come.
pub trait Room {
    /// How many items are stored.
    fn used(&self) -> usize;

    /// For how many there is room.
    fn room(&self) -> usize;

    /// Gives back all room but that for so many items, and for those that are stored.
    fn keep(&mut self, room: usize);

    /// Whether three quarters of the room are empty, and it is more than is always kept.
    #[inline]
    fn has_spare_room(&self) -> bool {
        self.room() > KEPT && self.used() < self.room() / 4
    }

    /// Gives back half of the room, if it is spare: to be called when an item has left.
    fn give_back(&mut self) {
        if self.has_spare_room() {
            self.keep(self.room() / 2);
        }
    }
}

macro_rules! room_of {
    ($($store:ident),+) => {$(
        impl<T> Room for $store<T> {
            #[inline]
            fn used(&self) -> usize {
                self.len()
            }

            #[inline]
            fn room(&self) -> usize {
                self.capacity()
            }

            fn keep(&mut self, room: usize) {
                self.shrink_to(room);
            }
        }
    )+};
}

room_of!(VecDeque, Vec, BinaryHeap);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_is_given_back_as_items_leave_and_no_item_with_it() {
        let mut store: VecDeque<_> = (0..100_000).collect();
        // Where it is laid around the end of its room.
        store.rotate_left(70_000);
        let most = store.room();
        let mut moved = 0;
        for item in (70_000..100_000).chain(0..70_000) {
            assert_eq!(store.pop_front(), Some(item));
            let room = store.room();
            store.give_back();
            moved += if store.room() < room { store.used() } else { 0 };
            assert!(store.room() <= KEPT || store.used() >= store.room() / 4 - 1);
        }
        assert!((1..=KEPT).contains(&store.room()), "{} of {most}", store.room());
        assert!(moved < 100_000, "{moved} items were moved");
    }

    #[test]
    fn a_store_that_is_filled_and_emptied_a_little_keeps_its_room() {
        let mut store = Vec::with_capacity(KEPT);
        for _ in 0..3 {
            store.extend(0..KEPT);
            while store.pop().is_some() {
                store.give_back();
            }
        }
        assert_eq!(store.room(), KEPT);
    }
}
