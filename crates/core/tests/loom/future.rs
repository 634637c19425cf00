//! The future: an end is missed by nobody, and its outcome is seen whole.

use ironthread::exec::Future;
use ironthread::exec::future::State;
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::thread;

use crate::{Guarded, join, soon};

#[derive(Default)]
struct Shared {
    future: Future<u32, u32>,
    written: Guarded,
}

fn start_waiting(shared: &Arc<Shared>, deadline: Deadline) -> thread::JoinHandle<State> {
    let shared = Arc::clone(shared);
    thread::spawn(move || {
        let state = shared.future.wait(deadline).unwrap();
        if state == State::Finished {
            assert_eq!((shared.future.outcome(), shared.written.get()), (Some(&7), 1));
        }
        state
    })
}

#[test]
fn an_end_wakes_everybody_and_shows_what_came_before() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let waiters = [(); 2].map(|()| start_waiting(&shared, Deadline::NEVER));
        shared.written.set(1);
        assert_eq!(shared.future.finish(7), Ok(vec![]));
        for waiter in waiters {
            assert_eq!(join(waiter), State::Finished);
        }
    });
}

#[test]
fn a_cancellation_and_a_begin_never_both_happen() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let waiter = start_waiting(&shared, soon());
        let canceller = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.future.cancel().0
        });
        let begun = shared.future.start().unwrap();
        if begun {
            shared.written.set(1);
            assert_eq!(shared.future.finish(7), Ok(vec![]));
        }
        assert_ne!(join(canceller), begun);
        join(waiter);
    });
}

#[test]
fn a_callback_that_races_with_the_end_is_called_once() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let adder = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.future.add_callback(1).is_err()
        });
        let called = shared.future.finish(7).unwrap();
        assert_ne!(join(adder), called == [1]);
    });
}
