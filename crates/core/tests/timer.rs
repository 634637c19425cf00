//! The agenda: items come when they are due, and a thread serves while there are any.

#![cfg(not(loom))]

mod common;

use std::thread::scope;
use std::time::Duration;

use common::{soon, start_waiting};
use ironthread::timer::Agenda;
use ironthread::wait::{Deadline, Kind};

/// A moment that a test does not live to see.
fn far() -> Deadline {
    Deadline::after(Duration::from_secs(3600))
}

#[test]
fn what_is_due_comes_in_the_order_of_its_moments_and_then_of_its_numbers() {
    let agenda = Agenda::new();
    assert!(agenda.add(soon(), "third").unserved);
    assert!(!agenda.add(Deadline::PAST, "first").unserved);
    assert!(!agenda.add(Deadline::PAST, "second").unserved);
    assert_eq!(agenda.next(), Some(vec!["first", "second"]));
    assert_eq!(agenda.next(), Some(vec!["third"]));
    assert_eq!(agenda.next(), None);
    assert!(agenda.add(Deadline::PAST, "later").unserved);
}

#[test]
fn what_was_taken_off_does_not_come() {
    let agenda = Agenda::new();
    let [first, second] = [1, 2].map(|item| agenda.add(Deadline::PAST, item).key);
    assert_eq!((agenda.remove(first), agenda.remove(first)), (Some(1), None));
    assert_eq!(agenda.len(), 1);
    assert_eq!(agenda.next(), Some(vec![2]));
    assert_eq!(agenda.remove(second), None);
    assert!(agenda.is_empty());
}

#[test]
fn an_earlier_item_cuts_the_sleep_short() {
    let agenda = Agenda::new();
    let late = agenda.add(far(), "late").key;
    scope(|scope| {
        let next = start_waiting(scope, Kind::Timer, || agenda.next());
        let _ = agenda.add(Deadline::PAST, "early");
        assert_eq!(next.join(), Some(vec!["early"]));
    });
    assert_eq!(agenda.remove(late), Some("late"));
}

#[test]
fn taking_the_last_item_off_ends_the_sleep_and_the_service() {
    let agenda = Agenda::new();
    let keys = [1, 2].map(|item| agenda.add(far(), item).key);
    scope(|scope| {
        let next = start_waiting(scope, Kind::Timer, || agenda.next());
        assert_eq!(keys.map(|key| agenda.remove(key)), [Some(1), Some(2)]);
        assert_eq!(next.join(), None);
    });
    assert!(agenda.add(far(), 3).unserved);
}

#[test]
fn the_service_does_not_end_before_what_was_taken_off_has() {
    let agenda = Agenda::new();
    let key = agenda.add(far(), 1).key;
    scope(|scope| {
        let next = start_waiting(scope, Kind::Timer, || agenda.next());
        let ended = agenda.remove_with(key, |item| {
            assert!(agenda.is_empty());
            // It is called for another item, and serves on after that.
            assert!(!agenda.add(Deadline::PAST, 2).unserved);
            assert_eq!(next.join(), Some(vec![2]));
            let next = start_waiting(scope, Kind::Timer, || agenda.next());
            (item, next)
        });
        let Some((1, next)) = ended else { panic!("it was there") };
        assert_eq!(next.join(), None);
    });
    assert!(agenda.remove_with(key, |_| ()).is_none());
}

#[test]
fn a_thread_that_could_not_be_started_is_asked_for_again() {
    let agenda = Agenda::new();
    assert!(agenda.add(far(), 1).unserved);
    agenda.not_served();
    assert!(agenda.add(far(), 2).unserved);
    assert!(!agenda.add(far(), 3).unserved);
}

#[test]
fn ten_thousand_items_come_and_go() {
    let agenda = Agenda::new();
    let keys: Vec<_> = (0..10_000).map(|item| agenda.add(far(), item).key).collect();
    assert_eq!(agenda.len(), 10_000);
    let taken: Vec<_> = keys.into_iter().rev().filter_map(|key| agenda.remove(key)).collect();
    assert!(taken.into_iter().eq((0..10_000).rev()));
}
