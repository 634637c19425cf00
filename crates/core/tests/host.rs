//! The door with a host: what is let go around a sleep, and what signals do to a wait.
//!
//! The host of these tests gives each thread a mailbox of handlers. A thread is *signalled* by putting a
//! handler into its mailbox and sending it a real signal until the handler has been fetched, for one that
//! arrives before the sleep does not end it.

#![cfg(all(unix, not(loom)))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(unsafe_code, reason = "signals are sent and taken with the system's own functions")]

mod common;

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, Once};
use std::thread::{Scope, scope, yield_now};
use std::time::Duration;

use common::{Running, long, recording, soon, start_waiting, until};
use ironthread::error::{
    BarrierError, GetError, Interrupted, PutError, ReserveError, WaitEnded, WaitError,
};
use ironthread::exec::rate::Pace;
use ironthread::exec::{Backlog, Rate, RateLimit};
use ironthread::observe::Tally;
use ironthread::observe::metrics;
use ironthread::observe::origin::{Line, made_at};
use ironthread::observe::registry::{ident_of, threads};
use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Barrier, Condition, Event, Lock, RLock, Semaphore};
use ironthread::thread::ThreadId;
use ironthread::wait::host::{Host, set_host};
use ironthread::wait::{self, Deadline, Kind, Origin, Place, Site, clock, unpark_all, unpark_many};

/// What a handler says: whether the wait may go on.
type Handler = Box<dyn FnOnce() -> bool + Send>;

struct TestHost {
    mailboxes: Mutex<Option<HashMap<ThreadId, Vec<Handler>>>>,
}

thread_local! {
    static TAKES_SIGNALS: Cell<bool> = const { Cell::new(true) };
    static TAKES_INTERRUPTS: Cell<bool> = const { Cell::new(false) };
    static KEEPS_OTHERS_OUT: Cell<bool> = const { Cell::new(false) };
    static LETTINGS_GO: Cell<usize> = const { Cell::new(0) };
    /// What happens when the thread has slept the next time, before it looks why.
    static AS_IT_WAKES: Cell<Option<&'static (dyn Fn() + Sync)>> = const { Cell::new(None) };
}

static HOST: TestHost = TestHost { mailboxes: Mutex::new(None) };

impl Host for TestHost {
    fn detached(&self, sleep: &mut (dyn FnMut() + Send)) {
        LETTINGS_GO.set(LETTINGS_GO.get() + 1);
        // Would hang if the door called its host with one of these locks held.
        let me = ThreadId::current();
        for facts in threads() {
            if let (true, Some(waiting)) = (facts.id == me, facts.waiting) {
                drop(unpark_many(waiting.site.address(), 0, |_| ()));
            }
        }
        sleep();
        if let Some(step) = AS_IT_WAKES.take() {
            step();
        }
    }

    fn keeps_others_out(&self) -> bool {
        KEEPS_OTHERS_OUT.get()
    }

    fn takes_signals(&self) -> bool {
        TAKES_SIGNALS.get()
    }

    fn runs_handlers(&self) -> bool {
        TAKES_INTERRUPTS.get()
    }

    fn run_handlers(&self) -> bool {
        let handler = self.mailbox(ThreadId::current(), Vec::pop);
        handler.is_none_or(|handler| handler())
    }

    fn thread_ident(&self) -> u64 {
        7_000 + u64::from(ThreadId::current().get())
    }
}

impl TestHost {
    fn mailbox<R>(&self, thread: ThreadId, step: impl FnOnce(&mut Vec<Handler>) -> R) -> R {
        let mut mailboxes = self.mailboxes.lock().unwrap();
        step(mailboxes.get_or_insert_default().entry(thread).or_default())
    }
}

/// Every test begins with this.
fn prepare() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        assert!(set_host(&HOST));
        assert!(!set_host(&HOST), "a process has one host");
        take_signals();
    });
}

extern "C" fn nothing(_signal: libc::c_int) {}

