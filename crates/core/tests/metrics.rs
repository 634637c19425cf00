//! What is counted and measured while watched, held against what the tests' threads have done.

#![cfg(not(loom))]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::thread::scope;

use common::{long, recording, soon, start, start_waiting, until};
use ironthread::observe::metrics::{self, LockFacts, PoolMeter, QueueFacts};
use ironthread::observe::order;
use ironthread::observe::origin::{Line, made_at};
use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Condition, Lock, RLock, Semaphore};
use ironthread::wait::{Deadline, Kind, Origin, watch};

fn origin(number: u32, kind: Kind) -> Origin {
    made_at(&Line { file: "metrics.rs".into(), number }, kind)
}

fn lock_facts(origin: Origin) -> Option<LockFacts> {
    metrics::locks().into_iter().find(|facts| facts.origin == Some(origin))
}

fn queue_facts(origin: Origin) -> Option<QueueFacts> {
    metrics::queues().into_iter().find(|facts| facts.origin == Some(origin))
}

/// Threads take a lock in turns; returns how often they did.
fn take_turns(take: impl Fn() -> bool + Sync, release: impl Fn() + Sync) -> u64 {
    let taken = AtomicU64::new(0);
    scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                for _ in 0..2000 {
                    if take() {
                        taken.fetch_add(1, Relaxed);
                        release();
                    }
                }
            });
        }
    });
    taken.into_inner()
}

#[test]
fn every_acquisition_of_every_thread_counts_once() {
    let _recording = recording();
    let made = [Kind::Lock, Kind::RLock, Kind::Semaphore].map(|kind| origin(line!(), kind));
    let (lock, rlock) = (Lock::made_at(Some(made[0])), RLock::made_at(Some(made[1])));
    let semaphore = Semaphore::made_at(2, Some(made[2]));
    let taken = [
        take_turns(|| lock.acquire(long()) == Ok(true), || lock.release().unwrap()),
        take_turns(|| rlock.try_acquire(), || rlock.release().unwrap()),
        take_turns(
            || semaphore.acquire(soon()) == Ok(true),
            || semaphore.release(1, None).unwrap(),
        ),
    ];
    for (origin, taken) in made.into_iter().zip(taken) {
        let facts = lock_facts(origin).unwrap();
        assert_eq!(facts.acquired, taken, "{}", facts.kind.name());
        assert!(facts.contended <= facts.acquired);
    }
    let holds = lock_facts(made[0]).unwrap().holds;
    assert!(holds.count >= 8 && holds.count < taken[0] / 16, "{holds:?}");
}

#[test]
fn a_lock_that_the_thread_holds_already_is_not_acquired_again() {
    let _recording = recording();
    let made = origin(line!(), Kind::RLock);
    let lock = RLock::made_at(Some(made));
    assert!(lock.try_acquire() && lock.try_acquire());
    lock.release().unwrap();
    lock.release().unwrap();
    let facts = lock_facts(made).unwrap();
    assert_eq!((facts.acquired, facts.contended, facts.holds.count), (1, 0, 1));
}

#[test]
fn a_lock_that_a_wait_gives_back_is_not_acquired_again() {
    let _recording = recording();
    let made = origin(line!(), Kind::Lock);
    let (lock, condition) = (Lock::made_at(Some(made)), Condition::new());
    assert!(lock.try_acquire());
    assert_eq!(condition.wait(&lock, soon()), Ok(false));
    lock.release().unwrap();
    assert_eq!(lock_facts(made).unwrap().acquired, 1);
}

#[test]
fn a_thread_that_found_the_lock_taken_is_told_with_who_held_it() {
    let _recording = recording();
    let made = origin(line!(), Kind::Lock);
    let lock = Lock::made_at(Some(made));
    scope(|scope| {
        assert!(lock.try_acquire());
        let waiter = start_waiting(scope, Kind::Lock, || lock.acquire(long()));
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
        lock.release().unwrap();
    });
    let facts = lock_facts(made).unwrap();
    assert_eq!((facts.acquired, facts.contended, facts.holds.count), (2, 1, 2));
    let [blocker] = facts.blockers[..] else { panic!("{:?}", facts.blockers) };
    assert_eq!(blocker.thread, Some(ironthread::thread::ThreadId::current()));
    assert_eq!(blocker.waits.count, 1);
}

#[test]
fn a_permit_counts_when_it_is_had_and_as_one_that_came_late_when_it_was_waited_for() {
    let _recording = recording();
    let made = origin(line!(), Kind::Semaphore);
    let semaphore = Semaphore::made_at(1, Some(made));
    assert!(semaphore.try_acquire());
    assert!(!semaphore.try_acquire());
    assert_eq!(semaphore.acquire(Deadline::PAST), Ok(false));
    assert_eq!(semaphore.acquire(soon()), Ok(false));
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Semaphore, || semaphore.acquire(long()));
        semaphore.release(1, None).unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
    let facts = lock_facts(made).unwrap();
    assert_eq!((facts.acquired, facts.contended), (2, 1));
}

#[test]
fn a_hold_that_another_thread_ends_is_timed_and_one_that_ends_with_the_lock_is_not() {
    let _recording = recording();
    let made = origin(line!(), Kind::Lock);
    let lock = Lock::made_at(Some(made));
    assert!(lock.try_acquire());
    scope(|scope| start(scope, || lock.release()).join()).unwrap();
    assert!(lock.try_acquire(), "a lock whose hold was timed is free again");
    drop(lock);
    let facts = lock_facts(made).unwrap();
    assert_eq!((facts.acquired, facts.holds.count), (2, 1));
    let reset = Lock::made_at(Some(made));
    assert!(reset.try_acquire());
    reset.after_fork();
    assert!(reset.try_acquire());
    reset.release().unwrap();
    assert_eq!(lock_facts(made).unwrap().holds.count, 2);
}

