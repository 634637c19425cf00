//! The event: setting it wakes everybody who waits, and nobody who comes after it was cleared.

use ironthread::sync::Event;
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::thread;

use crate::{Guarded, join, soon};

/// An event and what is written before it is set.
#[derive(Default)]
struct Shared {
    event: Event,
    written: Guarded,
}

fn start_waiting(shared: &Arc<Shared>, deadline: Deadline) -> thread::JoinHandle<bool> {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let set = shared.event.wait(deadline).unwrap();
        assert!(!set || shared.written.get() == 1);
        set
    })
}

#[test]
fn setting_wakes_everybody_and_shows_what_came_before() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let waiters = [(); 2].map(|()| start_waiting(&shared, Deadline::NEVER));
        shared.written.set(1);
        shared.event.set();
        for waiter in waiters {
            assert!(join(waiter));
        }
    });
}

#[test]
fn a_time_limit_racing_with_a_set_spoils_nothing() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let hasty = start_waiting(&shared, soon());
        let patient = start_waiting(&shared, Deadline::NEVER);
        shared.written.set(1);
        shared.event.set();
        assert!(join(patient));
        join(hasty);
        assert!(shared.event.is_set());
    });
}

#[test]
fn two_threads_may_set_it_at_once() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        shared.written.set(1);
        let waiter = start_waiting(&shared, Deadline::NEVER);
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.event.set()
        });
        shared.event.set();
        assert!(join(waiter));
        join(other);
    });
}

#[test]
fn clearing_does_not_touch_who_waits() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        shared.written.set(1);
        let waiter = start_waiting(&shared, Deadline::NEVER);
        let clearer = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.event.clear()
        });
        join(clearer);
        shared.event.set();
        assert!(join(waiter));
    });
}

#[test]
fn one_set_ends_no_wait_that_began_after_it_was_cleared() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        // Leaves the bit for waiters behind, as a wait does whose time is up.
        assert!(!shared.event.wait(soon()).unwrap());
        let setter = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.event.set()
        });
        if shared.event.is_set() {
            shared.event.clear();
            assert!(!shared.event.wait(soon()).unwrap());
        }
        join(setter);
    });
}