/// Makes a signal end system calls and do nothing else.
fn take_signals() {
    // SAFETY: all zeroes is an action without flags and with an empty mask.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = nothing as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the action is whole, and the handler touches nothing.
    let failed = unsafe { libc::sigaction(libc::SIGUSR1, &raw const action, std::ptr::null_mut()) };
    assert_eq!(failed, 0);
}

/// Sends the signal to a thread; where there is no futex, the sleeper looks for signals by itself.
#[cfg(target_os = "linux")]
fn poke<T>(running: &Running<'_, T>) {
    // A thread that is done needs none any more.
    let Some(native_id) = running.facts().and_then(|facts| facts.native_id) else { return };
    let thread = libc::pid_t::try_from(native_id).unwrap();
    // SAFETY: the function takes nothing.
    let process = unsafe { libc::getpid() };
    // SAFETY: the three numbers are what the call expects; a thread that has ended makes it fail, no more.
    unsafe { libc::syscall(libc::SYS_tgkill, process, thread, libc::SIGUSR1) };
}

#[cfg(not(target_os = "linux"))]
fn poke<T>(_running: &Running<'_, T>) {}

/// Whether the system has the thread asleep.
#[cfg(target_os = "linux")]
fn is_asleep<T>(running: &Running<'_, T>) -> bool {
    let native_id = running.facts().and_then(|facts| facts.native_id).unwrap();
    let stat = std::fs::read_to_string(format!("/proc/self/task/{native_id}/stat")).unwrap();
    // The state stands behind the name, which may have any characters (proc_pid_stat(5)).
    stat.rsplit(") ").next().unwrap().starts_with('S')
}

#[cfg(not(target_os = "linux"))]
fn is_asleep<T>(_running: &Running<'_, T>) -> bool {
    true
}

/// Has the thread run `handler` in its wait, and comes back when it has been fetched.
fn signal<T>(running: &Running<'_, T>, handler: impl FnOnce() -> bool + Send + 'static) {
    HOST.mailbox(running.id, |handlers| handlers.push(Box::new(handler)));
    until(|| {
        poke(running);
        HOST.mailbox(running.id, |handlers| handlers.is_empty())
    });
}

/// What a test and a handler of it share.
fn leak<T>(thing: T) -> &'static T {
    Box::leak(Box::new(thing))
}

/// Starts a thread that waits, and ends its wait by a signal.
fn interrupted<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    kind: Kind,
    wait: impl FnOnce() -> T + Send + 'scope,
) -> T {
    let waiter = start_waiting(scope, kind, wait);
    signal(&waiter, || false);
    waiter.join()
}

/// How often this thread lets the interpreter go while it wakes a thread that waits.
fn lettings_go_while(waking: impl FnOnce(&Event)) -> usize {
    let event = Event::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(Deadline::NEVER).unwrap());
        let before = LETTINGS_GO.get();
        waking(&event);
        let lettings_go = LETTINGS_GO.get() - before;
        assert!(waiter.join());
        lettings_go
    })
}

#[test]
fn the_interpreter_is_let_go_around_a_wake_up_unless_it_is_to_be_kept() {
    prepare();
    KEEPS_OTHERS_OUT.set(true);
    let keeping = |event: &Event| wait::keeping(|| event.set());
    // Who is chosen before it sleeps has not to be woken, and after a wake-up that took long there is none for a while.
    until(|| {
        assert_eq!(lettings_go_while(keeping), 0);
        lettings_go_while(Event::set) == 1
    });
}

#[test]
fn the_interpreter_is_kept_when_who_is_chosen_is_awake() {
    prepare();
    KEEPS_OTHERS_OUT.set(true);
    let place = 0_u8;
    let site = Site::at(&place, Kind::Event, None);
    let ticket = wait::enlist(site, Place::Back);
    let before = LETTINGS_GO.get();
    unpark_all(site.address(), || ()).wake();
    assert_eq!(LETTINGS_GO.get(), before);
    assert!(ticket.cancel());
}