#[test]
fn holds_that_ended_with_their_locks_leave_room_for_others() {
    let _recording = recording();
    let locks: Vec<_> = (0..5_000)
        .map(|number| {
            // The first eight of a line are timed.
            let line = Line { file: "many.rs".into(), number: number / 8 };
            Lock::made_at(Some(made_at(&line, Kind::Lock)))
        })
        .collect();
    assert!(locks.iter().all(Lock::try_acquire));
    drop(locks);
    let made = origin(line!(), Kind::Lock);
    let lock = Lock::made_at(Some(made));
    assert!(lock.try_acquire());
    lock.release().unwrap();
    assert_eq!(lock_facts(made).unwrap().holds.count, 1);
}

#[test]
fn a_hold_that_outlives_the_recording_does_no_harm() {
    let made = origin(line!(), Kind::Lock);
    let lock = Lock::made_at(Some(made));
    let recording = recording();
    assert!(lock.try_acquire());
    watch::stop();
    lock.release().unwrap();
    assert!(lock.try_acquire());
    drop(recording);
    let _recording = common::recording();
    lock.release().unwrap();
    assert!(lock_facts(made).is_none(), "nothing was acquired in this recording");
}

#[test]
fn what_goes_through_a_queue_is_counted_and_its_depth_known() {
    let _recording = recording();
    let made = origin(line!(), Kind::QueueGet);
    let queue = Queue::made_at(Fifo::default(), 0, Some(made));
    for number in 0..1000 {
        queue.put(number, Deadline::PAST).unwrap();
    }
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..200).for_each(|_| assert!(queue.get(long()).is_ok())));
        }
    });
    let facts = queue_facts(made).unwrap();
    assert_eq!((facts.puts, facts.gets, facts.deepest), (1000, 800, 1000));
    assert!((400..600).contains(&facts.depth.p50), "{:?}", facts.depth);
    assert_eq!((facts.full, facts.empty), (0, 0));
    let taken: u64 = facts.takers.iter().map(|taker| taker.items).sum();
    assert!((400..1200).contains(&taken), "of samples: {:?}", facts.takers);
    assert!(facts.takers.iter().all(|taker| taker.thread.is_some()));
}

#[test]
fn the_time_in_which_several_starve_counts_once() {
    let _recording = recording();
    let made = origin(line!(), Kind::QueueGet);
    let queue = Queue::made_at(Fifo::default(), 0, Some(made));
    scope(|scope| {
        let getters = [(); 3].map(|()| start_waiting(scope, Kind::QueueGet, || queue.get(long())));
        // Those who wait still count.
        until(|| queue_facts(made).is_some_and(|facts| facts.empty > 0));
        for getter in getters {
            queue.put(1, Deadline::PAST).unwrap();
            assert_eq!(getter.join(), Ok(1));
        }
    });
    let waits = metrics::waits();
    let gets = waits.iter().find(|facts| facts.origin == Some(made)).unwrap();
    assert_eq!(gets.tally.count, 3);
    assert!(gets.occupied <= gets.tally.total);
    assert!(gets.occupied >= gets.tally.longest);
    assert_eq!(queue_facts(made).unwrap().empty, gets.occupied);
}

#[test]
fn calls_of_a_pool_are_counted_by_what_became_of_them() {
    let _recording = recording();
    let meter = Arc::new(PoolMeter::new(None, "calls", 2));
    let waits = meter.submit();
    let here = meter.submit();
    here.begin(false);
    here.end(true, false);
    scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let task = meter.submit();
                    task.begin(true);
                    task.begin(true);
                    task.end(false, true);
                    task.end(false, true);
                }
            });
        }
    });
    drop(waits);
    let facts = metrics::pools().into_iter().find(|facts| facts.name == "calls").unwrap();
    assert_eq!((facts.submitted, facts.failed, facts.cancelled), (202, 1, 1));
    assert_eq!((facts.runs.tally().count, facts.waits.tally().count), (201, 201));
    assert!(facts.busy <= facts.capacity);
}

#[test]
fn a_call_may_be_the_first_thing_that_a_thread_does_while_others_end() {
    let _recording = recording();
    let meter = Arc::new(PoolMeter::new(None, "first", 2));
    for _ in 0..2_000 {
        scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    let task = meter.submit();
                    task.begin(true);
                    task.end(false, true);
                });
            }
        });
    }
    let facts = metrics::pools().into_iter().find(|facts| facts.name == "first").unwrap();
    assert_eq!((facts.submitted, facts.runs.tally().count), (4_000, 4_000));
}

#[test]
fn off_nothing_is_counted() {
    drop(recording());
    let made = [Kind::Lock, Kind::QueueGet].map(|kind| origin(line!(), kind));
    let lock = Lock::made_at(Some(made[0]));
    let queue = Queue::made_at(Fifo::default(), 0, Some(made[1]));
    for number in 0..100 {
        assert!(lock.try_acquire());
        queue.put(number, Deadline::PAST).unwrap();
        queue.get(Deadline::PAST).unwrap();
        lock.release().unwrap();
    }
    assert!(lock_facts(made[0]).is_none());
    assert!(queue_facts(made[1]).is_none());
}

#[test]
fn where_only_the_order_of_locks_is_looked_at_nothing_is_counted() {
    drop(recording());
    let made = origin(line!(), Kind::Lock);
    let lock = Lock::made_at(Some(made));
    order::set_on(true);
    assert!(lock.try_acquire());
    lock.release().unwrap();
    order::set_on(false);
    assert!(lock_facts(made).is_none());
}
