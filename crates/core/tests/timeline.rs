//! When threads waited, for what and for whom.

#![cfg(not(loom))]

mod common;

use std::cell::Cell;
use std::thread::scope;
use std::time::Duration;

use common::{long, soon, start, start_waiting};
use ironthread::observe::origin::{Line, made_at};
use ironthread::observe::registry::{announce, count_attaching, set_helper, threads};
use ironthread::observe::timeline::{self, Interval, LIMIT};
use ironthread::sync::{Event, Lock};
use ironthread::thread::ThreadId;
use ironthread::wait::host::{Host, set_host};
use ironthread::wait::{Deadline, Kind, clock, watch};

/// A recording with a timeline.
fn recording(limit: usize) -> Recording {
    let recording = common::recording();
    timeline::start(limit);
    Recording { _recording: recording }
}

struct Recording {
    _recording: common::Recording,
}

impl Drop for Recording {
    fn drop(&mut self) {
        timeline::stop();
    }
}

/// An interpreter that a thread gets back after its sleeps so many nanoseconds later, as it says.
struct Interpreter;

thread_local! {
    static ATTACHING: Cell<u64> = const { Cell::new(0) };
}

impl Host for Interpreter {
    fn detached(&self, sleep: &mut (dyn FnMut() + Send)) {
        sleep();
        count_attaching(ATTACHING.get());
    }
}

/// The intervals of a thread.
fn intervals_of(id: ThreadId) -> Vec<Interval> {
    timeline::snapshot().threads.remove(&id).unwrap_or_default().intervals
}

/// A wait of the calling thread that ends by its time limit.
fn wait_briefly() {
    assert_eq!(Event::new().wait(soon()), Ok(false));
}

#[test]
fn a_wait_for_a_lock_is_an_interval_with_line_and_holder() {
    let _recording = recording(LIMIT);
    let origin = made_at(&Line { file: "timeline.rs".into(), number: 1 }, Kind::Lock);
    let lock = Lock::made_at(Some(origin));
    lock.acquire(long()).unwrap();
    let before = clock::now();
    let id = scope(|scope| {
        let waiting = start_waiting(scope, Kind::Lock, || lock.acquire(long()).unwrap());
        let id = waiting.id;
        // While it goes on it ends now.
        let [going_on] = intervals_of(id)[..] else { panic!("one wait is one interval") };
        assert_eq!((going_on.kind, going_on.origin), (Kind::Lock, Some(origin)));
        assert_eq!(going_on.holder, Some(ThreadId::current()));
        assert!(before <= going_on.begin && going_on.begin <= going_on.end);
        lock.release().unwrap();
        waiting.join();
        let [interval] = intervals_of(id)[..] else { panic!("one wait is one interval") };
        assert!(going_on.end <= interval.end && interval.end <= clock::now());
        assert_eq!(interval, Interval { end: interval.end, ..going_on });
        id
    });
    let facts = threads().into_iter().find(|facts| facts.id == id);
    let tally = facts.expect("kept while recorded").waits[Kind::Lock.index()];
    assert_eq!(intervals_of(id).iter().map(Interval::duration).sum::<u64>(), tally.total);
}

#[test]
fn of_a_wait_the_time_is_known_that_was_for_the_interpreter() {
    set_host(&Interpreter);
    let _recording = recording(LIMIT);
    for attaching in [3_000_000, 3_600_000_000_000] {
        ATTACHING.set(attaching);
        wait_briefly();
    }
    let [part, all] = intervals_of(ThreadId::current())[..] else { panic!("two waits") };
    assert_eq!(part.attaching, 3_000_000);
    assert_eq!(all.attaching, all.duration(), "no more of it than there was");
}

#[test]
fn intervals_and_what_was_omitted_add_up_to_the_tallies() {
    let _recording = recording(3);
    announce();
    for turn in 0..20 {
        let wait = Deadline::after(Duration::from_micros(10 << (turn % 8)));
        assert_eq!(Event::new().wait(wait), Ok(false));
    }
    let own = ThreadId::current();
    let facts = threads().into_iter().find(|facts| facts.id == own).unwrap();
    let tally = facts.waits[Kind::Event.index()];
    let mut line = timeline::snapshot().threads.remove(&own).unwrap();
    assert!(line.intervals.len() <= 3 && line.omitted.count >= 17);
    line.intervals.iter().for_each(|each| line.omitted.add(each.duration()));
    assert_eq!(line.omitted, tally);
}

#[test]
fn a_new_recording_begins_with_an_empty_timeline() {
    let _recording = recording(LIMIT);
    wait_briefly();
    let own = ThreadId::current();
    assert_eq!(intervals_of(own).len(), 1);
    watch::start();
    assert_eq!(intervals_of(own), []);
    wait_briefly();
    assert_eq!(intervals_of(own).len(), 1);
    timeline::start(LIMIT);
    assert_eq!(intervals_of(own), []);
}

#[test]
fn nothing_is_kept_after_the_stop_nor_of_helpers() {
    let _recording = recording(LIMIT);
    timeline::stop();
    wait_briefly();
    assert_eq!(intervals_of(ThreadId::current()), []);
    timeline::start(LIMIT);
    let id = scope(|scope| {
        let helping = start(scope, || {
            set_helper("helper");
            wait_briefly();
            ThreadId::current()
        });
        helping.join()
    });
    assert!(!timeline::snapshot().threads.contains_key(&id));
}

#[test]
fn of_threads_without_end_the_last_are_kept() {
    let _recording = recording(LIMIT);
    let threads = 3100;
    for _ in 0..threads {
        std::thread::spawn(|| Event::new().wait(Deadline::after(Duration::from_nanos(1))))
            .join()
            .unwrap()
            .unwrap();
    }
    let timeline = timeline::snapshot();
    let kept: usize = timeline.threads.values().map(|line| line.intervals.len()).sum();
    assert_eq!(timeline.resolution, 0);
    assert!((2000..2600).contains(&kept), "{kept}");
    assert_eq!(kept as u64 + timeline.omitted, threads);
}