#[test]
fn the_interpreter_is_let_go_around_sleeps_and_only_there() {
    prepare();
    let (lock, event) = (Lock::new(), Event::new());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || {
            assert!(lock.try_acquire());
            lock.release().unwrap();
            assert_eq!(lock.acquire(Deadline::PAST), Ok(true));
            assert_eq!(LETTINGS_GO.get(), 0);
            assert_eq!(event.wait(long()), Ok(true));
            LETTINGS_GO.get()
        });
        event.set();
        assert!(waiter.join() >= 1);
    });
}

#[test]
fn a_thread_is_known_by_the_name_that_the_host_has_for_it() {
    prepare();
    let me = ThreadId::current();
    assert_eq!(ident_of(me), Some(7_000 + u64::from(me.get())));
}

#[test]
fn a_handler_can_end_every_wait() {
    prepare();
    let (lock, rlock, semaphore, event) =
        (Lock::new(), RLock::new(), Semaphore::new(0), Event::new());
    assert!(lock.try_acquire() && rlock.try_acquire());
    scope(|scope| {
        let acquire = || lock.acquire(long());
        assert_eq!(interrupted(scope, Kind::Lock, acquire), Err(WaitEnded::Interrupted));
        let acquire = || rlock.acquire(long());
        assert_eq!(interrupted(scope, Kind::RLock, acquire), Err(WaitEnded::Interrupted));
        let acquire = || semaphore.acquire(long());
        assert_eq!(interrupted(scope, Kind::Semaphore, acquire), Err(Interrupted));
        assert_eq!(interrupted(scope, Kind::Event, || event.wait(long())), Err(Interrupted));
    });
    // All are as they were.
    lock.release().unwrap();
    rlock.release().unwrap();
    assert_eq!((lock.is_locked(), rlock.is_locked(), event.is_set()), (false, false, false));
}

#[test]
fn a_handler_can_end_every_wait_of_a_queue_and_the_item_comes_back() {
    prepare();
    let (empty, full) = (Queue::<Fifo<u32>>::new(1), Queue::<Fifo<u32>>::new(1));
    full.put(1, Deadline::PAST).unwrap();
    scope(|scope| {
        let get = || empty.get(long());
        assert_eq!(interrupted(scope, Kind::QueueGet, get), Err(GetError::Interrupted));
        let put = || full.put(2, long());
        assert_eq!(interrupted(scope, Kind::QueuePut, put), Err(PutError::Interrupted(2)));
        let join = || full.join(long());
        assert_eq!(interrupted(scope, Kind::QueueJoin, join), Err(Interrupted));
    });
    assert_eq!((empty.len(), full.len()), (0, 1));
}

#[test]
fn a_handler_can_end_every_wait_of_a_backlog_and_no_place_goes_with_it() {
    prepare();
    let (empty, full) = (Backlog::<u32>::new(Some(1), None), Backlog::new(Some(1), None));
    full.reserve(Deadline::PAST).unwrap().put(0, 1);
    let limit = RateLimit::made_at(Rate::new(0.001, 1).unwrap(), None);
    assert_eq!(limit.acquire(Deadline::PAST), Ok(true));
    scope(|scope| {
        let get = || empty.get(long());
        assert_eq!(interrupted(scope, Kind::Work, get), Err(GetError::Interrupted));
        let acquire = || limit.acquire(long());
        assert_eq!(interrupted(scope, Kind::Rate, acquire), Err(Interrupted));
        let reserve = || full.reserve(long()).map(|place| place.put(0, 2));
        assert_eq!(interrupted(scope, Kind::BacklogPlace, reserve), Err(ReserveError::Interrupted));
    });
    assert_eq!(full.drain(), [1]);
    assert!(empty.reserve(Deadline::PAST).is_ok() && full.reserve(Deadline::PAST).is_ok());
}

