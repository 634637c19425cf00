//! What the engine tells about its threads and their waits.

#![cfg(not(loom))]

mod common;

use std::thread::scope;
use std::time::Duration;

use common::{long, recording, soon, start, start_waiting, until};
use ironthread::observe::Tally;
use ironthread::observe::metrics::{self, WaitFacts};
use ironthread::observe::origin::{Line, line, made_at};
use ironthread::observe::registry::{
    ThreadFacts, announce, announce_end, ident_of, set_helper, set_name, threads,
};
use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Event, Lock, RLock};
use ironthread::thread::ThreadId;
use ironthread::wait::{Deadline, Kind, Origin, clock, watch};

fn facts_of(id: ThreadId) -> Option<ThreadFacts> {
    threads().into_iter().find(|facts| facts.id == id)
}

fn origin(number: u32, kind: Kind) -> Origin {
    made_at(&Line { file: "observe.rs".into(), number }, kind)
}

/// What is known of waits for a kind of thing that a line made.
fn row(kind: Kind, origin: Origin) -> Option<WaitFacts> {
    let of_line = |row: &WaitFacts| (row.kind, row.origin) == (kind, Some(origin));
    metrics::waits().into_iter().find(of_line)
}

/// What was recorded for a kind of thing that a line made.
fn recorded(kind: Kind, origin: Origin) -> Option<Tally> {
    row(kind, origin).map(|row| row.tally)
}

#[test]
fn a_thread_is_known_from_its_first_use_of_the_engine_to_its_end() {
    let (id, facts) = scope(|scope| {
        let running = start(scope, || {
            set_name("worker");
            facts_of(ThreadId::current()).unwrap()
        });
        (running.id, running.join())
    });
    assert_eq!((facts.id, facts.name.as_deref(), facts.ended), (id, Some("worker"), None));
    assert!(facts.started <= clock::now());
    until(|| facts_of(id).is_none());
    assert_eq!(ident_of(id), None);
}

#[test]
fn a_sleeping_thread_tells_what_it_waits_for_and_since_when() {
    let made = origin(line!(), Kind::Event);
    let event = Event::made_at(Some(made));
    let before = clock::now();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(long()));
        let waiting = waiter.waiting().unwrap();
        assert_eq!(waiting.site.origin(), Some(made));
        assert!(before <= waiting.since && waiting.since <= clock::now());
        event.set();
        assert_eq!(waiter.join(), Ok(true));
    });
    announce();
    assert_eq!(facts_of(ThreadId::current()).unwrap().waiting, None);
}

#[test]
fn a_thread_that_waits_for_a_lock_leads_to_its_holder() {
    let lock = Lock::new();
    assert!(lock.try_acquire());
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Lock, || lock.acquire(long()));
        assert_eq!(lock.holder(), Some(ThreadId::current()));
        assert_eq!(facts_of(waiter.id).unwrap().holder, lock.holder());
        assert!(ident_of(lock.holder().unwrap()).is_some());
        lock.release().unwrap();
        assert_eq!(waiter.join(), Ok(true));
        assert_eq!(lock.release(), Ok(()));
    });
}

#[test]
fn the_holder_is_told_for_as_long_as_a_lock_is_waited_for() {
    let lock = RLock::new();
    assert!(lock.try_acquire());
    let event = Event::new();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::RLock, || {
            assert_eq!(lock.acquire(long()), Ok(true));
            event.wait(long())
        });
        assert_eq!(facts_of(waiter.id).unwrap().holder, Some(ThreadId::current()));
        lock.release().unwrap();
        until(|| waiter.waiting().is_some_and(|waiting| waiting.site.kind() == Kind::Event));
        assert_eq!((facts_of(waiter.id).unwrap().holder, lock.holder()), (None, Some(waiter.id)));
        event.set();
        assert_eq!(waiter.join(), Ok(true));
    });
}

#[test]
fn a_line_is_told_with_the_number_of_things_it_made() {
    let here = Line { file: "observe.rs".into(), number: line!() };
    let first = made_at(&here, Kind::Lock);
    assert_eq!(made_at(&here, Kind::Lock), first);
    assert_eq!(line(first), Some((here, 2)));
}

#[test]
fn waits_are_recorded_by_kind_and_line_while_watched() {
    let _recording = recording();
    let made = origin(line!(), Kind::Event);
    let events = [(); 3].map(|()| Event::made_at(Some(made)));
    let limit = 10_000_000;
    let own = scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || {
            for event in &events {
                assert_eq!(event.wait(long()), Ok(true));
            }
            facts_of(ThreadId::current()).unwrap().waits[Kind::Event.index()]
        });
        let mut last = 0;
        for event in &events {
            until(|| waiter.waiting().is_some_and(|waiting| waiting.since > last));
            last = waiter.waiting().unwrap().since;
            until(|| clock::now() >= last + limit);
            event.set();
        }
        waiter.join()
    });
    let tally = recorded(Kind::Event, made).unwrap();
    assert_eq!(tally.count, 3);
    assert!(tally.total >= 3 * limit && tally.longest >= limit && tally.longest < tally.total);
    assert_eq!((own.count, own.total), (3, tally.total));
}

#[test]
fn a_wait_that_began_before_the_recording_is_recorded_when_it_ends() {
    let made = origin(line!(), Kind::Event);
    let event = Event::made_at(Some(made));
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Event, || event.wait(long()));
        let _recording = recording();
        event.set();
        assert_eq!(waiter.join(), Ok(true));
        assert_eq!(recorded(Kind::Event, made).map(|tally| tally.count), Some(1));
    });
}

