//! The event.

#![cfg(not(loom))]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;

use common::{Running, long, soon, start_waiting};
use ironthread::sync::Event;
use ironthread::wait::{Deadline, Kind};

#[test]
fn a_set_event_is_not_waited_for() {
    let event = Event::new();
    assert!(!event.is_set());
    event.set();
    event.set();
    assert!(event.is_set());
    assert_eq!(event.wait(Deadline::NEVER), Ok(true));
    assert_eq!(event.wait(Deadline::PAST), Ok(true));
}

#[test]
fn a_clear_event_is_waited_for_until_the_limit() {
    let event = Event::new();
    assert_eq!(event.wait(Deadline::PAST), Ok(false));
    assert_eq!(event.wait(soon()), Ok(false));
    event.set();
    event.clear();
    assert_eq!(event.wait(soon()), Ok(false));
    assert!(!event.is_set());
}

#[test]
fn setting_wakes_everybody_even_if_it_is_cleared_at_once() {
    let event = Event::new();
    scope(|scope| {
        let waiters = [(); 6].map(|()| start_waiting(scope, Kind::Event, || event.wait(long())));
        event.set();
        event.clear();
        assert_eq!(waiters.map(Running::join), [Ok(true); 6]);
    });
    assert_eq!(event.wait(Deadline::PAST), Ok(false));
}

#[test]
fn clearing_a_clear_event_wakes_and_loses_nobody() {
    let event = Event::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(long()));
        event.clear();
        assert!(!waiter.is_finished());
        event.set();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn two_events_and_a_counter_keep_two_threads_in_step() {
    let (first, second) = (Event::new(), Event::new());
    let count = AtomicUsize::new(0);
    let turn = |mine: &Event, other: &Event| {
        for _ in 0..1_000 {
            assert_eq!(mine.wait(Deadline::NEVER), Ok(true));
            mine.clear();
            count.store(count.load(Relaxed) + 1, Relaxed);
            other.set();
        }
    };
    scope(|scope| {
        scope.spawn(|| turn(&first, &second));
        scope.spawn(|| turn(&second, &first));
        first.set();
    });
    assert_eq!(count.into_inner(), 2_000);
}