#[test]
fn a_pacer_leaves_the_pace_to_another_while_its_handlers_run() {
    static OPEN: AtomicBool = AtomicBool::new(false);
    static OTHER_HAS_STARTED: AtomicBool = AtomicBool::new(false);
    struct Gate;
    impl Pace for Gate {
        fn start(&self) -> Result<(), Deadline> {
            if OPEN.load(SeqCst) { Ok(()) } else { Err(Deadline::NEVER) }
        }
    }
    prepare();
    let backlog = Backlog::new(None, Some(Arc::new(Gate)));
    for job in [1, 2] {
        backlog.reserve(Deadline::PAST).unwrap().put(0, job);
    }
    scope(|scope| {
        let pacer = start_waiting(scope, Kind::Rate, || backlog.get(Deadline::NEVER));
        let other = start_waiting(scope, Kind::Rate, || {
            let got = backlog.get(Deadline::NEVER);
            OTHER_HAS_STARTED.store(true, SeqCst);
            got
        });
        OPEN.store(true, SeqCst);
        signal(&pacer, || {
            until(|| OTHER_HAS_STARTED.load(SeqCst));
            true
        });
        assert_eq!((other.join(), pacer.join()), (Ok(Some(1)), Ok(Some(2))));
    });
}

#[test]
fn a_producer_keeps_its_turn_while_its_handlers_run() {
    static RUNS: AtomicBool = AtomicBool::new(false);
    static MAY_END: AtomicBool = AtomicBool::new(false);
    prepare();
    let backlog = Backlog::new(Some(1), None);
    backlog.reserve(Deadline::PAST).unwrap().put(0, 0);
    scope(|scope| {
        let reserve = |job| {
            let backlog = &backlog;
            move || backlog.reserve(long()).unwrap().put(0, job)
        };
        let first = start_waiting(scope, Kind::BacklogPlace, reserve(1));
        let second = start_waiting(scope, Kind::BacklogPlace, reserve(2));
        signal(&first, move || {
            RUNS.store(true, SeqCst);
            until(|| MAY_END.load(SeqCst));
            true
        });
        until(|| RUNS.load(SeqCst));
        assert_eq!(backlog.drain(), [0]);
        MAY_END.store(true, SeqCst);
        first.join();
        assert_eq!(backlog.drain(), [1]);
        second.join();
    });
    assert_eq!(backlog.drain(), [2]);
}

#[test]
fn a_wait_that_a_handler_ends_has_its_condition_s_lock_again() {
    prepare();
    let (lock, condition) = (RLock::new(), Condition::new());
    scope(|scope| {
        let wait = || {
            assert!(lock.try_acquire() && lock.try_acquire());
            (condition.wait(&lock, long()), lock.depth())
        };
        let expected = (Err(WaitError::Interrupted), 2);
        assert_eq!(interrupted(scope, Kind::Condition, wait), expected);
    });
    assert_eq!(condition.waiters(), 0);
}

#[test]
fn a_thread_that_a_handler_takes_from_a_barrier_is_not_counted_any_more() {
    prepare();
    let barrier = Barrier::new(2);
    let wait = || barrier.wait(long(), || Ok::<_, ()>(()));
    scope(|scope| {
        assert_eq!(interrupted(scope, Kind::Barrier, wait), Err(BarrierError::Interrupted));
        assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
        let other = start_waiting(scope, Kind::Barrier, wait);
        assert_eq!((wait(), other.join()), (Ok(1), Ok(0)));
    });
}

#[test]
fn a_wait_goes_on_after_a_handler_that_lets_it() {
    prepare();
    let lock = Lock::new();
    assert!(lock.try_acquire());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Lock, || lock.acquire(long()));
        for _ in 0..3 {
            signal(&waiter, || true);
        }
        waiter.until_waiting(Kind::Lock);
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_wait_that_goes_on_has_what_is_left_of_its_time() {
    prepare();
    let event = Event::new();
    let limit = Duration::from_millis(300);
    let begin = clock::now();
    let deadline = Deadline::after(limit);
    scope(|scope| {
        let waiter = common::start(scope, || event.wait(deadline));
        HOST.mailbox(waiter.id, |handlers| handlers.push(Box::new(|| true)));
        until(|| {
            poke(&waiter);
            waiter.is_finished()
        });
        assert_eq!(waiter.join(), Ok(false));
    });
    assert!(Duration::from_nanos(clock::now() - begin) >= limit);
}

