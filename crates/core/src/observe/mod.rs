//! What the engine knows about itself: its threads, where primitives were made, how long was waited.
//!
//! The wait-for graph needs only what a waiting thread writes down on its way to sleep. Everything that
//! costs more is recorded while [watched](crate::wait::watch), and not otherwise.

pub mod deadlock;
pub mod kernel;
pub(crate) mod loan;
pub mod metrics;
pub(crate) mod onlookers;
pub mod order;
pub mod origin;
pub mod registry;
#[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
pub mod serve;
pub mod stack;
pub(crate) mod tally;
pub mod timeline;

pub use tally::Tally;
