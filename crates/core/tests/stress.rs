//! Time limits of random length against wake-ups, on every primitive at once: nothing is lost, doubled or
//! left behind. A lost wake-up is a hang, which the test runner ends.

#![cfg(not(loom))]

mod common;

use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::thread::scope;
use std::time::Duration;

use common::until;
use ironthread::error::{BarrierError, GetError, PutError};
use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Barrier, Condition, Event, Lock, RLock, Semaphore};
use ironthread::wait::{Deadline, clock};

/// How long each test goes on.
const SPAN: Duration = Duration::from_millis(1_200);
const THREADS: usize = 6;

/// Random numbers enough for time limits (Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    fn new(seed: usize) -> Self {
        Self(clock::now() ^ (seed as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// No time, some microseconds, or, seldom, as long as it takes.
    fn deadline(&mut self) -> Deadline {
        match self.below(8) {
            0 => Deadline::PAST,
            1 => Deadline::NEVER,
            _ => self.limit(),
        }
    }

    /// Some microseconds.
    fn limit(&mut self) -> Deadline {
        Deadline::after(Duration::from_micros(self.below(150) + 1))
    }
}

/// Does `step` in many threads over and over for a while, each with random numbers of its own.
fn stir(step: impl Fn(&mut Random) + Sync) {
    let end = Deadline::after(SPAN);
    scope(|scope| {
        for thread in 0..THREADS {
            let step = &step;
            scope.spawn(move || {
                let mut random = Random::new(thread);
                while !end.is_past() {
                    step(&mut random);
                }
            });
        }
    });
}

/// A count that only exclusion keeps right.
fn add_one(count: &AtomicUsize) {
    count.store(count.load(Relaxed) + 1, Relaxed);
}

#[test]
fn a_lock() {
    let (lock, inside, turns) = (Lock::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    stir(|random| {
        if lock.acquire(random.deadline()).unwrap() {
            add_one(&inside);
            turns.fetch_add(1, Relaxed);
            lock.release().unwrap();
        }
    });
    assert_eq!(inside.into_inner(), turns.into_inner());
    assert!(lock.try_acquire());
}

#[test]
fn a_reentrant_lock() {
    let (lock, inside, turns) = (RLock::new(), AtomicUsize::new(0), AtomicUsize::new(0));
    stir(|random| {
        let depth = 1 + random.below(3);
        if !lock.acquire(random.deadline()).unwrap() {
            return;
        }
        for _ in 1..depth {
            assert_eq!(lock.acquire(random.deadline()), Ok(true));
        }
        add_one(&inside);
        turns.fetch_add(1, Relaxed);
        for _ in 0..depth {
            lock.release().unwrap();
        }
    });
    assert_eq!((inside.into_inner(), lock.depth()), (turns.into_inner(), 0));
}

#[test]
fn a_semaphore() {
    let (semaphore, inside) = (Semaphore::new(2), AtomicUsize::new(0));
    stir(|random| {
        if semaphore.acquire(random.deadline()).unwrap() {
            assert!(inside.fetch_add(1, Relaxed) < 2);
            inside.fetch_sub(1, Relaxed);
            semaphore.release(1, Some(2)).unwrap();
        }
    });
    assert_eq!(semaphore.value(), 2);
}

#[test]
fn a_condition() {
    let (lock, condition) = (Lock::new(), Condition::new());
    let (tokens, given, taken) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let take = |deadline| {
        assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
        while tokens.load(Relaxed) == 0 && condition.wait(&lock, deadline).unwrap() {}
        let left = tokens.load(Relaxed);
        if left > 0 {
            tokens.store(left - 1, Relaxed);
            taken.fetch_add(1, Relaxed);
        }
        lock.release().unwrap();
        left > 0
    };
    let give = |count: u64, notified: usize| {
        assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
        tokens.store(tokens.load(Relaxed) + count, Relaxed);
        given.fetch_add(count, Relaxed);
        condition.notify(&lock, notified).unwrap();
        lock.release().unwrap();
    };
    let stop = AtomicBool::new(false);
    scope(|scope| {
        // Takes without limit: what is given with a notification must reach somebody.
        let patient = scope.spawn(|| {
            while !stop.load(Relaxed) {
                assert!(take(Deadline::NEVER));
            }
        });
        stir(|random| match random.below(3) {
            0 => give(1, 1),
            1 => give(2, usize::MAX),
            _ => drop(take(random.limit())),
        });
        stop.store(true, Relaxed);
        until(|| {
            give(1, 1);
            patient.is_finished()
        });
    });
    assert_eq!(given.into_inner(), taken.into_inner() + tokens.into_inner());
    assert_eq!(condition.waiters(), 0);
    assert!(!lock.is_locked());
}

#[test]
fn an_event() {
    let (event, stop) = (Event::new(), AtomicBool::new(false));
    scope(|scope| {
        let patient = scope.spawn(|| {
            while !stop.load(Relaxed) {
                assert_eq!(event.wait(Deadline::NEVER), Ok(true));
            }
        });
        stir(|random| match random.below(4) {
            0 => event.set(),
            1 => event.clear(),
            _ => drop(event.wait(random.limit()).unwrap()),
        });
        stop.store(true, Relaxed);
        event.set();
        until(|| patient.is_finished());
    });
    assert_eq!(event.wait(Deadline::NEVER), Ok(true));
}

#[test]
fn a_barrier() {
    let (barrier, met) = (Barrier::new(3), AtomicUsize::new(0));
    stir(|random| {
        match random.below(12) {
            0 => barrier.reset().unwrap(),
            1 => barrier.abort().unwrap(),
            _ => {
                // Long enough to meet now and then, and never longer than that.
                let deadline = Deadline::after(Duration::from_micros(random.below(2_000) + 1));
                match barrier.wait(deadline, || Ok::<_, Infallible>(())) {
                    Ok(place) => drop(met.fetch_add(usize::from(place == 2), Relaxed)),
                    Err(error) => assert_eq!(error, BarrierError::Broken),
                }
            }
        }
    });
    assert!(met.into_inner() > 0);
    barrier.reset().unwrap();
    assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
}

#[test]
fn a_queue() {
    for maxsize in [0, 2] {
        let queue = Queue::<Fifo<u64>>::new(maxsize);
        let (put, got, stop) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        let take = |deadline| match queue.get(deadline) {
            Ok(item) => {
                got.fetch_add(item, Relaxed);
                queue.task_done().unwrap();
            }
            Err(error) => assert_eq!(error, GetError::Empty),
        };
        let give = |item, deadline| match queue.put(item, deadline) {
            Ok(()) => drop(put.fetch_add(item, Relaxed)),
            Err(error) => assert_eq!(error, PutError::Full(item)),
        };
        scope(|scope| {
            let patient = scope.spawn(|| {
                while !stop.load(Relaxed) {
                    take(Deadline::NEVER);
                }
            });
            stir(|random| match random.below(8) {
                0..4 => give(random.below(1_000), random.limit()),
                4..7 => take(random.limit()),
                _ => drop(queue.join(random.limit()).unwrap()),
            });
            stop.store(true, Relaxed);
            until(|| {
                give(1, Deadline::PAST);
                patient.is_finished()
            });
        });
        while !queue.is_empty() {
            take(Deadline::NEVER);
        }
        assert_eq!(queue.join(Deadline::NEVER), Ok(true));
        assert_eq!(got.into_inner(), put.into_inner());
    }
}
