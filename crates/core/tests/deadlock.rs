//! Threads that wait in a circle, or all of them: found, and nothing else is.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, Barrier, Mutex, MutexGuard, Once, PoisonError, RwLock, RwLockReadGuard};
use std::thread::{self, scope};
use std::time::Duration;

use common::{long, start, start_waiting, until};
use ironthread::error::{Deadlock, TaskError, WaitEnded};
use ironthread::exec::{Future, Pool};
use ironthread::observe::deadlock::policy::{set_mode, tell_all_asleep};
use ironthread::observe::deadlock::{GRACE, Mode, Nature, Workers};
use ironthread::sync::{Condition, Event, Lock, RLock};
use ironthread::thread::{Life, ThreadId};
use ironthread::wait::host::{Host, set_host};
use ironthread::wait::{Deadline, Kind};

/// What threads have told of.
static TOLD: Mutex<Vec<Deadlock>> = Mutex::new(Vec::new());

/// Keeps a thread that was woken from coming back.
static HELD_BACK: AtomicBool = AtomicBool::new(true);

thread_local! {
    static LATE: Cell<bool> = const { Cell::new(false) };
}

struct Listener;

impl Host for Listener {
    fn detached(&self, sleep: &mut (dyn FnMut() + Send)) {
        sleep();
        while LATE.get() && HELD_BACK.load(Relaxed) {
            thread::yield_now();
        }
    }

    fn tell(&self, deadlock: &Deadlock) {
        told().push(deadlock.clone());
    }
}

fn told() -> MutexGuard<'static, Vec<Deadlock>> {
    TOLD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The mode is the process's: a test that changes it runs alone.
static MODE: RwLock<()> = RwLock::new(());

/// Has what is told heard, in the mode that holds at first.
fn listen() -> RwLockReadGuard<'static, ()> {
    hear();
    MODE.read().unwrap_or_else(PoisonError::into_inner)
}

fn hear() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| assert!(set_host(&Listener)));
}

/// The deadlock that has been told with this thread in it.
fn told_of(thread: ThreadId) -> Option<Deadlock> {
    let told = told();
    told.iter().find(|one| one.links().iter().any(|link| link.thread == thread)).cloned()
}

fn in_mode<R>(mode: Mode, test: impl FnOnce() -> R) -> R {
    hear();
    let _alone = MODE.write().unwrap_or_else(PoisonError::into_inner);
    let before = set_mode(mode);
    let result = test();
    set_mode(before);
    result
}

/// Works for longer than a deadlock has to stand.
fn outlast_the_grace() {
    let end = Deadline::after(GRACE * 3 / 2);
    until(|| end.is_past());
}

fn deadlock_of<T: std::fmt::Debug>(ended: Result<T, WaitEnded>) -> Deadlock {
    match ended {
        Err(WaitEnded::Deadlock(deadlock)) => deadlock,
        other => panic!("no deadlock: {other:?}"),
    }
}

#[test]
fn the_thread_that_closes_a_circle_of_rlocks_is_told_so_and_the_other_goes_on() {
    let _mode = listen();
    for _ in 0..5 {
        let (a, b, both) = (RLock::new(), RLock::new(), Barrier::new(2));
        let nest = |first: &RLock, second: &RLock| {
            first.acquire(long()).unwrap();
            both.wait();
            let taken = second.acquire(Deadline::NEVER);
            if taken.is_ok() {
                second.release().unwrap();
            }
            first.release().unwrap();
            taken
        };
        let ends = scope(|scope| {
            let left = start(scope, || nest(&a, &b));
            let right = start(scope, || nest(&b, &a));
            let ids = [left.id, right.id];
            let ends = [left.join(), right.join()];
            let mut failed = ends.iter().filter_map(|end| end.as_ref().err()).cloned();
            let deadlock = deadlock_of::<bool>(Err(failed.next().unwrap()));
            assert_eq!(failed.next(), None, "both failed");
            assert_eq!(deadlock.nature(), Nature::Certain);
            let threads: Vec<_> = deadlock.links().iter().map(|link| link.thread).collect();
            assert!(ids.iter().all(|id| threads.contains(id)) && threads.len() == 2);
            assert!(deadlock.links().iter().all(|link| link.kind == Kind::RLock));
            ends
        });
        assert_eq!(ends.iter().filter(|end| **end == Ok(true)).count(), 1);
        assert!(a.try_acquire() && b.try_acquire());
    }
}

