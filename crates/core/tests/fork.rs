//! Real forks: what a child finds, and that no lock of the engine is held in it by a thread that it has not.
//!
//! A child does its step and leaves with `_exit`. It must keep to the engine and the C library, which mend
//! their locks: it neither prints nor starts threads with the standard library, for it may have been made
//! while another thread held a lock of these. A child that hangs is ended by its alarm.

#![cfg(all(unix, not(loom)))]
#![allow(unsafe_code, reason = "fork and _exit are C functions")]

mod common;

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread::{self, scope, yield_now};

use common::{long, recording, soon, start_waiting, until};
use ironthread::observe::metrics;
use ironthread::observe::origin::{Line, line, made_at};
use ironthread::observe::registry::{ThreadFacts, ident_of, set_name, threads};
use ironthread::observe::timeline;
use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Condition, Event, Lock, RLock, Semaphore};
use ironthread::thread::ThreadId;
use ironthread::wait::host::{Host, set_host};
use ironthread::wait::{Deadline, Kind, generation, unpark_all};

/// Seconds after which a child hangs.
const PATIENCE: libc::c_uint = 10;

/// Forks, has the child do `step`, and says whether it came to its end and returned `true`.
fn in_child(step: impl FnOnce() -> bool) -> bool {
    // SAFETY: the child runs `step` and ends. The steps use the engine, whose locks a fork leaves free, the
    // allocator, which the C library repairs, and threads of their own.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1, "no process to be had");
    if child == 0 {
        // SAFETY: the function only sets a timer; its signal ends the process.
        unsafe { libc::alarm(PATIENCE) };
        let passed = catch_unwind(AssertUnwindSafe(step)).unwrap_or(false);
        // SAFETY: ends the process without running anything of the parent's.
        unsafe { libc::_exit(i32::from(!passed)) }
    }
    let mut status = -1;
    // SAFETY: `child` is a child that nobody else waits for, and `status` is writable.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    waited == child && status == 0
}

/// The step of a bare thread, and whether it returned `true`.
struct Errand<'a> {
    step: &'a (dyn Fn() -> bool + Sync),
    passed: bool,
}

extern "C" fn run_errand(errand: *mut libc::c_void) -> *mut libc::c_void {
    // SAFETY: `beside` made the pointer from an errand that nobody else touches before the thread is joined.
    let errand = unsafe { &mut *errand.cast::<Errand<'_>>() };
    errand.passed = (errand.step)();
    std::ptr::null_mut()
}

/// Does `step` in a thread of the C library and `meanwhile` in the calling one. Whether both passed.
fn beside(step: &(dyn Fn() -> bool + Sync), meanwhile: impl FnOnce() -> bool) -> bool {
    let mut errand = Errand { step, passed: false };
    // SAFETY: all zeroes is a thread's name to be written.
    let mut thread = unsafe { std::mem::zeroed() };
    let argument = (&raw mut errand).cast();
    // SAFETY: `thread` is writable; the errand outlives the thread, which is joined below.
    let failed =
        unsafe { libc::pthread_create(&raw mut thread, std::ptr::null(), run_errand, argument) };
    assert_eq!(failed, 0);
    let passed = catch_unwind(AssertUnwindSafe(meanwhile)).unwrap_or(false);
    // SAFETY: the thread was started above and nobody else joins it.
    let failed = unsafe { libc::pthread_join(thread, std::ptr::null_mut()) };
    passed && failed == 0 && errand.passed
}

/// Comes back when as many threads of the child wait for a thing of this kind.
fn until_waiting(kind: Kind, count: usize) -> bool {
    until(|| {
        let waits =
            |facts: &ThreadFacts| facts.waiting.is_some_and(|waiting| waiting.site.kind() == kind);
        threads().iter().filter(|facts| waits(facts)).count() == count
    });
    true
}

/// Forks many times while other threads do each its `busy` over and over. Whether every child did `step`.
fn children_pass_beside(busy: &[&(dyn Fn() + Sync)], step: impl Fn() -> bool) -> bool {
    let over = AtomicBool::new(false);
    scope(|scope| {
        for busy in busy {
            scope.spawn(|| {
                while !over.load(SeqCst) {
                    busy();
                }
            });
        }
        let passed = (0..100).all(|_| in_child(&step));
        over.store(true, SeqCst);
        passed
    })
}

/// A host that keeps a thread from coming back from its sleep while it says so.
struct Gatekeeper;

static LATE: AtomicBool = AtomicBool::new(false);

thread_local! {
    static COMES_LATE: Cell<bool> = const { Cell::new(false) };
}

impl Host for Gatekeeper {
    fn detached(&self, sleep: &mut (dyn FnMut() + Send)) {
        sleep();
        while COMES_LATE.get() && LATE.load(SeqCst) {
            yield_now();
        }
    }
}

#[test]
fn a_child_counts_as_a_generation_and_its_parent_does_not() {
    assert_eq!(Event::new().wait(soon()), Ok(false));
    let before = generation();
    assert!(in_child(|| generation() == before + 1 && in_child(|| generation() == before + 2)));
    assert_eq!(generation(), before);
}

#[test]
fn the_waits_of_other_threads_are_not_in_the_child_and_go_on_in_the_parent() {
    let event = Event::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(long()));
        let address = waiter.waiting().unwrap().site.address();
        assert!(in_child(|| unpark_all(address, || ()).count() == 0));
        event.set();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn only_the_forking_thread_is_registered_in_the_child_under_its_new_identifier() {
    let event = Event::new();
    set_name("the one that forks");
    let (me, native) = (ThreadId::current(), own_native_id());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(long()));
        assert!(threads().len() >= 2);
        assert!(in_child(|| {
            let all = threads();
            all.len() == 1
                && all[0].id == me
                && all[0].name.as_deref() == Some("the one that forks")
                && (all[0].native_id.is_none() || all[0].native_id != native)
        }));
        event.set();
        assert_eq!(waiter.join(), Ok(true));
    });
}

