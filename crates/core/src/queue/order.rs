//! In which order items leave a queue.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};

use super::room::Room;

/// A store of items with an order of its own. Everything about waiting is the queue's.
pub trait Order {
    /// What is stored.
    type Item;

    /// How many items are stored.
    fn len(&self) -> usize;

    /// Whether nothing is stored.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stores an item.
    ///
    /// # Errors
    /// The item, where the store cannot tell its place; the store is as it was.
    fn push(&mut self, item: Self::Item) -> Result<(), Self::Item>;

    /// Takes out the item that is next; `None` when nothing is stored, or the store cannot tell which is, and is as
    /// it was.
    fn pop(&mut self) -> Option<Self::Item>;

    /// Takes out everything, in the order in which it would have left, unless the store promises another.
    fn drain(&mut self) -> Vec<Self::Item> {
        std::iter::from_fn(|| self.pop()).collect()
    }

    /// Whether there is room to be [given back](Self::give_back). Asked whenever an item has left; a store that keeps
    /// none for items to come has none.
    fn has_spare_room(&self) -> bool {
        false
    }

    /// Gives back room that is kept for items to come, if there is much of it (see [`Room`]).
    fn give_back(&mut self) {}

    /// Every stored item, in no promised order.
    fn iter(&self) -> impl Iterator<Item = &Self::Item>;
}

/// First in, first out.
pub struct Fifo<T>(VecDeque<T>);

/// Last in, first out.
pub struct Lifo<T>(Vec<T>);

/// Lowest first.
pub struct Priority<T>(BinaryHeap<Reverse<T>>);

impl<T> Default for Fifo<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Default for Lifo<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Default for Priority<T> {
    fn default() -> Self {
        Self(BinaryHeap::new())
    }
}

impl<T> Order for Fifo<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn push(&mut self, item: T) -> Result<(), T> {
        self.0.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop_front()
    }

    fn has_spare_room(&self) -> bool {
        self.0.has_spare_room()
    }

    fn give_back(&mut self) {
        self.0.give_back();
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T> Order for Lifo<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn push(&mut self, item: T) -> Result<(), T> {
        self.0.push(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop()
    }

    fn has_spare_room(&self) -> bool {
        self.0.has_spare_room()
    }

    fn give_back(&mut self) {
        self.0.give_back();
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }
}

impl<T: Ord> Order for Priority<T> {
    type Item = T;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn push(&mut self, item: T) -> Result<(), T> {
        self.0.push(Reverse(item));
        Ok(())
    }

    fn pop(&mut self) -> Option<T> {
        self.0.pop().map(|Reverse(item)| item)
    }

    fn has_spare_room(&self) -> bool {
        self.0.has_spare_room()
    }

    fn give_back(&mut self) {
        self.0.give_back();
    }

    fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter().map(|Reverse(item)| item)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaving<O: Order<Item = u32> + Default>() -> Vec<u32> {
        let mut order = O::default();
        for item in [3, 1, 2] {
            assert_eq!(order.push(item), Ok(()));
        }
        assert_eq!(order.iter().count(), 3);
        std::iter::from_fn(|| order.pop()).collect()
    }

    #[test]
    fn items_leave_in_the_order_of_the_store() {
        assert_eq!(leaving::<Fifo<u32>>(), [3, 1, 2]);
        assert_eq!(leaving::<Lifo<u32>>(), [2, 1, 3]);
        assert_eq!(leaving::<Priority<u32>>(), [1, 2, 3]);
    }
}
