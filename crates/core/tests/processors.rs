//! How many threads could run is seen while watched, without a host whose interpreter could be looked at.

#![cfg(all(feature = "serve", target_os = "linux", not(loom)))]

mod common;

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::thread::{available_parallelism, scope};

use common::until;
use ironthread::observe::{metrics, registry};
use ironthread::wait::watch;

#[test]
fn more_threads_than_processors_are_seen_to_be_a_crowd() {
    let available = available_parallelism().unwrap().get();
    let is_over = AtomicBool::new(false);
    watch::start();
    scope(|scope| {
        for _ in 0..=available {
            scope.spawn(|| {
                registry::announce();
                while !is_over.load(Relaxed) {
                    spin_loop();
                }
            });
        }
        until(|| metrics::processors().is_some_and(|seen| seen.crowded > 0));
        is_over.store(true, Relaxed);
    });
    watch::stop();
    let seen = metrics::processors().unwrap();
    assert_eq!(seen.available, available as u64);
    assert!(seen.runnable > seen.crowded * seen.available, "{seen:?}");
    assert_eq!(metrics::interpreter(), None);
}
