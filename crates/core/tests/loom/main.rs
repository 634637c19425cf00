//! Models of the door and of everything that waits at it: every interleaving of a few threads, within
//! the bound on preemptions (`LOOM_MAX_PREEMPTIONS`), and every value a relaxed load may see.
//!
//! A lost wake-up shows as a deadlock, which loom reports. Time does not pass in a model: a wait with a
//! limit ends as soon as it sleeps, which makes every race of a time limit with a wake-up happen. What a
//! lock guards is counted with loads and stores that are relaxed and apart, so that a missing order
//! between two holders is a wrong count.
//!
//! Run by `make loom`.

#![cfg(loom)]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod backlog;
mod barrier;
mod callers;
mod condition;
mod door;
mod event;
mod future;
mod lock;
mod queue;
mod rlock;
mod seats;
mod semaphore;
mod signals;
mod steal;
mod timer;

use std::time::Duration;

use ironthread::wait::Deadline;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread::JoinHandle;

/// A time limit: in a model, the end of the sleep.
fn soon() -> Deadline {
    Deadline::after(Duration::from_secs(3600))
}

/// Waits for a thread of the model.
fn join<T>(thread: JoinHandle<T>) -> T {
    thread.join().unwrap()
}

/// A count whose increments are not atomic: it is right only if something else orders them.
#[derive(Default)]
struct Guarded(AtomicUsize);

impl Guarded {
    fn get(&self) -> usize {
        self.0.load(Relaxed)
    }

    fn set(&self, value: usize) {
        self.0.store(value, Relaxed);
    }

    fn add_one(&self) {
        self.set(self.get() + 1);
    }
}
