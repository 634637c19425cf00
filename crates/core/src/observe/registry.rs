//! The threads that have met the engine.
//!
//! A thread enters when it is given its number (its first lock, wait or announcement) and leaves when it
//! ends, unless the program is watched: then its record is kept for the report.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::tally::Tally;
use crate::thread::{Life, ThreadId};
use crate::wait::{Kind, Site, clock, host, watch};

/// Where a thread waits, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it waits for.
    pub site: Site,
    /// When the wait began, on [`clock::now`].
    pub since: u64,
}

/// What is known of a thread, as of the time of asking.
#[derive(Clone, Debug)]
pub struct ThreadFacts {
    /// Its number.
    pub id: ThreadId,
    /// The host's identifier of it.
    pub ident: u64,
    /// The kernel's identifier of it, where the system has one.
    pub native_id: Option<u32>,
    /// Its name, when somebody told.
    pub name: Option<String>,
    /// When it met the engine, on [`clock::now`].
    pub started: u64,
    /// When it ended.
    pub ended: Option<u64>,
    /// The processor time it used, where the system tells.
    pub cpu: Option<Duration>,
    /// Its waits by kind, in the order of [`Kind::ALL`]; recorded while watched.
    pub waits: [Tally; Kind::ALL.len()],
    /// What it waits for now.
    pub waiting: Option<Waiting>,
}

/// A thread's own record; the registry and the thread share it. Any other thread locks it with the
/// registry locked, so that a fork, which locks the registry, finds the forking thread's record free.
struct Record(Mutex<ThreadFacts>);

