//! A queue whose order cannot always be told.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::thread::scope;

use common::{long, start_waiting};
use ironthread::error::{GetError, PutError};
use ironthread::queue::{Order, Queue};
use ironthread::wait::{Deadline, Kind};

/// First come, last served; an odd number has no place among others, and of three none is next.
#[derive(Default)]
struct Even(Vec<u64>);

impl Order for Even {
    type Item = u64;

    fn len(&self) -> usize {
        self.0.len()
    }

    fn push(&mut self, item: u64) -> Result<(), u64> {
        if !self.0.is_empty() && item % 2 == 1 {
            return Err(item);
        }
        self.0.push(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<u64> {
        if self.0.len() > 2 { None } else { self.0.pop() }
    }

    fn drain(&mut self) -> Vec<u64> {
        std::mem::take(&mut self.0)
    }

    fn iter(&self) -> impl Iterator<Item = &u64> {
        self.0.iter()
    }
}

fn filled(maxsize: isize, items: &[u64]) -> Queue<Even> {
    let queue = Queue::new(maxsize);
    for &item in items {
        queue.put(item, Deadline::PAST).unwrap();
    }
    queue
}

#[test]
fn an_item_without_a_place_comes_back() {
    let queue = filled(0, &[2]);
    assert_eq!(queue.put(3, Deadline::NEVER), Err(PutError::Undecided(3)));
    assert_eq!(queue.try_put(3, || true), Err(3));
    assert_eq!((queue.len(), queue.unfinished()), (1, 1));
    assert_eq!(queue.get(Deadline::PAST), Ok(2));
    assert_eq!(queue.put(3, Deadline::PAST), Ok(()));
}

#[test]
fn where_the_next_cannot_be_told_nothing_is_taken_and_nobody_waits() {
    let queue = filled(0, &[2, 4, 6]);
    assert_eq!(queue.get(Deadline::NEVER), Err(GetError::Undecided));
    assert_eq!(queue.try_get(|| true), None);
    assert_eq!(queue.len(), 3);
    // Shut down, too: what is inside comes first.
    queue.shut_down(false);
    assert_eq!(queue.get(Deadline::NEVER), Err(GetError::Undecided));
}

#[test]
fn what_cannot_be_told_is_handed_over_all_the_same() {
    assert_eq!(filled(0, &[2, 4, 6]).close().items, [2, 4, 6]);
    assert_eq!(filled(0, &[2, 4, 6]).shut_down(true), [2, 4, 6]);
}

#[test]
fn a_putter_that_waited_gets_its_item_back() {
    let queue = filled(2, &[2, 4]);
    scope(|scope| {
        let putter = start_waiting(scope, Kind::QueuePut, || queue.put(3, long()));
        assert_eq!(queue.get(Deadline::PAST), Ok(4));
        assert_eq!(putter.join(), Err(PutError::Undecided(3)));
    });
}
