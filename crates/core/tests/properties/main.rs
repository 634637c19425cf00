//! Random sequences of operations on the primitives and the queues, held against sequential models.
//!
//! Three ways of running them: *stepped*, one operation at a time in real threads, where the model says who returns
//! with what and who sleeps (`stepped.rs`); *at once*, where the history of what the threads saw is searched for an order
//! in which the model would have answered the same (`linearizable.rs`); and *counted*, where what a lock guards, and what
//! a queue carries, is counted (`counted.rs`).
//!
//! `PROPTEST_CASES` says how many cases each property gets; a few dozen without it, so that all take seconds.
//! `make properties` runs more.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod barrier;
mod condition;
mod counted;
mod event;
mod history;
mod linearizable;
mod lock;
mod model;
mod queue;
mod rlock;
mod semaphore;
mod stepped;

use proptest::test_runner::Config;

/// So many cases, unless `PROPTEST_CASES` says otherwise.
fn cases(count: u32) -> Config {
    let mut config = Config::default();
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = count;
    }
    // A seed repeats the operations, not what the threads made of them: a failure says the operations.
    config.failure_persistence = None;
    config
}
