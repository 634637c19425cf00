//! What a primitive guards is plain memory here, without an atomic in it: where the primitive lacks an order these tests race for
//! it, which `ThreadSanitizer` (`make tsan`) and Miri (`make miri`) tell of. Without them they count.

#![cfg(not(loom))]
#![allow(
    unsafe_code,
    reason = "what is safe to share has an order of its own, and hides that another is missing"
)]

mod common;

use std::cell::UnsafeCell;
use std::convert::Infallible;
use std::sync::Arc;
use std::thread::scope;

use common::{long, until};
use ironthread::exec::{Future, Pool};
use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Barrier, Condition, Event, Lock, RLock, Semaphore};
use ironthread::thread::Life;
use ironthread::wait::Deadline;

const THREADS: u32 = 4;
/// How often each thread does its step. Few suffice: one race is told, whether or not it happens in time.
const TURNS: u32 = if cfg!(miri) { 8 } else { 2_000 };
const ROUNDS: u32 = TURNS / 8;

/// A number that threads share, kept apart by nothing but what a test is about.
#[derive(Default)]
struct Plain(UnsafeCell<u64>);

// SAFETY: this is what the tests ask: whether the primitive keeps those apart who use it. Each test says how.
unsafe impl Sync for Plain {}

impl Plain {
    fn add(&self, amount: u64) {
        // SAFETY: as above.
        let number = unsafe { &mut *self.0.get() };
        *number = number.wrapping_add(amount);
    }

    fn get(&self) -> u64 {
        // SAFETY: as above.
        unsafe { *self.0.get() }
    }
}

/// Threads add to a number over and over, each time between two steps.
fn count_between(enter: impl Fn(u32) + Sync, leave: impl Fn() + Sync) {
    let number = Plain::default();
    scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                for turn in 0..TURNS {
                    enter(turn);
                    number.add(1);
                    leave();
                }
            });
        }
    });
    assert_eq!(number.get(), u64::from(THREADS * TURNS));
}

/// One in three is taken without a wait, as often as that takes.
fn take(turn: u32, now: impl Fn() -> bool, waiting: impl Fn() -> bool) {
    if turn.is_multiple_of(3) {
        until(now);
    } else {
        assert!(waiting());
    }
}

#[test]
fn a_lock_shows_what_the_holder_before_has_done() {
    let lock = Lock::new();
    count_between(
        |turn| take(turn, || lock.try_acquire(), || lock.acquire(long()) == Ok(true)),
        || lock.release().unwrap(),
    );
}

#[test]
fn a_lock_taken_for_a_block_does_so_too() {
    let lock = Lock::new();
    count_between(
        |turn| take(turn, || lock.try_enter(), || lock.enter().is_ok()),
        || lock.release().unwrap(),
    );
}

#[test]
fn an_rlock_does_so_too() {
    let lock = RLock::new();
    count_between(
        |turn| {
            take(turn, || lock.try_acquire(), || lock.acquire(long()) == Ok(true));
            assert!(lock.try_acquire());
        },
        || {
            lock.release().unwrap();
            lock.release().unwrap();
        },
    );
}

#[test]
fn a_permit_shows_what_was_done_with_it_before() {
    let permit = Semaphore::new(1);
    count_between(
        |turn| take(turn, || permit.try_acquire(), || permit.acquire(long()) == Ok(true)),
        || permit.release(1, None).unwrap(),
    );
}

#[test]
fn permits_that_are_set_show_it_too() {
    let permit = Semaphore::new(1);
    count_between(
        |turn| take(turn, || permit.try_acquire(), || permit.acquire(long()) == Ok(true)),
        || permit.set_value(1),
    );
}

#[test]
fn a_wait_for_a_condition_shows_what_was_done_before_it_was_notified() {
    let (lock, condition) = (Lock::new(), Condition::new());
    let turns = Plain::default(); // whose turn it is, under the lock
    scope(|scope| {
        for me in 0..u64::from(THREADS) {
            let (lock, condition, turns) = (&lock, &condition, &turns);
            scope.spawn(move || {
                for _ in 0..ROUNDS {
                    lock.acquire(long()).unwrap();
                    while turns.get() % u64::from(THREADS) != me {
                        assert_eq!(condition.wait(lock, long()), Ok(true));
                    }
                    turns.add(1);
                    condition.notify(lock, usize::MAX).unwrap();
                    lock.release().unwrap();
                }
            });
        }
    });
    assert_eq!(turns.get(), u64::from(THREADS * ROUNDS));
}

