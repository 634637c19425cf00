//! Running jobs: results that are not there yet, and the threads that make them.

pub mod future;

pub use future::Future;
