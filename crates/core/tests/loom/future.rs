//! The future: an end is missed by nobody, and its outcome is seen whole.

use ironthread::exec::Future;
use ironthread::exec::future::State;
use ironthread::wait::Deadline;
use loom::sync::{Arc, Mutex};
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

#[test]
fn who_follows_an_end_that_is_made_alone_sees_it_or_is_called() {
    loom::model(|| {
        let shared = Arc::new(Shared::default());
        let adder = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.future.add_callback(1).is_err()
        });
        let alone = shared.future.finish_if_alone(|| ());
        let called = if alone { vec![] } else { shared.future.finish(7).unwrap() };
        assert_ne!(join(adder), called == [1]);
    });
}

/// How often somebody was told of an end, who looks at the state under a lock of his own.
#[derive(Default)]
struct Opened {
    future: Future<u32, u32>,
    written: Guarded,
    /// Whether he wants to be told, and how often he was.
    told: Mutex<(bool, u32)>,
}

impl Opened {
    /// Opens the future; returns whether it was over.
    fn look(&self) -> bool {
        self.future.open();
        let mut told = self.told.lock().unwrap();
        let state = self.future.state();
        let over = matches!(state, State::Finished | State::CancelledAndNotified);
        if state == State::Finished {
            assert_eq!(self.written.get(), 1);
        }
        told.0 = !over;
        over
    }

    /// Makes a step with the lock held, and tells.
    fn step(&self, step: impl FnOnce() -> bool) {
        let mut told = self.told.lock().unwrap();
        if step() && told.0 {
            told.1 += 1;
        }
    }

    fn finish(&self) {
        let mut written = 1;
        let mut exchange = || {
            let before = self.written.get();
            self.written.set(written);
            written = before;
        };
        if self.future.finish_if_shut(&mut exchange).unwrap().is_none() {
            self.step(|| self.future.finish_with(exchange).is_ok());
        }
    }

    fn start(&self) -> bool {
        let begun = self.future.start().unwrap();
        if !begun && self.future.state() == State::Cancelled {
            self.step(|| self.future.acknowledge().is_ok());
        }
        begun
    }

    fn cancel(&self) -> bool {
        self.future
            .cancel_if_shut()
            .unwrap_or_else(|| {
                let _held = self.told.lock().unwrap();
                self.future.cancel()
            })
            .0
    }
}

fn start_looking(opened: &Arc<Opened>) -> thread::JoinHandle<bool> {
    let opened = Arc::clone(opened);
    thread::spawn(move || opened.look())
}

fn check_told(opened: &Opened, looker: thread::JoinHandle<bool>) {
    let over = join(looker);
    assert_eq!(opened.told.lock().unwrap().1, u32::from(!over));
}

#[test]
fn who_opens_it_sees_the_outcome_or_is_told_of_it() {
    loom::model(|| {
        let opened = Arc::new(Opened::default());
        let looker = start_looking(&opened);
        assert!(opened.start());
        opened.finish();
        check_told(&opened, looker);
        assert_eq!((opened.future.state(), opened.written.get()), (State::Finished, 1));
    });
}

#[test]
fn who_opens_it_sees_the_cancellation_noticed_or_is_told_of_it() {
    loom::model(|| {
        let opened = Arc::new(Opened::default());
        let looker = start_looking(&opened);
        let canceller = thread::spawn({
            let opened = Arc::clone(&opened);
            move || opened.cancel()
        });
        let begun = opened.start();
        if begun {
            opened.finish();
        }
        let cancelled = join(canceller);
        assert_ne!(cancelled, begun);
        check_told(&opened, looker);
    });
}