/// A handler that is followed by so many others, each of which comes as the one before it runs. The last ends the wait.
fn followed_by(others: u32) -> Handler {
    Box::new(move || {
        if others > 0 {
            let next = followed_by(others - 1);
            HOST.mailbox(ThreadId::current(), |handlers| handlers.push(next));
        }
        others > 0
    })
}

#[test]
fn an_interrupt_that_came_just_before_a_sleep_is_not_missed() {
    prepare();
    let (lock, event) = (Lock::new(), Event::new());
    assert!(lock.try_acquire());
    TAKES_INTERRUPTS.set(true);
    for others in [0, 1, 4] {
        let arrive = || HOST.mailbox(ThreadId::current(), |all| all.push(followed_by(others)));
        arrive();
        assert_eq!(event.wait(long()), Err(Interrupted));
        arrive();
        assert_eq!(lock.acquire(long()), Err(WaitEnded::Interrupted));
    }
}

#[test]
fn looking_for_interrupts_changes_neither_limits_nor_wake_ups() {
    prepare();
    let event = Event::new();
    TAKES_INTERRUPTS.set(true);
    let (begin, limit) = (clock::now(), Duration::from_millis(60));
    assert_eq!(event.wait(Deadline::after(limit)), Ok(false));
    assert!(Duration::from_nanos(clock::now() - begin) >= limit);
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || {
            TAKES_INTERRUPTS.set(true);
            event.wait(long())
        });
        let later = Deadline::after(limit);
        until(|| later.is_past());
        event.set();
        assert_eq!(waiter.join(), Ok(true));
    });
}

/// A line that makes locks.
fn origin(number: u32) -> Origin {
    made_at(&Line { file: "host.rs".into(), number }, Kind::Lock)
}

/// The waits for what a line made.
fn waits(origin: Origin) -> Tally {
    let rows = metrics::waits();
    rows.iter().find(|facts| facts.origin == Some(origin)).map_or(Tally::default(), |row| row.tally)
}

/// The wait that lasts so long goes through several looks for signals.
const SEVERAL_LOOKS: Duration = Duration::from_millis(100);

#[test]
fn a_wait_that_is_left_for_looks_is_one_wait_from_its_beginning() {
    prepare();
    let origin = origin(1);
    let lock = Lock::made_at(Some(origin));
    assert!(lock.try_acquire());
    // Who was kept from a processor between two parts of a wait begins another.
    until(|| {
        let _recording = recording();
        let lasted = scope(|scope| {
            let waiter = start_waiting(scope, Kind::Lock, || {
                TAKES_INTERRUPTS.set(true);
                assert_eq!(lock.acquire(long()), Ok(true));
            });
            let begin = waiter.waiting().map(|waiting| waiting.since);
            let later = Deadline::after(SEVERAL_LOOKS);
            until(|| later.is_past());
            let still = waiter.waiting().map(|waiting| waiting.since);
            lock.release().unwrap();
            waiter.join();
            begin.is_some() && begin == still
        });
        let tally = waits(origin);
        lasted && tally.count == 1 && Duration::from_nanos(tally.total) >= SEVERAL_LOOKS
    });
}

#[test]
fn a_wait_that_a_handler_ends_is_over_when_the_next_begins() {
    prepare();
    let _recording = recording();
    let locks = [2, 3].map(|line| Lock::made_at(Some(origin(line))));
    assert!(locks.iter().all(Lock::try_acquire));
    TAKES_INTERRUPTS.set(true);
    HOST.mailbox(ThreadId::current(), |handlers| handlers.push(Box::new(|| false)));
    // It is left for a look, and not gone on with.
    assert_eq!(locks[0].acquire(long()), Err(WaitEnded::Interrupted));
    let between = clock::now();
    assert_eq!(locks[1].acquire(soon()), Ok(false));
    let end = clock::now();
    let [first, second] = [2, 3].map(|line| waits(origin(line)));
    assert_eq!((first.count, second.count), (1, 1));
    assert!(second.total <= end - between, "{second:?}");

    HOST.mailbox(ThreadId::current(), |handlers| handlers.push(Box::new(|| false)));
    assert_eq!(locks[0].acquire(long()), Err(WaitEnded::Interrupted));
    assert_eq!(waits(origin(2)).count, 2, "it is over when it is asked for, too");
}