fn own_native_id() -> Option<u32> {
    let me = ThreadId::current();
    threads().into_iter().find(|facts| facts.id == me).and_then(|facts| facts.native_id)
}

#[test]
fn the_registry_is_mended_even_if_nobody_has_waited_yet() {
    // Alone in its process (under a runner that gives it one), no thread has come to the door before.
    let stop = AtomicBool::new(false);
    scope(|scope| {
        let other = common::start(scope, || until(|| stop.load(SeqCst)));
        assert!(ident_of(other.id).is_some());
        let mended = in_child(|| ident_of(other.id).is_none());
        stop.store(true, SeqCst);
        assert!(mended);
    });
}

#[test]
fn locks_held_by_others_stay_held_in_the_child_until_they_are_made_free() {
    let (lock, rlock, leave) = (Lock::new(), RLock::new(), Event::new());
    scope(|scope| {
        let holder = start_waiting(scope, Kind::Event, || {
            assert!(lock.try_acquire() && rlock.try_acquire());
            leave.wait(long())
        });
        assert!(in_child(|| {
            let held = !lock.try_acquire() && !rlock.try_acquire();
            lock.after_fork();
            rlock.after_fork();
            held && lock.try_acquire() && rlock.try_acquire() && rlock.depth() == 1
        }));
        assert_eq!(lock.holder(), Some(holder.id));
        leave.set();
        assert_eq!(holder.join(), Ok(true));
    });
}

#[test]
fn a_lock_that_the_forking_thread_holds_is_its_own_in_the_child() {
    let lock = RLock::new();
    assert!(lock.try_acquire() && lock.try_acquire());
    assert!(in_child(|| {
        beside(&|| !lock.try_acquire(), || lock.is_owned())
            && lock.release().is_ok()
            && lock.release().is_ok()
    }));
    assert_eq!(lock.depth(), 2);
}

#[test]
fn what_others_waited_for_serves_the_threads_of_the_child() {
    let (lock, condition) = (Lock::new(), Condition::new());
    let (semaphore, event) = (Semaphore::new(0), Event::new());
    scope(|scope| {
        let waiters = (
            start_waiting(scope, Kind::Semaphore, || semaphore.acquire(long())),
            start_waiting(scope, Kind::Event, || event.wait(long())),
            start_waiting(scope, Kind::Condition, || {
                assert!(lock.acquire(long()).unwrap());
                let result = condition.wait(&lock, long());
                lock.release().unwrap();
                result
            }),
        );
        let use_all = || {
            condition.after_fork();
            use_in_child(&lock, &condition, &semaphore, &event)
        };
        assert!(in_child(use_all));
        semaphore.release(1, None).unwrap();
        event.set();
        assert!(lock.acquire(long()).unwrap());
        condition.notify(&lock, 1).unwrap();
        lock.release().unwrap();
        let (semaphore, event, condition) = waiters;
        assert_eq!((semaphore.join(), event.join()), (Ok(true), Ok(true)));
        assert_eq!(condition.join(), Ok(true));
    });
}

/// In a child: a thread waits for each thing, and gets it.
fn use_in_child(lock: &Lock, condition: &Condition, semaphore: &Semaphore, event: &Event) -> bool {
    let acquire = || semaphore.acquire(long()) == Ok(true);
    let wait = || event.wait(long()) == Ok(true);
    let be_notified =
        || lock.acquire(long()) == Ok(true) && condition.wait(lock, long()) == Ok(true);
    let release = || until_waiting(Kind::Semaphore, 1) && semaphore.release(1, None).is_ok();
    let set = || {
        event.set();
        true
    };
    let notify = || {
        until_waiting(Kind::Condition, 1);
        assert_eq!(lock.acquire(long()), Ok(true));
        let counted = condition.waiters() == 1;
        counted && condition.notify(lock, 1).is_ok() && lock.release().is_ok()
    };
    beside(&acquire, release)
        && beside(&wait, || until_waiting(Kind::Event, 1) && set())
        && beside(&be_notified, notify)
}

