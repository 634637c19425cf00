//! Those who are called when a queue changes: no call is lost, and none is withheld from a thread for good.

use std::cell::Cell;

use ironthread::queue::{Callers, Fifo, Queue, Side};
use ironthread::wait::{Deadline, Kind, Place};
use loom::sync::{Arc, Notify};
use loom::thread::{self, JoinHandle};

use crate::join;

/// A queue, and the tasks that wait for it. A task of the model sleeps on a notification of its own.
struct Shared {
    queue: Queue<Fifo<u32>>,
    callers: Callers<Arc<Notify>>,
}

impl Shared {
    fn new() -> Arc<Self> {
        Self::of(0)
    }

    fn of(maxsize: isize) -> Arc<Self> {
        Arc::new(Self { queue: Queue::new(maxsize), callers: Callers::default() })
    }

    fn put(&self, item: u32) {
        let claimed = Cell::new(false);
        let ask = || {
            claimed.set(self.callers.claims(Side::Getters));
            claimed.get()
        };
        self.queue.put_for(item, Deadline::NEVER, ask).unwrap();
        match self.callers.next(Side::Getters) {
            Some(task) => task.notify(),
            None if claimed.get() => self.queue.call_next(Kind::QueueGet),
            None => {}
        }
    }

    /// What a task does that waits for an item.
    fn get_as_task(&self) -> u32 {
        self.wait_as_task(Side::Getters, || self.queue.get(Deadline::PAST).ok())
    }

    /// What a task does that waits for something on one side.
    fn wait_as_task<T>(&self, side: Side, look: impl Fn() -> Option<T>) -> T {
        let task = Arc::new(Notify::new());
        let mut place = Place::Back;
        loop {
            self.callers.enlist(side, Arc::clone(&task), place);
            if let Some(found) = look() {
                self.leave(side, &task);
                return found;
            }
            task.wait();
            // A model's sleep may end for no reason; a task that stood in line twice would be called
            // once for nothing.
            let _ = self.callers.withdraw(side, |other| Arc::ptr_eq(other, &task));
            place = Place::Front;
        }
    }

    /// What a task does that is cancelled.
    fn give_up_as_task(&self, place: Place) {
        let task = Arc::new(Notify::new());
        self.callers.enlist(Side::Getters, Arc::clone(&task), place);
        self.leave(Side::Getters, &task);
    }

    fn leave(&self, side: Side, task: &Arc<Notify>) {
        let own = self.callers.withdraw(side, |other| Arc::ptr_eq(other, task));
        if own.is_none() {
            self.queue.call_next(match side {
                Side::Getters => Kind::QueueGet,
                Side::Putters => Kind::QueuePut,
                Side::Joiners => Kind::QueueJoin,
            });
            self.call(side);
        }
    }

    fn call(&self, side: Side) {
        if let Some(next) = self.callers.next(side) {
            next.notify();
        }
    }
}

fn start<T: 'static>(
    shared: &Arc<Shared>,
    work: impl FnOnce(&Shared) -> T + 'static,
) -> JoinHandle<T> {
    let shared = Arc::clone(shared);
    thread::spawn(move || work(&shared))
}

#[test]
fn an_item_reaches_the_task() {
    loom::model(|| {
        let shared = Shared::new();
        let task = start(&shared, Shared::get_as_task);
        shared.put(1);
        assert_eq!(join(task), 1);
    });
}

#[test]
fn every_task_gets_an_item() {
    loom::model(|| {
        let shared = Shared::new();
        let tasks = [(); 2].map(|()| start(&shared, Shared::get_as_task));
        shared.put(1);
        shared.put(2);
        assert_eq!(tasks.map(join).iter().sum::<u32>(), 3);
    });
}

#[test]
fn a_task_and_a_thread_get_an_item_each() {
    loom::model(|| {
        let shared = Shared::new();
        let task = start(&shared, Shared::get_as_task);
        let getter = start(&shared, |shared| shared.queue.get(Deadline::NEVER).unwrap());
        shared.put(1);
        shared.put(2);
        assert_eq!(join(task) + join(getter), 3);
    });
}

#[test]
fn a_task_that_gives_up_passes_its_call_on_to_a_task() {
    loom::model(|| {
        let shared = Shared::new();
        let fickle = start(&shared, |shared| shared.give_up_as_task(Place::Back));
        let task = start(&shared, Shared::get_as_task);
        shared.put(1);
        assert_eq!(join(task), 1);
        join(fickle);
    });
}

#[test]
fn a_task_that_gives_up_its_claim_passes_it_on_to_a_thread() {
    loom::model(|| {
        let shared = Shared::new();
        let fickle = start(&shared, |shared| shared.give_up_as_task(Place::Front));
        let getter = start(&shared, |shared| shared.queue.get(Deadline::NEVER).unwrap());
        shared.put(1);
        assert_eq!(join(getter), 1);
        join(fickle);
    });
}

#[test]
fn who_puts_at_once_sees_the_task_or_is_seen_by_it() {
    loom::model(|| {
        let shared = Shared::new();
        let task = start(&shared, Shared::get_as_task);
        let alone = || !shared.callers.any(Side::Getters);
        if let Err(item) = shared.queue.try_put(1, alone) {
            shared.put(item);
        }
        assert_eq!(join(task), 1);
    });
}

#[test]
fn who_gets_at_once_sees_the_task_or_is_seen_by_it() {
    loom::model(|| {
        let shared = Shared::of(1);
        shared.put(1);
        let task = start(&shared, |shared| {
            shared.wait_as_task(Side::Putters, || shared.queue.put(2, Deadline::PAST).ok());
        });
        let alone = || !shared.callers.any(Side::Putters);
        if shared.queue.try_get(alone).is_none() {
            assert_eq!(shared.queue.get(Deadline::NEVER), Ok(1));
            shared.call(Side::Putters);
        }
        join(task);
        assert_eq!(shared.queue.len(), 1);
    });
}

#[test]
fn who_is_done_at_once_sees_the_task_or_is_seen_by_it() {
    loom::model(|| {
        let shared = Shared::new();
        shared.put(1);
        let task = start(&shared, |shared| {
            let is_joined = || shared.queue.join(Deadline::PAST) == Ok(true);
            shared.wait_as_task(Side::Joiners, || is_joined().then_some(()));
        });
        let alone = || !shared.callers.any(Side::Joiners);
        if !shared.queue.try_task_done(alone) {
            shared.queue.task_done().unwrap();
            shared.call(Side::Joiners);
        }
        join(task);
    });
}