#[test]
fn threads_that_join_each_other_do_not_wait_for_ever() {
    let _mode = listen();
    let lives = [(); 2].map(|()| Arc::new(Life::new()));
    let began = Arc::new(Barrier::new(2));
    let threads = [0, 1].map(|own| {
        let (lives, began) = (lives.clone(), Arc::clone(&began));
        thread::spawn(move || {
            lives[own].begin();
            began.wait();
            lives[1 - own].join(Deadline::NEVER)
        })
    });
    let ends = threads.map(|thread| thread.join().unwrap());
    let failed: Vec<_> = ends.iter().filter(|end| end.is_err()).collect();
    assert_eq!(failed.len(), 1, "{ends:?}");
    assert_eq!(deadlock_of(failed[0].clone()).links()[0].kind, Kind::ThreadJoin);
    assert!(ends.contains(&Ok(true)));
}

#[test]
fn a_thread_that_joins_itself_is_told_so() {
    let _mode = listen();
    let life = Arc::new(Life::new());
    let own = Arc::clone(&life);
    let end = thread::spawn(move || {
        own.begin();
        own.join(Deadline::NEVER)
    });
    let deadlock = deadlock_of(end.join().unwrap());
    assert!(deadlock.to_string().starts_with("a thread waits for itself: "), "{deadlock}");
}

#[test]
fn a_job_that_waits_for_its_own_outcome_is_told_so() {
    let _mode = listen();
    let future = Arc::new(Future::<u8>::new());
    let own = Arc::clone(&future);
    let end = thread::spawn(move || {
        assert_eq!(own.start_here(), Ok(true));
        own.wait(Deadline::NEVER)
    });
    deadlock_of(end.join().unwrap());

    // Whoever said that the job begins need not be who ends it.
    let future = Arc::new(Future::<u8>::new());
    assert_eq!(future.start(), Ok(true));
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Future, || future.wait(Deadline::NEVER));
        let _ = future.finish(1).map_err(|_| "it has ended").unwrap();
        waiter.join().unwrap();
    });
}

/// Ends the wait of each worker by ending the job that it waits for.
fn finish(jobs: &[Future<u8>]) {
    for job in jobs {
        let _ = job.finish(1).map_err(|_| "it has ended").unwrap();
    }
}

#[test]
fn workers_that_all_wait_for_jobs_that_none_has_begun_are_told_of() {
    let _mode = listen();
    let workers = Workers::new(2);
    let jobs = [(); 2].map(|()| Future::<u8>::new());
    scope(|scope| {
        let waiting = [0, 1].map(|place| {
            let (workers, job) = (&workers, &jobs[place]);
            job.await_workers(workers);
            start_waiting(scope, Kind::Future, move || {
                workers.join();
                job.wait(Deadline::NEVER)
            })
        });
        let ids = waiting.each_ref().map(|waiter| waiter.id);
        let is_theirs = |deadlock: &Deadlock| {
            let mut members: Vec<_> = deadlock.links().iter().map(|link| link.thread).collect();
            members.sort_unstable();
            members == ids
        };
        until(|| told().iter().any(is_theirs));
        let deadlock = told().iter().find(|deadlock| is_theirs(deadlock)).unwrap().clone();
        assert_eq!(deadlock.nature(), Nature::Likely);
        assert!(deadlock.links().iter().all(|link| link.unbegun && link.owner.is_none()));
        assert!(deadlock.to_string().contains("which no worker has begun"), "{deadlock}");
        finish(&jobs);
        for waiter in waiting {
            waiter.join().unwrap();
        }
    });
}

