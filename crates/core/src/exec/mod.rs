//! Running jobs: those that wait for a worker, the workers, and results that are not there yet.

pub mod backlog;
pub mod future;
mod pool;
pub mod rate;
pub mod seats;
pub mod steal;
mod task;

pub use backlog::Backlog;
pub use future::Future;
pub use pool::{MOST_HELP, MOST_WORKERS, Pool, Spawner};
pub use rate::{Rate, RateLimit};
pub use task::Task;