#[test]
fn a_thread_that_takes_no_signals_sleeps_through_them() {
    prepare();
    let event = Event::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || {
            TAKES_SIGNALS.set(false);
            event.wait(long())
        });
        HOST.mailbox(waiter.id, |handlers| handlers.push(Box::new(|| false)));
        for _ in 0..50 {
            until(|| is_asleep(&waiter));
            poke(&waiter);
        }
        until(|| is_asleep(&waiter));
        event.set();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn taking_a_condition_s_lock_back_is_not_interrupted() {
    prepare();
    let (lock, condition) = (Lock::new(), Condition::new());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Condition, || {
            assert!(lock.acquire(long()).unwrap());
            let result = condition.wait(&lock, long());
            lock.release().unwrap();
            result
        });
        assert!(lock.acquire(long()).unwrap());
        // Its handler ends the wait for a notification, but not the one for the lock that follows.
        signal(&waiter, || false);
        waiter.until_waiting(Kind::Lock);
        HOST.mailbox(waiter.id, |handlers| handlers.push(Box::new(|| false)));
        for _ in 0..50 {
            poke(&waiter);
            yield_now();
        }
        assert!(!waiter.is_finished());
        lock.release().unwrap();
        assert_eq!(waiter.join(), Err(WaitError::Interrupted));
    });
}

#[test]
fn handlers_run_while_a_condition_s_lock_is_taken_back_and_end_the_wait_with_the_lock_held() {
    prepare();
    let (lock, condition) = (Lock::new(), Condition::new());
    let (runs, other_woke) = (leak(AtomicBool::new(false)), AtomicBool::new(false));
    let wait = || {
        assert!(lock.acquire(long()).unwrap());
        let result = condition.wait(&lock, long());
        lock.release().unwrap();
        result
    };
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Condition, wait);
        let other = start_waiting(scope, Kind::Condition, || {
            let result = wait();
            other_woke.store(true, SeqCst);
            result
        });
        assert!(lock.acquire(long()).unwrap());
        condition.wake(1);
        waiter.until_waiting(Kind::Lock);
        signal(&waiter, || {
            runs.store(true, SeqCst);
            true
        });
        until(|| runs.load(SeqCst));
        signal(&waiter, || false);
        assert!(!waiter.is_finished() && !other_woke.load(SeqCst));
        lock.release().unwrap();
        // The notification that it had is not lost.
        assert_eq!(waiter.join(), Err(WaitError::Interrupted));
        assert_eq!(other.join(), Ok(true));
    });
}

/// Has `first`, which waits for the lock or was moved to its queue, free it in a handler, which lasts until another thread
/// that waits for it has had it.
fn free_in_a_handler<'scope, T>(
    scope: &'scope Scope<'scope, '_>,
    first: &Running<'scope, T>,
    lock: &'static Lock,
) {
    let taken = leak(AtomicBool::new(false));
    let second = start_waiting(scope, Kind::Lock, || {
        assert_eq!(lock.acquire(long()), Ok(true));
        taken.store(true, SeqCst);
        lock.release().unwrap();
    });
    signal(first, || {
        lock.release().unwrap();
        until(|| taken.load(SeqCst));
        true
    });
    second.join();
}

#[test]
fn a_lock_that_is_freed_in_a_handler_goes_to_one_who_is_ready() {
    prepare();
    let lock = leak(Lock::new());
    assert!(lock.try_acquire());
    scope(|scope| {
        let first = start_waiting(scope, Kind::Lock, || lock.acquire(long()));
        free_in_a_handler(scope, &first, lock);
        assert_eq!(first.join(), Ok(true));
    });
}