#[test]
fn workers_of_whom_there_may_be_more_are_not() {
    let _mode = listen();
    let workers = Workers::new(2);
    let jobs = [Future::<u8>::new()];
    jobs[0].await_workers(&workers);
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Future, || {
            workers.join();
            jobs[0].wait(Deadline::NEVER)
        });
        outlast_the_grace();
        let is_its = |deadlock: &Deadlock| deadlock.links()[0].thread == waiter.id;
        assert!(!told().iter().any(is_its));
        finish(&jobs);
        waiter.join().unwrap();
    });
}

#[test]
fn a_job_and_who_waits_for_it_under_a_lock_that_it_needs() {
    let _mode = listen();
    let pool = Pool::with_workers(1).unwrap();
    let lock = Arc::new(RLock::new());
    lock.acquire(long()).unwrap();
    let needed = Arc::clone(&lock);
    let begun = Arc::new(Event::new());
    let begins = Arc::clone(&begun);
    let task = pool.spawn(move || {
        begins.set();
        let taken = needed.acquire(Deadline::NEVER);
        if taken.is_ok() {
            needed.release().unwrap();
        }
        taken
    });
    assert_eq!(begun.wait(long()), Ok(true));
    match task.join() {
        Err(TaskError::Waiting(WaitEnded::Deadlock(deadlock))) => {
            assert_eq!(deadlock.links().len(), 2);
        }
        // The job was the one to find it.
        Ok(inside) => {
            deadlock_of(inside);
        }
        other => panic!("{other:?}"),
    }
    lock.release().unwrap();
}

/// Two threads take two locks crosswise. Returns their numbers, and what came of the second acquires.
fn crosswise(limit: impl Fn() -> Deadline + Sync) -> ([ThreadId; 2], [Result<bool, WaitEnded>; 2]) {
    let (a, b, both) = (Lock::new(), Lock::new(), Barrier::new(2));
    let nest = |first: &Lock, second: &Lock| {
        first.acquire(long()).unwrap();
        both.wait();
        let taken = second.acquire(limit());
        if taken == Ok(true) {
            second.release().unwrap();
        }
        first.release().unwrap();
        taken
    };
    scope(|scope| {
        let left = start(scope, || nest(&a, &b));
        let right = start(scope, || nest(&b, &a));
        ([left.id, right.id], [left.join(), right.join()])
    })
}

#[test]
fn a_circle_of_plain_locks_is_told_once_and_lasts() {
    let _mode = listen();
    let (a, b, both) = (Lock::new(), Lock::new(), Barrier::new(2));
    let nest = |first: &Lock, second: &Lock| {
        first.acquire(long()).unwrap();
        both.wait();
        second.acquire(Deadline::NEVER).unwrap();
    };
    scope(|scope| {
        let left = start(scope, || nest(&a, &b));
        let right = start(scope, || nest(&b, &a));
        until(|| told_of(left.id).is_some());
        let deadlock = told_of(left.id).unwrap();
        assert_eq!(deadlock.nature(), Nature::Likely);
        assert!(deadlock.links().iter().any(|link| link.thread == right.id));
        assert!(!left.is_finished() && !right.is_finished());
        // Any thread may release a plain lock.
        a.release().unwrap();
        right.join();
        b.release().unwrap();
        left.join();
        let count = told().iter().filter(|other| other.links() == deadlock.links()).count();
        assert_eq!(count, 1);
    });
}

#[test]
fn a_circle_of_plain_locks_ends_a_wait_where_that_is_asked_for() {
    in_mode(Mode::Raise, || {
        let (_, ends) = crosswise(|| Deadline::NEVER);
        assert_eq!(ends.iter().filter(|end| end.is_err()).count(), 1, "{ends:?}");
    });
}

#[test]
fn waits_with_a_time_limit_are_in_no_deadlock() {
    let _mode = listen();
    let limit = GRACE + Duration::from_millis(200);
    let (ids, ends) = crosswise(|| Deadline::after(limit));
    assert!(ends.contains(&Ok(false)));
    assert_eq!(told_of(ids[0]), None);
}