#[test]
fn a_set_event_shows_what_was_done_before_it_was_set() {
    for round in 0..ROUNDS {
        let (event, news) = (Event::new(), Plain::default());
        scope(|scope| {
            for reader in 0..THREADS {
                let (event, news) = (&event, &news);
                scope.spawn(move || {
                    // Some sleep, some ask.
                    take(reader + round, || event.is_set(), || event.wait(long()) == Ok(true));
                    assert_eq!(news.get(), 7);
                });
            }
            news.add(7);
            event.set();
        });
    }
}

#[test]
fn a_barrier_shows_each_what_all_have_done() {
    let barrier = Barrier::new(THREADS as usize);
    let done: [Plain; THREADS as usize] = Default::default();
    let meet = || barrier.wait::<Infallible>(long(), || Ok(())).unwrap();
    scope(|scope| {
        for mine in &done {
            scope.spawn(|| {
                for round in 1..=u64::from(ROUNDS) {
                    mine.add(1);
                    meet();
                    assert!(done.iter().all(|plain| plain.get() == round));
                    meet();
                }
            });
        }
    });
}

#[test]
fn an_item_comes_with_what_was_done_to_it_and_join_shows_what_was_done_with_all() {
    let queue: Queue<Fifo<Box<u64>>> = Queue::new(3);
    let sums = [(); 2].map(|()| Plain::default());
    scope(|scope| {
        let producers = [(); 2].map(|()| {
            scope.spawn(|| {
                for number in 0..u64::from(TURNS) {
                    let mut item = Box::new(number);
                    // The quick step, as one who is alone takes it, and the one that may wait.
                    if number % 2 == 0 {
                        match queue.try_put(item, || true) {
                            Ok(()) => continue,
                            Err(back) => item = back,
                        }
                    }
                    queue.put(item, Deadline::NEVER).unwrap();
                }
            })
        });
        for sum in &sums {
            let queue = &queue;
            scope.spawn(move || {
                for turn in 0..TURNS {
                    let quick = if turn % 2 == 0 { queue.try_get(|| true) } else { None };
                    let item = quick.unwrap_or_else(|| queue.get(Deadline::NEVER).unwrap());
                    sum.add(*item);
                    drop(item);
                    if turn % 3 == 0 || !queue.try_task_done(|| true) {
                        queue.task_done().unwrap();
                    }
                }
            });
        }
        for producer in producers {
            producer.join().unwrap();
        }
        assert_eq!(queue.join(long()), Ok(true));
        let all = u64::from(TURNS) * u64::from(TURNS - 1);
        assert_eq!(sums.iter().map(Plain::get).sum::<u64>(), all);
    });
}

#[test]
fn the_end_of_a_job_shows_what_was_done_before_it() {
    for round in 0..ROUNDS {
        let (future, news) = (Future::<(), u32>::new(), Plain::default());
        // (The outcome that a future keeps itself has an order of its own.)
        let tell = || news.add(7);
        let take_back = |told: &mut bool| {
            news.add(if *told { 7_u64.wrapping_neg() } else { 7 });
            *told = !*told;
        };
        scope(|scope| {
            for reader in 0..THREADS {
                let (future, news) = (&future, &news);
                scope.spawn(move || {
                    let is_done = || future.state().is_done();
                    // Where nobody sleeps the end is one step.
                    let turn = if round.is_multiple_of(2) { 0 } else { reader + round };
                    take(turn, is_done, || future.wait(long()).is_ok());
                    assert_eq!(news.get(), 7);
                });
            }
            let mut told = false;
            let is_finished = match round % 3 {
                0 => false,
                1 => future.finish_if_shut(|| take_back(&mut told)).unwrap().is_some(),
                _ => future.finish_if_alone(|| take_back(&mut told)),
            };
            if !is_finished {
                future.finish_with(tell).unwrap();
            }
        });
    }
}

#[test]
fn a_job_shows_what_its_sender_did_and_its_task_what_the_job_did() {
    let pool = Pool::with_workers(THREADS as usize).unwrap();
    for _ in 0..ROUNDS {
        let number = Arc::new(Plain::default());
        number.add(1);
        let seen = Arc::clone(&number);
        let task = pool.spawn(move || {
            assert_eq!(seen.get(), 1);
            seen.add(1);
        });
        task.join().unwrap();
        assert_eq!(number.get(), 2);
    }
}

#[test]
fn a_thread_that_is_over_shows_what_it_did() {
    for _ in 0..ROUNDS {
        let (life, number) = (Arc::new(Life::new()), Plain::default());
        scope(|scope| {
            scope.spawn(|| {
                life.begin();
                number.add(1);
                life.end();
            });
            assert_eq!(life.join(long()), Ok(true));
            assert_eq!(number.get(), 1);
        });
    }
}
