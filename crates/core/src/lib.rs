//! The threading engine of ironthread, without Python: primitives, queues, and one door where every
//! thread waits.
//!
//! # Map
//!
//! | module | what it is |
//! |---|---|
//! | [`wait`] | the door: parking, unparking, deadlines, signals, the host's seam, fork repair |
//! | [`sync`] | locks, condition, semaphore, event, barrier |
//! | [`queue`] | queues: orders, and the waiting written once |
//! | [`observe`] | the threads, the lines that made primitives, tallies of waits |
//! | [`exec`] | jobs: results that are not there yet |
//! | [`timer`] | what is to happen later, and the one thread that waits for it |
//! | [`thread`] | the small number that names a thread in a lock's word; the life that others wait to end |
//! | [`error`] | every error |
//!
//! # Invariants
//!
//! * Every wait goes through [`wait::park`] or its halves; there is no other sleep.
//! * No lock of the engine is held while a thread sleeps, or while the host or foreign code runs.
//! * A lock's word names its holder.
//! * A waiter that was chosen for a wake-up and cannot use it passes it on.
//!
//! # Example
//!
//! ```
//! use std::sync::Arc;
//! use ironthread::queue::{Fifo, Queue};
//! use ironthread::wait::Deadline;
//!
//! let queue = Arc::new(Queue::<Fifo<u32>>::new(10));
//! let producer = std::thread::spawn({
//!     let queue = Arc::clone(&queue);
//!     move || (0..100).try_for_each(|item| queue.put(item, Deadline::NEVER))
//! });
//! let sum: u32 = (0..100).map(|_| queue.get(Deadline::NEVER).unwrap()).sum();
//! assert_eq!(sum, 4950);
//! producer.join().unwrap().unwrap();
//! ```

#![cfg_attr(loom, allow(dead_code, reason = "a model neither forks nor sleeps in the kernel"))]

pub mod error;
pub mod exec;
mod facade;
pub mod observe;
pub mod queue;
pub mod sync;
pub mod thread;
pub mod timer;
pub mod wait;

// What the README shows of the crate is run by `cargo test --doc`.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