#[test]
fn a_permit_that_is_released_in_a_handler_goes_to_one_who_is_ready() {
    prepare();
    let (semaphore, taken) = (leak(Semaphore::new(0)), leak(AtomicBool::new(false)));
    scope(|scope| {
        let first = start_waiting(scope, Kind::Semaphore, || semaphore.acquire(long()));
        let second = start_waiting(scope, Kind::Semaphore, || {
            assert_eq!(semaphore.acquire(long()), Ok(true));
            taken.store(true, SeqCst);
        });
        signal(&first, || {
            semaphore.release(1, None).unwrap();
            until(|| taken.load(SeqCst));
            false
        });
        assert_eq!(first.join(), Err(Interrupted));
        second.join();
    });
}

#[test]
fn items_that_are_put_in_a_handler_go_to_one_who_is_ready() {
    prepare();
    let (queue, got) = (leak(Queue::<Fifo<u32>>::new(0)), leak(AtomicUsize::new(0)));
    scope(|scope| {
        let first = start_waiting(scope, Kind::QueueGet, || queue.get(long()));
        let others = [(); 2].map(|()| {
            start_waiting(scope, Kind::QueueGet, || {
                queue.get(long()).unwrap();
                got.fetch_add(1, SeqCst);
            })
        });
        signal(&first, || {
            queue.put(1, Deadline::PAST).unwrap();
            queue.put(2, Deadline::PAST).unwrap();
            until(|| got.load(SeqCst) == 2);
            queue.put(3, Deadline::PAST).unwrap();
            true
        });
        assert_eq!(first.join(), Ok(3));
        for other in others {
            other.join();
        }
    });
}

/// Starts a thread that waits, and sends it a signal; the thing comes with the signal: when the thread has slept, and has
/// not left the queue yet. That is its first sleep, or else the next, at the front of the queue: what comes then is handed
/// over. Returns what the wait came to.
fn with_the_thing<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    kind: Kind,
    is_at_front: bool,
    come: &'static (dyn Fn() + Sync),
    wait: impl FnOnce() -> T + Send + 'scope,
) -> T {
    let waiter = start_waiting(scope, kind, move || {
        AS_IT_WAKES.set((!is_at_front).then_some(come));
        wait()
    });
    if is_at_front {
        signal(&waiter, || {
            AS_IT_WAKES.set(Some(come));
            true
        });
    }
    until(|| {
        poke(&waiter);
        waiter.is_finished()
    });
    waiter.join()
}

#[test]
fn what_comes_with_a_signal_is_had_once() {
    prepare();
    let (lock, semaphore) = (leak(Lock::new()), leak(Semaphore::new(0)));
    let queue = leak(Queue::<Fifo<u32>>::new(0));
    let release_lock = leak(|| lock.release().unwrap());
    let release_semaphore = leak(|| semaphore.release(1, None).unwrap());
    let put = leak(|| queue.put(1, Deadline::PAST).unwrap());
    for front in [false, true] {
        assert!(lock.try_acquire());
        scope(|scope| {
            let acquire = || lock.acquire(long());
            assert_eq!(with_the_thing(scope, Kind::Lock, front, release_lock, acquire), Ok(true));
            assert!(lock.is_locked() && !lock.try_acquire());
            lock.release().unwrap();

            let (kind, acquire) = (Kind::Semaphore, || semaphore.acquire(long()));
            assert_eq!(with_the_thing(scope, kind, front, release_semaphore, acquire), Ok(true));
            assert!(!semaphore.try_acquire());

            let get = || queue.get(long());
            assert_eq!(with_the_thing(scope, Kind::QueueGet, front, put, get), Ok(1));
            assert!(queue.is_empty());
        });
    }
}

