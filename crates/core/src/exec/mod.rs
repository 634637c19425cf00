//! Running jobs: results that are not there yet, and the workers that make them.

pub mod future;
mod pool;
pub mod seats;
pub mod steal;
mod task;

pub use future::Future;
pub use pool::{MOST_HELP, Pool, Spawner};
pub use task::Task;
