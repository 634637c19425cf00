//! The engine's primitives beside those of the standard library and of the crates that Rust programs use.
//!
//! A group is an operation, a function of it one of those who do it. `benchmarks/rust.py` runs this in
//! rounds and compares.

#![allow(clippy::unwrap_used, reason = "a measurement fails by panicking")]

mod barrier;
mod condition;
mod crew;
mod future;
mod lock;
mod pool;
mod queue;
mod rlock;
mod semaphore;

use criterion::Criterion;

fn main() {
    // Each round's figure is a median; what it is worth is seen from the other rounds, so nothing is resampled.
    let mut criterion = Criterion::default().without_plots().nresamples(1001).configure_from_args();
    lock::measure(&mut criterion);
    rlock::measure(&mut criterion);
    semaphore::measure(&mut criterion);
    barrier::measure(&mut criterion);
    condition::measure(&mut criterion);
    queue::measure(&mut criterion);
    future::measure(&mut criterion);
    pool::measure(&mut criterion);
}
