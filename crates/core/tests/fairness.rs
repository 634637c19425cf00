//! How often others may go before a thread that waits: at most once for each time it asks.

#![cfg(not(loom))]

mod common;

use std::hint::spin_loop;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};
use std::thread::scope;

use ironthread::observe::registry::threads;
use ironthread::sync::{Lock, RLock, Semaphore};
use ironthread::thread::ThreadId;
use ironthread::wait::{Deadline, watch};

/// So many times threads have to be overtaken before the test believes what it saw.
const ENOUGH: u64 = 200;
const THREADS: usize = 4;

/// All count together, and begin again when another begins.
static ONE_TEST_AT_A_TIME: Mutex<()> = Mutex::new(());

/// How often the calling thread was woken for something that another took first.
fn overtaken() -> u64 {
    let me = ThreadId::current();
    threads().into_iter().find(|facts| facts.id == me).map_or(0, |facts| facts.overtaken)
}

/// Has threads take and free something over and over, until many were overtaken; none twice for one acquire.
fn hammer(acquire: impl Fn() -> bool + Sync, release: impl Fn() + Sync) {
    let _alone = ONE_TEST_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    watch::start();
    let total = AtomicU64::new(0);
    scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while total.load(Relaxed) < ENOUGH {
                    let before = overtaken();
                    assert!(acquire());
                    let times = overtaken() - before;
                    for _ in 0..200 {
                        spin_loop();
                    }
                    release();
                    // Taken again at once: a thread that was woken by the release comes too late.
                    assert!(acquire());
                    release();
                    assert!(times <= 1, "overtaken {times} times for one acquire");
                    total.fetch_add(times, Relaxed);
                }
            });
        }
    });
    watch::stop();
}

#[test]
fn nobody_is_overtaken_twice_for_a_lock() {
    let lock = Lock::new();
    hammer(|| lock.acquire(Deadline::NEVER) == Ok(true), || lock.release().unwrap());
}

#[test]
fn nobody_is_overtaken_twice_for_an_rlock() {
    let lock = RLock::new();
    hammer(|| lock.acquire(Deadline::NEVER) == Ok(true), || lock.release().unwrap());
}

#[test]
fn nobody_is_overtaken_twice_for_a_permit() {
    let permits = Semaphore::new(2);
    hammer(
        || permits.acquire(Deadline::NEVER) == Ok(true),
        || permits.release(1, Some(2)).unwrap(),
    );
    assert_eq!(permits.value(), 2);
}
