//! Those who are called when a queue changes, because they must not sleep.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use common::start_waiting;
use ironthread::queue::{Callers, Fifo, Queue, Side};
use ironthread::wait::{Deadline, Kind, Place};
use std::thread::scope;

fn lined_up(names: &[(&'static str, Place)]) -> Callers<&'static str> {
    let callers = Callers::default();
    for &(name, place) in names {
        callers.enlist(Side::Getters, name, place);
    }
    callers
}

#[test]
fn they_are_called_in_the_order_they_came_and_the_beaten_first() {
    let callers = lined_up(&[("a", Place::Back), ("b", Place::Back), ("beaten", Place::Front)]);
    let order: Vec<_> = std::iter::from_fn(|| callers.next(Side::Getters)).collect();
    assert_eq!(order, ["beaten", "a", "b"]);
    assert!(!callers.any(Side::Getters));
}

#[test]
fn sides_have_lines_of_their_own() {
    let callers = lined_up(&[("a", Place::Front)]);
    for side in [Side::Putters, Side::Joiners] {
        assert!(!callers.any(side) && !callers.claims(side));
        assert_eq!(callers.next(side), None);
        assert_eq!(callers.all(side).count(), 0);
    }
    assert_eq!(callers.next(Side::Getters), Some("a"));
}

#[test]
fn only_the_first_claims_and_only_when_beaten() {
    let callers = lined_up(&[("a", Place::Back)]);
    assert!(callers.any(Side::Getters) && !callers.claims(Side::Getters));
    callers.enlist(Side::Getters, "beaten", Place::Front);
    assert!(callers.claims(Side::Getters));
    assert_eq!(callers.next(Side::Getters), Some("beaten"));
    assert!(callers.any(Side::Getters) && !callers.claims(Side::Getters));
}

#[test]
fn who_leaves_is_not_called_and_who_was_called_cannot_leave() {
    let callers = lined_up(&[("a", Place::Back), ("b", Place::Back)]);
    assert_eq!(callers.withdraw(Side::Getters, |name| *name == "a"), Some("a"));
    assert_eq!(callers.withdraw(Side::Getters, |name| *name == "a"), None);
    assert_eq!(callers.all(Side::Getters).collect::<Vec<_>>(), ["b"]);
    assert_eq!(callers.withdraw(Side::Getters, |name| *name == "b"), None);
}

#[test]
fn all_that_stand_in_line_can_be_visited() {
    let callers = lined_up(&[("a", Place::Back), ("b", Place::Back)]);
    let mut seen = Vec::new();
    assert!(callers.try_visit(|name| seen.push(*name)));
    assert_eq!(seen, ["a", "b"]);
}

#[test]
fn no_thread_is_called_for_an_item_that_is_spoken_for_until_it_is_given_up() {
    let queue = Queue::<Fifo<u32>>::new(0);
    scope(|scope| {
        let getter = start_waiting(scope, Kind::QueueGet, || queue.get(Deadline::NEVER));
        queue.put_for(1, Deadline::NEVER, || true).unwrap();
        assert_eq!(queue.len(), 1);
        queue.call_next(Kind::QueueGet);
        assert_eq!(getter.join(), Ok(1));
    });
}

#[test]
fn no_thread_is_called_for_a_slot_that_is_spoken_for_until_it_is_given_up() {
    let queue = Queue::<Fifo<u32>>::new(1);
    queue.put(1, Deadline::PAST).unwrap();
    scope(|scope| {
        let putter = start_waiting(scope, Kind::QueuePut, || queue.put(2, Deadline::NEVER));
        assert_eq!(queue.get_for(Deadline::NEVER, || true), Ok(1));
        assert!(queue.is_empty());
        queue.call_next(Kind::QueuePut);
        putter.join().unwrap();
    });
    assert_eq!(queue.get(Deadline::PAST), Ok(2));
}
