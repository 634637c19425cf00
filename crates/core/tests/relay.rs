//! Many threads that are woken at once, with a host that one thread at a time has.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(
    clippy::disallowed_methods,
    reason = "the interpreter of these tests is waited for apart from the door"
)]

mod common;

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Condvar, Mutex};
use std::thread::{scope, yield_now};
use std::time::Duration;

use common::until;
use ironthread::observe::registry::{Waiting, threads};
use ironthread::sync::{Event, Semaphore};
use ironthread::wait::host::{Host, set_host};
use ironthread::wait::{Deadline, Kind, Place, Signals, Site, Wake, park, unpark_all};

const MANY: usize = 100;
/// So many are woken at once (see `wait/relay.rs`).
const RUNNERS: usize = 8;

/// An interpreter with a lock.
struct Interpreter {
    is_held: Mutex<bool>,
    is_free: Condvar,
    /// How many threads that have slept ask for it.
    asking: AtomicUsize,
    most_asking: AtomicUsize,
}

/// There is one interpreter in the process.
static ONE_TEST_AT_A_TIME: Mutex<()> = Mutex::new(());

thread_local! {
    static HAS_IT: Cell<bool> = const { Cell::new(false) };
}

static INTERPRETER: Interpreter = Interpreter {
    is_held: Mutex::new(false),
    is_free: Condvar::new(),
    asking: AtomicUsize::new(0),
    most_asking: AtomicUsize::new(0),
};

impl Interpreter {
    fn take(&self) {
        let is_held = self.is_held.lock().unwrap();
        *self.is_free.wait_while(is_held, |is_held| *is_held).unwrap() = true;
        HAS_IT.set(true);
    }

    fn let_go(&self) {
        HAS_IT.set(false);
        *self.is_held.lock().unwrap() = false;
        self.is_free.notify_one();
    }
}

impl Host for Interpreter {
    fn detached(&self, step: &mut (dyn FnMut() + Send)) {
        assert!(HAS_IT.get(), "who waits has it");
        self.let_go();
        step();
        let asking = self.asking.fetch_add(1, SeqCst) + 1;
        self.most_asking.fetch_max(asking, SeqCst);
        self.take();
        self.asking.fetch_sub(1, SeqCst);
    }

    fn has_lock(&self) -> bool {
        true
    }
}

/// Runs `step` in a thread that has the interpreter.
fn with_interpreter<R>(step: impl FnOnce() -> R) -> R {
    set_host(&INTERPRETER);
    INTERPRETER.take();
    let result = step();
    INTERPRETER.let_go();
    result
}

fn waiting_for(kind: Kind) -> usize {
    let waits = |waiting: Option<Waiting>| waiting.is_some_and(|it| it.site.kind() == kind);
    threads().iter().filter(|facts| waits(facts.waiting)).count()
}

#[test]
fn a_few_at_a_time_ask_for_the_interpreter_and_all_get_it() {
    let _alone = ONE_TEST_AT_A_TIME.lock().unwrap();
    INTERPRETER.most_asking.store(0, SeqCst);
    let event = Event::new();
    scope(|scope| {
        for _ in 0..MANY {
            scope.spawn(|| with_interpreter(|| assert!(event.wait(Deadline::NEVER).unwrap())));
        }
        until(|| waiting_for(Kind::Event) == MANY);
        with_interpreter(|| {
            event.set();
            // Who is woken cannot have it before this thread lets it go. All that are awake get there meanwhile.
            until(|| INTERPRETER.asking.load(SeqCst) >= RUNNERS);
            (0..1000).for_each(|_| yield_now());
        });
    });
    // Who waits need not be asleep already: those wake by themselves.
    assert!(INTERPRETER.most_asking.load(SeqCst) < MANY / 2);
}

#[test]
fn limits_that_pass_meanwhile_leave_nobody_asleep() {
    let _alone = ONE_TEST_AT_A_TIME.lock().unwrap();
    let semaphore = Semaphore::new(0);
    let taken = AtomicUsize::new(0);
    scope(|scope| {
        for number in 0..MANY {
            let limit = Duration::from_millis(50);
            let deadline = if number % 2 == 0 { Deadline::after(limit) } else { Deadline::NEVER };
            let (semaphore, taken) = (&semaphore, &taken);
            scope.spawn(move || {
                with_interpreter(|| {
                    let is_taken = semaphore.acquire(deadline).unwrap();
                    taken.fetch_add(usize::from(is_taken), SeqCst);
                    assert!(is_taken || deadline != Deadline::NEVER);
                });
            });
        }
        until(|| waiting_for(Kind::Semaphore) >= MANY / 2);
        // The limits pass before, during and after this.
        with_interpreter(|| semaphore.release(MANY as u64, None).unwrap());
    });
    assert!(taken.load(SeqCst) >= MANY / 2);
}

#[test]
fn those_whom_nobody_wakes_one_after_the_other_are_woken_all() {
    let _alone = ONE_TEST_AT_A_TIME.lock().unwrap();
    let site = Site::at(&ONE_TEST_AT_A_TIME, Kind::Event, None);
    scope(|scope| {
        for _ in 0..MANY {
            scope.spawn(|| {
                let wait = || park(site, Place::Back, || true, Deadline::NEVER, Signals::Defer);
                assert_eq!(with_interpreter(wait), Wake::Notified);
            });
        }
        until(|| waiting_for(Kind::Event) == MANY);
        let mut unparked = None;
        with_interpreter(|| unparked = Some(unpark_all(site.address(), || ())));
        // By a thread that the host knows nothing of.
        drop(unparked);
    });
}
