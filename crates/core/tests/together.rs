//! The tests that mutants are asked in, as one program: for each mutant it is built in seconds, and twenty programs in half a
//! minute. Elsewhere each file is a program of its own.
//!
//! Run by `make mutants`.

#![cfg(together)]

#[path = "barrier.rs"]
mod barrier;
#[path = "condition.rs"]
mod condition;
#[path = "deadlock.rs"]
mod deadlock;
#[path = "event.rs"]
mod event;
#[path = "fairness.rs"]
mod fairness;
#[path = "fork.rs"]
mod fork;
#[path = "host.rs"]
mod host;
#[path = "lock.rs"]
mod lock;
#[path = "lock_order.rs"]
mod lock_order;
#[path = "metrics.rs"]
mod metrics;
#[path = "observe.rs"]
mod observe;
#[path = "queue.rs"]
mod queue;
#[path = "relay.rs"]
mod relay;
#[path = "rlock.rs"]
mod rlock;
#[path = "semaphore.rs"]
mod semaphore;
#[path = "thread_life.rs"]
mod thread_life;
#[path = "timeline.rs"]
mod timeline;
#[path = "told.rs"]
mod told;
#[path = "undecided.rs"]
mod undecided;
#[path = "wait.rs"]
mod wait;