#[test]
fn nothing_is_looked_for_when_that_is_switched_off() {
    in_mode(Mode::Off, || {
        let (a, b, both) = (RLock::new(), RLock::new(), Barrier::new(2));
        let nest = |first: &RLock, second: &RLock, limit: Deadline| {
            first.acquire(long()).unwrap();
            both.wait();
            let taken = second.acquire(limit);
            if taken == Ok(true) {
                second.release().unwrap();
            }
            first.release().unwrap();
            taken
        };
        let limit = Deadline::after(Duration::from_millis(300));
        scope(|scope| {
            let left = start(scope, || nest(&a, &b, Deadline::NEVER));
            let right = start(scope, || nest(&b, &a, limit));
            assert_eq!(right.join(), Ok(false));
            assert_eq!(left.join(), Ok(true));
        });
    });
}

#[test]
fn a_holder_that_works_is_no_deadlock() {
    let _mode = listen();
    let (a, b) = (RLock::new(), RLock::new());
    scope(|scope| {
        b.acquire(long()).unwrap();
        let holder = start_waiting(scope, Kind::RLock, || {
            a.acquire(long()).unwrap();
            b.acquire(Deadline::NEVER).unwrap();
            b.release().unwrap();
            a.release().unwrap();
        });
        let waiter = start_waiting(scope, Kind::RLock, || a.acquire(Deadline::NEVER).unwrap());
        // This thread works for longer than all times of grace.
        outlast_the_grace();
        b.release().unwrap();
        holder.join();
        assert!(waiter.join());
        assert_eq!(told_of(ThreadId::current()), None);
    });
}

#[test]
fn a_lock_that_is_given_as_a_signal_is_no_deadlock_but_one_taken_for_a_block_is() {
    let _mode = listen();
    let signal = Lock::new();
    let blocked = Lock::new();
    scope(|scope| {
        let signalled = start(scope, || {
            signal.acquire(long()).unwrap();
            signal.acquire(Deadline::NEVER).unwrap();
        });
        let nested = start(scope, || {
            blocked.enter().unwrap();
            blocked.enter().unwrap();
        });
        until(|| told_of(nested.id).is_some());
        assert_eq!(told_of(nested.id).unwrap().links().len(), 1);
        assert_eq!(told_of(signalled.id), None);
        signal.release().unwrap();
        signalled.join();
        blocked.release().unwrap();
        nested.join();
    });
}

#[test]
fn a_lock_that_was_waited_for_is_taken_for_a_block_too() {
    let _mode = listen();
    let lock = Lock::new();
    lock.acquire(long()).unwrap();
    scope(|scope| {
        let nested = start_waiting(scope, Kind::Lock, || {
            lock.enter().unwrap();
            lock.enter().unwrap();
        });
        lock.release().unwrap();
        until(|| told_of(nested.id).is_some());
        assert_eq!(told_of(nested.id).unwrap().links().len(), 1);
        lock.release().unwrap();
        nested.join();
    });
}

#[test]
fn all_asleep_is_not_told_while_the_test_runner_is_awake() {
    let _mode = listen();
    let before = tell_all_asleep(true);
    let event = Event::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(Deadline::NEVER));
        outlast_the_grace();
        event.set();
        assert_eq!(told_of(waiter.id), None);
        waiter.join().unwrap();
    });
    tell_all_asleep(before);
}

#[test]
fn who_was_woken_and_is_not_back_yet_is_in_no_circle() {
    let _mode = listen();
    let (lock, future) = (Arc::new(RLock::new()), Arc::new(Future::<u8>::new()));
    scope(|scope| {
        // Woken, and kept from coming back: as by an interpreter that another thread holds.
        let waiter = start_waiting(scope, Kind::Future, || {
            lock.acquire(long()).unwrap();
            let end = LATE.with(|late| {
                late.set(true);
                future.wait(Deadline::NEVER)
            });
            lock.release().unwrap();
            end
        });
        let runner = start(scope, || {
            assert_eq!(future.start_here(), Ok(true));
            let _ = future.finish(1).map_err(|_| "it has ended").unwrap();
            // Its holder waits, as far as it has noted, for what this thread has brought about.
            let taken = lock.acquire(Deadline::NEVER);
            if taken.is_ok() {
                lock.release().unwrap();
            }
            taken
        });
        runner.until_waiting(Kind::RLock);
        outlast_the_grace();
        HELD_BACK.store(false, Relaxed);
        assert_eq!(runner.join(), Ok(true));
        waiter.join().unwrap();
    });
}