impl Record {
    fn facts(&self) -> MutexGuard<'_, ThreadFacts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Records = BTreeMap<ThreadId, Arc<Record>>;

static RECORDS: Mutex<Records> = Mutex::new(BTreeMap::new());

fn records() -> MutexGuard<'static, Records> {
    RECORDS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calling thread's hold on its record, and the lives that end with it; dropped when the thread ends.
struct Own {
    record: Arc<Record>,
    lives: Vec<Arc<Life>>,
}

impl Drop for Own {
    fn drop(&mut self) {
        let id = self.record.facts().id;
        if watch::is_on() {
            end(&mut self.record.facts());
        } else {
            records().remove(&id);
        }
        // Last: who has joined a thread finds it gone.
        self.lives.iter().for_each(|life| life.end());
    }
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

/// Runs `step` on the calling thread's record. A thread that is being torn down has none any more.
fn with_own<R>(step: impl FnOnce(&mut ThreadFacts) -> R) -> Option<R> {
    OWN.try_with(|own| own.borrow().as_ref().map(|own| step(&mut own.record.facts())))
        .ok()
        .flatten()
}

/// Enters the calling thread under its new number.
pub(crate) fn enrol(id: ThreadId) {
    let record = Arc::new(Record(Mutex::new(ThreadFacts {
        id,
        ident: host::host().thread_ident(),
        native_id: native_id(),
        name: None,
        started: clock::now(),
        ended: None,
        cpu: None,
        waits: [Tally::default(); Kind::ALL.len()],
        waiting: None,
    })));
    records().insert(id, Arc::clone(&record));
    // Without thread-local storage (a thread being torn down) the entry has no owner to remove it.
    if OWN.try_with(|own| own.replace(Some(Own { record, lives: Vec::new() }))).is_err() {
        records().remove(&id);
    }
}

/// Tells the registry that the calling thread exists, which it otherwise learns from its first lock.
pub fn announce() {
    let _ = ThreadId::current();
}

/// Gives the calling thread a name.
pub fn set_name(name: &str) {
    announce();
    with_own(|own| own.name = Some(name.to_owned()));
}

/// Notes that the calling thread is done with its work, under this name.
pub fn announce_end(name: &str) {
    set_name(name);
    with_own(end);
}

/// Gives a thread a name, if it is registered.
pub fn rename(id: ThreadId, name: &str) {
    if let Some(record) = records().get(&id) {
        record.facts().name = Some(name.to_owned());
    }
}

/// Ends `life` when the calling thread has ended.
pub(crate) fn ends_with_thread(life: Arc<Life>) {
    announce();
    let add = |own: &RefCell<Option<Own>>| match own.borrow_mut().as_mut() {
        Some(own) => own.lives.push(life),
        None => life.end(),
    };
    // (A thread that is being torn down has nothing left to tell its end by, and is as good as ended.)
    let _ = OWN.try_with(add);
}

fn end(facts: &mut ThreadFacts) {
    if facts.ended.is_none() {
        facts.ended = Some(clock::now());
        facts.cpu = own_cpu();
    }
}

/// Writes down what the calling thread waits for; returns what stood there.
pub(crate) fn set_waiting(waiting: Option<Waiting>) -> Option<Waiting> {
    with_own(|own| std::mem::replace(&mut own.waiting, waiting)).flatten()
}

/// Counts a wait of the calling thread.
pub(crate) fn count_wait(kind: Kind, nanoseconds: u64) {
    with_own(|own| own.waits[kind.index()].add(nanoseconds));
}

/// What the living thread with this identifier of the host's waits for; `None` when it waits for nothing
/// at the door.
#[must_use]
pub fn waiting_of(ident: u64) -> Option<Waiting> {
    let records = records();
    let mut alive = records.values().map(|record| record.facts());
    alive.find(|facts| facts.ident == ident && facts.ended.is_none())?.waiting
}

/// The host's identifier of a thread that is registered.
#[must_use]
pub fn ident_of(id: ThreadId) -> Option<u64> {
    records().get(&id).map(|record| record.facts().ident)
}

/// What is known of every registered thread, in the order of their numbers.
#[must_use]
pub fn threads() -> Vec<ThreadFacts> {
    let mut all: Vec<_> = records().values().map(|record| record.facts().clone()).collect();
    // Files are read with no lock held.
    for facts in all.iter_mut().filter(|facts| facts.ended.is_none()) {
        facts.cpu = facts.native_id.and_then(cpu_of);
    }
    all
}

/// Forgets the threads that have ended.
pub(crate) fn forget_ended() {
    records().retain(|_, record| record.facts().ended.is_none());
}

/// The registry's lock, held over a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) struct RegistryGuard(MutexGuard<'static, Records>);

#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
impl RegistryGuard {
    /// Keeps one thread's record only, and puts the kernel's new identifier into it.
    pub(crate) fn retain_thread(&mut self, id: ThreadId) {
        self.0.retain(|&other, _| other == id);
        with_own(|own| own.native_id = native_id());
    }
}

/// Locks the registry for the time of a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) fn freeze() -> RegistryGuard {
    RegistryGuard(records())
}

/// The kernel's identifier of the calling thread, where the system has one.
#[cfg(target_os = "linux")]
#[must_use]
pub fn native_id() -> Option<u32> {
    Some(rustix::thread::gettid().as_raw_nonzero().get().cast_unsigned())
}

/// The kernel's identifier of the calling thread, where the system has one.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn native_id() -> Option<u32> {
    None
}

/// The calling thread's processor time.
#[cfg(target_os = "linux")]
fn own_cpu() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).ok()
}

#[cfg(not(target_os = "linux"))]
fn own_cpu() -> Option<Duration> {
    None
}

/// A living thread's processor time: the first figure of its `schedstat` (`proc_pid_schedstat(5)`).
#[cfg(target_os = "linux")]
fn cpu_of(native_id: u32) -> Option<Duration> {
    let line = std::fs::read_to_string(format!("/proc/self/task/{native_id}/schedstat")).ok()?;
    line.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

#[cfg(not(target_os = "linux"))]
fn cpu_of(_native_id: u32) -> Option<Duration> {
    None
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_registered_while_it_lives() {
        let (id, facts) = std::thread::spawn(|| {
            set_name("short-lived");
            let id = ThreadId::current();
            (id, threads().into_iter().find(|facts| facts.id == id).unwrap())
        })
        .join()
        .unwrap();
        assert_eq!(facts.name.as_deref(), Some("short-lived"));
        assert_eq!(ident_of(id), None);
        assert!(threads().iter().all(|facts| facts.id != id));
    }

    #[test]
    fn the_processor_time_of_a_living_thread_is_known() {
        announce();
        let own = threads().into_iter().find(|facts| facts.id == ThreadId::current()).unwrap();
        assert_eq!(own.cpu.is_some(), cfg!(target_os = "linux"));
    }
}