#[test]
fn a_notification_that_comes_while_a_waiter_runs_a_handler_is_its_own() {
    prepare();
    let (lock, condition) = (leak(Lock::new()), leak(Condition::new()));
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Condition, || {
            assert!(lock.acquire(long()).unwrap());
            condition.wait(lock, long())
        });
        signal(&waiter, || {
            assert!(lock.acquire(long()).unwrap());
            condition.notify(lock, 1).unwrap();
            lock.release().unwrap();
            assert_eq!(condition.waiters(), 0);
            true
        });
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_notification_for_a_waiter_whose_handler_ends_the_wait_is_passed_on() {
    prepare();
    let (lock, condition) = (leak(Lock::new()), leak(Condition::new()));
    let wait = || {
        assert!(lock.acquire(long()).unwrap());
        let result = condition.wait(lock, long());
        lock.release().unwrap();
        result
    };
    scope(|scope| {
        let first = start_waiting(scope, Kind::Condition, wait);
        let second = start_waiting(scope, Kind::Condition, wait);
        signal(&first, || {
            assert!(lock.acquire(long()).unwrap());
            condition.notify(lock, 1).unwrap();
            lock.release().unwrap();
            false
        });
        assert_eq!(first.join(), Err(WaitError::Interrupted));
        assert_eq!(second.join(), Ok(true));
    });
    assert_eq!(condition.waiters(), 0);
}

#[test]
fn a_waiter_that_was_moved_to_its_lock_runs_handlers_and_gets_the_lock() {
    prepare();
    for goes_on in [true, false] {
        let (lock, condition) = (Lock::new(), Condition::new());
        scope(|scope| {
            let waiter = start_waiting(scope, Kind::Condition, || {
                assert!(lock.acquire(long()).unwrap());
                let result = condition.wait(&lock, long());
                lock.release().unwrap();
                result
            });
            assert!(lock.acquire(long()).unwrap());
            condition.notify(&lock, 1).unwrap();
            signal(&waiter, move || goes_on);
            assert!(!waiter.is_finished());
            lock.release().unwrap();
            let expected = if goes_on { Ok(true) } else { Err(WaitError::Interrupted) };
            assert_eq!(waiter.join(), expected);
        });
        assert_eq!((lock.is_locked(), condition.waiters()), (false, 0));
    }
}

#[test]
fn a_lock_that_is_freed_in_a_handler_of_a_moved_waiter_goes_to_one_who_is_ready() {
    prepare();
    let (lock, condition) = (leak(Lock::new()), Condition::new());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Condition, || {
            assert!(lock.acquire(long()).unwrap());
            condition.wait(lock, long())
        });
        assert!(lock.acquire(long()).unwrap());
        condition.notify(lock, 1).unwrap();
        free_in_a_handler(scope, &waiter, lock);
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn an_event_that_is_set_in_a_handler_ends_the_wait() {
    prepare();
    let event = leak(Event::new());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(long()));
        signal(&waiter, || {
            event.set();
            event.clear();
            true
        });
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_wait_inside_a_handler_is_seen_and_then_the_outer_one_again() {
    prepare();
    let (lock, condition, event) = (leak(Lock::new()), leak(Condition::new()), leak(Event::new()));
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Condition, || {
            assert!(lock.acquire(long()).unwrap());
            condition.wait(lock, long())
        });
        signal(&waiter, || event.wait(long()).unwrap());
        waiter.until_waiting(Kind::Event);
        event.set();
        waiter.until_waiting(Kind::Condition);
        assert!(lock.acquire(long()).unwrap());
        condition.notify(lock, 1).unwrap();
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn interruptions_of_some_lose_no_wake_up_of_the_others() {
    prepare();
    let lock = Lock::new();
    let turns = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let take_turns = || {
        while !stop.load(SeqCst) {
            if lock.acquire(Deadline::NEVER).is_ok() {
                turns.fetch_add(1, SeqCst);
                yield_now();
                lock.release().unwrap();
            }
        }
    };
    scope(|scope| {
        let threads = [(); 4].map(|()| common::start(scope, take_turns));
        for round in 0..200 {
            let victim = &threads[round % 2];
            HOST.mailbox(victim.id, |handlers| handlers.push(Box::new(move || round % 3 == 0)));
            poke(victim);
            let before = turns.load(SeqCst);
            until(|| turns.load(SeqCst) > before);
        }
        stop.store(true, SeqCst);
    });
    assert!(!lock.is_locked());
    assert_eq!(lock.acquire(soon()), Ok(true));
}
