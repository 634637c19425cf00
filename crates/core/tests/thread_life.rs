//! The life of a thread: begun inside it, over when it has ended.

#![cfg(not(loom))]

mod common;

use std::cell::RefCell;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::{scope, spawn};

use common::{long, soon, start_waiting};
use ironthread::observe::registry::{ident_of, threads};
use ironthread::sync::Event;
use ironthread::thread::{Life, ThreadId};
use ironthread::wait::{Deadline, Kind};

#[test]
fn a_life_lasts_from_its_begin_until_its_thread_has_ended() {
    let (life, go) = (Arc::new(Life::new()), Arc::new(Event::new()));
    assert_eq!((life.thread(), life.is_over()), (None, false));
    let begun = Arc::new(Event::new());
    let thread = spawn({
        let (life, go, begun) = (Arc::clone(&life), Arc::clone(&go), Arc::clone(&begun));
        move || {
            life.begin();
            begun.set();
            go.wait(long()).unwrap();
            ThreadId::current()
        }
    });
    assert_eq!(begun.wait(long()), Ok(true));
    assert_eq!(life.join(soon()), Ok(false));
    go.set();
    assert_eq!(life.join(long()), Ok(true));
    let id = thread.join().unwrap();
    assert_eq!((life.thread(), life.is_over()), (Some(id), true));
    assert_eq!(ident_of(id), None);
}

/// What a thread drops at its end, slowly.
struct Dropped(Arc<AtomicBool>, Arc<Event>);

impl Drop for Dropped {
    fn drop(&mut self) {
        assert_eq!(self.1.wait(soon()), Ok(false));
        self.0.store(true, SeqCst);
    }
}

thread_local! {
    static LAST: RefCell<Option<Dropped>> = const { RefCell::new(None) };
}

#[test]
fn who_has_joined_a_thread_finds_its_thread_local_values_dropped() {
    let (life, dropped) = (Arc::new(Life::new()), Arc::new(AtomicBool::new(false)));
    let thread = spawn({
        let (life, dropped) = (Arc::clone(&life), Arc::clone(&dropped));
        move || {
            life.begin();
            // Made after the engine's own, and so dropped before it.
            LAST.set(Some(Dropped(dropped, Arc::new(Event::new()))));
        }
    });
    assert_eq!(life.join(long()), Ok(true));
    assert!(dropped.load(SeqCst));
    thread.join().unwrap();
}

#[test]
fn many_wait_for_one_end() {
    let life = Arc::new(Life::new());
    scope(|scope| {
        let waiters =
            [(); 4].map(|()| start_waiting(scope, Kind::ThreadJoin, || life.join(long())));
        let waiting = threads().into_iter().filter_map(|facts| facts.waiting);
        let joins = waiting.filter(|waiting| waiting.site.kind() == Kind::ThreadJoin);
        assert_eq!(joins.count(), 4);
        life.end();
        for waiter in waiters {
            assert_eq!(waiter.join(), Ok(true));
        }
    });
    assert_eq!(life.join(Deadline::PAST), Ok(true));
}