#[test]
fn getters_that_are_gone_are_not_waited_for() {
    static HOST: Once = Once::new();
    HOST.call_once(|| assert!(set_host(&Gatekeeper)));
    let queue = Queue::<Fifo<u32>>::new(0);
    scope(|scope| {
        // One that was called and has not come, and one that waits.
        LATE.store(true, SeqCst);
        let late = start_waiting(scope, Kind::QueueGet, || {
            COMES_LATE.set(true);
            queue.get(long())
        });
        let other = start_waiting(scope, Kind::QueueGet, || queue.get(long()));
        queue.put(1, Deadline::PAST).unwrap();
        assert!(in_child(|| { get_in_child(&queue) }));
        queue.put(2, Deadline::PAST).unwrap();
        LATE.store(false, SeqCst);
        assert_eq!(late.join().unwrap() + other.join().unwrap(), 3);
    });
}

/// In a child: the item that is there can be had, and two more reach two new getters.
fn get_in_child(queue: &Queue<Fifo<u32>>) -> bool {
    let put = || {
        until_waiting(Kind::QueueGet, 2);
        [1, 2].iter().all(|&item| queue.put(item, Deadline::PAST).is_ok())
    };
    let get = || queue.get(long()).is_ok();
    queue.get(Deadline::PAST) == Ok(1) && beside(&get, || beside(&get, put)) && queue.is_empty()
}

/// A use of everything that takes a lock of the door or of the registry.
fn wait_in_a_thread_of_its_own() -> bool {
    let (me, event) = (ThreadId::current(), Event::new());
    // (One that has ended is kept by a recording.)
    let is_other = |facts: &ThreadFacts| facts.id != me && facts.ended.is_none();
    beside(&|| event.wait(soon()) == Ok(false), || true) && !threads().iter().any(is_other)
}

#[test]
fn a_process_that_has_not_used_the_engine_can_fork() {
    // (Where every test has its own process, as under nextest, this one has not.)
    let before = generation();
    assert!(in_child(
        || generation() == before + 1 && Event::new().wait(Deadline::PAST) == Ok(false)
    ));
    assert_eq!(generation(), before);
}

#[test]
fn a_fork_beside_waits_and_wake_ups_leaves_the_door_free() {
    let (here, there) = (Semaphore::new(1), Semaphore::new(0));
    let pass = |from: &Semaphore, to: &Semaphore| {
        if from.acquire(soon()).unwrap() {
            to.release(1, None).unwrap();
        }
    };
    let (hither, thither) = (|| pass(&there, &here), || pass(&here, &there));
    assert!(children_pass_beside(&[&hither, &thither], wait_in_a_thread_of_its_own));
}

#[test]
fn a_fork_beside_threads_that_come_and_go_leaves_the_registry_free() {
    let busy = || {
        let id = thread::scope(|scope| scope.spawn(ThreadId::current).join().unwrap());
        // (One that has ended is kept by a recording, of another test's.)
        let lives = |facts: &ThreadFacts| facts.id == id && facts.ended.is_none();
        assert!(!threads().iter().any(lives));
    };
    assert!(children_pass_beside(&[&busy], wait_in_a_thread_of_its_own));
}

#[test]
fn a_fork_beside_a_look_at_the_forking_thread_leaves_its_record_free() {
    let me = ThreadId::current();
    let look = || assert!(ident_of(me).is_some());
    let report = || assert!(!threads().is_empty());
    assert!(children_pass_beside(&[&look, &report], wait_in_a_thread_of_its_own));
}

#[test]
fn a_fork_beside_a_timeline_leaves_it_free_with_what_the_forking_thread_did() {
    let _recording = recording();
    timeline::start(2);
    let wait = || Event::new().wait(soon()) == Ok(false);
    let report = || drop(timeline::snapshot());
    let keep = || assert!(wait());
    let passed = children_pass_beside(&[&keep, &report], || {
        let timeline = timeline::snapshot();
        let threads: Vec<_> = timeline.threads.into_keys().collect();
        threads == [ThreadId::current()] && wait()
    });
    timeline::stop();
    assert!(passed);
}

#[test]
fn a_fork_beside_a_recording_leaves_its_tables_free() {
    let here = Line { file: "fork.rs".into(), number: line!() };
    let _recording = recording();
    let make = || assert!(line(made_at(&here, Kind::Lock)).is_some());
    let report = || drop(metrics::waits());
    let passed = children_pass_beside(&[&make, &report], || {
        make();
        Event::new().wait(soon()) == Ok(false) && !metrics::waits().is_empty()
    });
    assert!(passed);
}

#[test]
#[cfg(all(feature = "serve", target_os = "linux"))]
fn processors_are_looked_at_again_after_a_fork() {
    let _recording = recording();
    let observed = || metrics::processors().map_or(0, |seen| seen.observed);
    let event = Event::new();
    scope(|scope| {
        // (Nobody looks where one thread is known.)
        ironthread::observe::registry::announce();
        let other = start_waiting(scope, Kind::Event, || event.wait(long()));
        until(|| observed() > 0);
        assert!(in_child(|| true));
        let before = observed();
        until(|| observed() > before);
        event.set();
        assert_eq!(other.join(), Ok(true));
    });
}
