//! What a watched program does with its locks, queues and pools, in memory that does not grow with time.
//!
//! There are two stores. `counters` holds what happens at every acquire, put and get: plain atomics, a few for
//! each line of the program. `ledger` holds what happens where a thread sleeps, or is sampled: distributions,
//! under one lock that is held for a few steps. Both are by *line*, never by object: a program has so many
//! lines, and makes objects without end.

mod blockers;
pub(crate) mod counters;
mod distribution;
mod ended;
pub mod exposition;
pub mod families;
pub mod flow;
pub(crate) mod holds;
pub(crate) mod interpreter;
pub(crate) mod ledger;
mod pool;
pub(crate) mod processors;
mod rows;
mod standing;
mod takers;

pub use distribution::{Distribution, Spread};
pub use ended::{EndedThreads, MOST as MOST_ENDED};
pub use interpreter::Interpreter;
pub use pool::{PoolFacts, PoolMeter, Present, Saturation, Task};
pub use processors::Processors;
pub use rows::{
    Blocker, LockFacts, QueueFacts, Taker, WaitFacts, ended, interpreter, locks, pools, processors,
    queues, waits,
};
