//! Random sequences of operations on the primitives and the queues, held against sequential models.
//!
//! Three ways of running them: *stepped*, one operation at a time in real threads, where the model says who returns
//! with what and who sleeps (`stepped.rs`); *at once*, where the history of what the threads saw is searched for an order
//! in which the model would have answered the same (`linearizable.rs`); and *counted*, where what a lock guards, and what
//! a queue carries, is counted (`counted.rs`).
//!
//! `PROPTEST_CASES` says how many cases each property gets; 256 without it. `make properties` runs more.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod barrier;
mod condition;
mod counted;
mod event;
mod exclusion;
mod history;
mod linearizable;
mod lock;
mod model;
mod queue;
mod rlock;
mod semaphore;
mod stepped;

use proptest::test_runner::Config;

/// A seed repeats the operations, not what the threads made of them: it is not kept, a failure says the operations.
fn config() -> Config {
    Config { failure_persistence: None, ..Config::default() }
}