/// Takes a lock in a thread that ends with it.
fn leave_held(lock: &RLock) {
    scope(|scope| {
        scope.spawn(|| assert_eq!(lock.acquire(Deadline::NEVER), Ok(true))).join().unwrap();
    });
}

#[test]
fn who_waits_for_the_rlock_of_a_thread_that_has_ended_is_told_so() {
    let _mode = listen();
    let lock = RLock::new();
    leave_held(&lock);
    let deadlock = deadlock_of(lock.acquire(Deadline::NEVER));
    assert_eq!(deadlock.nature(), Nature::Certain);
    assert_eq!(deadlock.links().len(), 1);
    assert!(deadlock.links()[0].orphaned);
    let told = deadlock.to_string();
    assert!(told.starts_with("a thread waits for what a thread holds that has ended: "), "{told}");
}

#[test]
fn who_has_looked_learns_of_the_holders_end() {
    let _mode = listen();
    let lock = RLock::new();
    let taken = Event::new();
    let end = Event::new();
    scope(|scope| {
        scope.spawn(|| {
            assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
            taken.set();
            assert_eq!(end.wait(Deadline::NEVER), Ok(true));
        });
        taken.wait(Deadline::NEVER).unwrap();
        let waiter = start_waiting(scope, Kind::RLock, || lock.acquire(Deadline::NEVER));
        // It looks once, and finds a holder that may still let go.
        outlast_the_grace();
        end.set();
        assert!(deadlock_of(waiter.join()).links()[0].orphaned);
    });
}

#[test]
fn a_lock_of_a_thread_that_has_ended_may_still_be_released() {
    let _mode = listen();
    let lock = Lock::new();
    scope(|scope| {
        scope.spawn(|| assert_eq!(lock.acquire(Deadline::NEVER), Ok(true))).join().unwrap();
    });
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Lock, || lock.acquire(Deadline::NEVER));
        outlast_the_grace();
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_notified_waiter_is_told_of_with_who_holds_its_lock() {
    let _mode = listen();
    let (lock, condition) = (Lock::new(), Condition::new());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Condition, || {
            assert!(lock.try_acquire());
            let notified = condition.wait(&lock, Deadline::NEVER);
            lock.release().unwrap();
            notified
        });
        lock.acquire(Deadline::NEVER).unwrap();
        condition.notify(&lock, 1).unwrap();
        let facts = waiter.facts().unwrap();
        assert_eq!(facts.waiting.unwrap().site.kind(), Kind::Lock);
        assert_eq!(facts.holder, Some(ThreadId::current()));
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_notified_waiter_waits_for_who_holds_its_lock() {
    let _mode = listen();
    // A notification counts more than a time limit.
    for limit in [Deadline::NEVER, long()] {
        let (lock, other, condition) = (RLock::new(), RLock::new(), Condition::new());
        scope(|scope| {
            let waiter = start_waiting(scope, Kind::Condition, || {
                assert!(other.try_acquire() && lock.try_acquire());
                let notified = condition.wait(&lock, limit);
                lock.release().unwrap();
                other.release().unwrap();
                notified
            });
            lock.acquire(Deadline::NEVER).unwrap();
            condition.notify(&lock, 1).unwrap();
            let facts = waiter.facts().unwrap();
            assert_eq!(facts.waiting.unwrap().site.kind(), Kind::RLock);
            assert_eq!(facts.holder, Some(ThreadId::current()));
            let deadlock = deadlock_of(other.acquire(Deadline::NEVER));
            assert_eq!(deadlock.nature(), Nature::Certain);
            assert!(deadlock.links().iter().any(|link| link.thread == waiter.id));
            lock.release().unwrap();
            assert_eq!(waiter.join(), Ok(true));
        });
    }
}