#[test]
fn a_wait_that_ends_after_the_recording_lasts_no_longer_than_it_did() {
    let made = origin(line!(), Kind::Event);
    let event = Event::made_at(Some(made));
    let occupied = || row(Kind::Event, made).map(|row| row.occupied);
    scope(|scope| {
        let recording = recording();
        let waiter = start_waiting(scope, Kind::Event, || event.wait(long()));
        until(|| occupied().is_some());
        watch::stop();
        event.set();
        assert_eq!(waiter.join(), Ok(true));
        let lasted = occupied();
        let later = soon();
        until(|| later.is_past());
        assert_eq!(occupied(), lasted);
        drop(recording);
    });
}

#[test]
fn what_a_helper_waits_for_is_not_recorded() {
    let _recording = recording();
    let made = origin(line!(), Kind::Event);
    let event = Event::made_at(Some(made));
    scope(|scope| {
        let helper = start(scope, || {
            set_helper("helper");
            assert_eq!(event.wait(soon()), Ok(false));
            facts_of(ThreadId::current()).unwrap()
        });
        let facts = helper.join();
        assert!(facts.helper);
        assert_eq!(facts.waits[Kind::Event.index()].count, 0);
    });
    assert_eq!(recorded(Kind::Event, made), None);
}

#[test]
fn what_need_not_be_waited_for_is_not_recorded() {
    let _recording = recording();
    let made = origin(line!(), Kind::Lock);
    let lock = Lock::made_at(Some(made));
    assert_eq!(lock.acquire(Deadline::NEVER), Ok(true));
    assert_eq!(lock.acquire(Deadline::PAST), Ok(false));
    assert!(!lock.try_acquire());
    lock.release().unwrap();
    assert_eq!(recorded(Kind::Lock, made), None);
}

#[test]
fn a_queue_tells_its_sides_apart() {
    let _recording = recording();
    let made = origin(line!(), Kind::QueueGet);
    let queue = Queue::made_at(Fifo::default(), 1, Some(made));
    assert!(queue.get(soon()).is_err());
    queue.put(1, Deadline::PAST).unwrap();
    assert!(queue.put(2, soon()).is_err());
    assert_eq!(queue.join(soon()), Ok(false));
    for kind in [Kind::QueueGet, Kind::QueuePut, Kind::QueueJoin] {
        assert_eq!(recorded(kind, made).map(|tally| tally.count), Some(1), "{}", kind.name());
    }
}

#[test]
fn nothing_is_recorded_before_the_start_or_after_the_stop() {
    let made = origin(line!(), Kind::Event);
    let event = Event::made_at(Some(made));
    {
        let recording = recording();
        watch::stop();
        assert!(!watch::is_on());
        assert_eq!(event.wait(soon()), Ok(false));
        assert_eq!(recorded(Kind::Event, made), None);
        drop(recording);
    }
    let before = clock::now();
    let _recording = recording();
    assert!(watch::is_on() && before <= watch::since() && watch::since() <= clock::now());
    assert_eq!(event.wait(soon()), Ok(false));
    watch::stop();
    assert_eq!(recorded(Kind::Event, made).map(|tally| tally.count), Some(1), "figures stay");
    watch::start();
    assert_eq!(recorded(Kind::Event, made), None, "a new recording begins with nothing");
}

#[test]
fn a_thread_that_ends_while_watched_is_kept_for_the_report() {
    let recording = recording();
    let id = scope(|scope| {
        let running = start(scope, || {
            assert_eq!(Event::new().wait(soon()), Ok(false));
            announce_end("done");
        });
        let id = running.id;
        running.join();
        id
    });
    let facts = facts_of(id).unwrap();
    assert_eq!(facts.name.as_deref(), Some("done"));
    assert!(facts.ended.is_some_and(|ended| facts.started <= ended && ended <= clock::now()));
    assert_eq!(facts.cpu.is_some(), cfg!(target_os = "linux"));
    assert_eq!(facts.waits[Kind::Event.index()].count, 1);
    // Its end is the one it announced, not the later one of the system's thread.
    assert_eq!(facts_of(id).unwrap().ended, facts.ended);
    watch::start();
    assert!(facts_of(id).is_none());
    drop(recording);
}

#[test]
fn a_new_recording_begins_with_nothing_of_the_threads_that_live() {
    let recording = recording();
    let busy = Duration::from_millis(20);
    let own = || facts_of(ThreadId::current()).unwrap();
    assert_eq!(Event::new().wait(soon()), Ok(false));
    if cfg!(target_os = "linux") {
        until(|| own().cpu.unwrap() >= busy);
    }
    watch::start();
    let facts = own();
    assert_eq!(facts.waits[Kind::Event.index()].count, 0);
    assert!(facts.cpu.unwrap_or_default() < busy, "{:?}", facts.cpu);
    drop(recording);
}

#[test]
fn a_thread_uses_no_more_time_than_it_lives() {
    let recording = recording();
    for _ in 0..100 {
        let id = scope(|scope| {
            let running = start(scope, || announce_end("short"));
            let id = running.id;
            running.join();
            id
        });
        let facts = facts_of(id).unwrap();
        let lived = Duration::from_nanos(facts.ended.unwrap() - facts.started);
        // Two clocks of the system, that may differ by a microsecond.
        assert!(facts.cpu.unwrap_or_default() <= lived + Duration::from_micros(1), "{facts:?}");
    }
    drop(recording);
}
