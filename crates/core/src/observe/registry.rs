//! The threads that have met the engine.
//!
//! A thread enters when it is given its number (its first lock, wait or announcement) and leaves when it
//! ends, unless the program is watched: then its record is kept for the report.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::deadlock;
use super::kernel::{cpu_of, native_id, own_cpu};
use super::loan::Loan;
use super::metrics::ledger::ledger;
use super::onlookers;
use super::stack::Stack;
use super::tally::Tally;
use super::timeline;
use crate::facade::AtomicU32;
use crate::sync;
use crate::thread::{Life, ThreadId};
use crate::wait::{self, Kind, Site, clock, host, watch};

/// Where a thread waits, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it waits for.
    pub site: Site,
    /// When the wait began, on [`clock::now`].
    pub since: u64,
    /// Whether it has no time limit.
    pub unlimited: bool,
}

/// A thread that waits, and what it waits for, of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sleeper {
    pub(crate) thread: ThreadId,
    pub(crate) ident: u64,
    pub(crate) name: Option<String>,
    pub(crate) waiting: Waiting,
    /// The word that names who has to bring it about, where there is one.
    pub(crate) word: Option<u32>,
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
    /// The processor time it used since then, or since the recording began, where the system tells.
    pub cpu: Option<Duration>,
    /// What it had used before.
    cpu_before: Duration,
    /// Whether it works for the engine, not for the program: its waits are not recorded.
    pub helper: bool,
    /// Its waits by kind, in the order of [`Kind::ALL`]; recorded while watched.
    pub waits: [Tally; Kind::ALL.len()],
    /// How much of its waits, by kind, it was awake and waited for the host to take it back (under an
    /// interpreter lock: for that); nanoseconds, recorded while watched.
    pub attaching: [u64; Kind::ALL.len()],
    /// The last time of these, until it is [taken](take_attaching).
    last_attaching: u64,
    /// How often it was woken for something that another thread took first; recorded while watched.
    pub overtaken: u64,
    /// What it waits for now.
    pub waiting: Option<Waiting>,
    /// Who has to bring that about: the holder of the lock, the thread that is joined, who runs the job.
    pub holder: Option<ThreadId>,
    /// Where it waits, when that was noted.
    pub stack: Option<Arc<Stack>>,
}

/// A thread's own record; the registry and the thread share it. Any other thread locks it with the
/// registry locked, so that a fork, which locks the registry, finds the forking thread's record free.
struct Record {
    facts: Mutex<ThreadFacts>,
    /// The word that names who has to bring about what the thread waits for.
    word: Loan<AtomicU32>,
}

impl Record {
    fn facts(&self) -> MutexGuard<'_, ThreadFacts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The facts as they are now, but for the processor time of a thread that lives.
    fn observed(&self) -> ThreadFacts {
        let facts = self.facts();
        let holder = facts.waiting.and_then(|waiting| self.word(waiting)).and_then(sync::named_by);
        ThreadFacts { holder, ..facts.clone() }
    }

    /// The word that names who has to bring about what the thread waits for. With the facts locked, the
    /// thread cannot leave the wait they tell of, nor lend another word.
    fn word(&self, waiting: Waiting) -> Option<u32> {
        let has_owner = waiting.site.kind().has_owner();
        has_owner.then(|| self.word.look(|word| word.load(Ordering::Relaxed))).flatten()
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
            keep(id);
        } else {
            records().remove(&id);
        }
        // Last: who has joined a thread finds it gone.
        self.lives.iter().for_each(|life| life.end());
        deadlock::wake_one_to_look_around();
    }
}

/// Keeps the record of a thread that has ended, until there are too many.
fn keep(id: ThreadId) {
    let mut records = records();
    let leaving = ledger().ended.add(id);
    if leaving.is_empty() {
        return;
    }
    let lives: Vec<_> = records
        .values()
        .map(|record| record.facts())
        .filter(|facts| !facts.helper)
        .map(|facts| (facts.started, facts.ended))
        .collect();
    timeline::kept().forget(&leaving);
    let mut ledger = ledger();
    for record in leaving.into_iter().filter_map(|id| records.remove(&id)) {
        let facts = record.facts();
        if !facts.helper {
            ledger.ended.sum_up(&facts);
        }
    }
    ledger.ended.note_peak(lives);
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
    let facts = ThreadFacts {
        id,
        ident: host::host().thread_ident(),
        native_id: native_id(),
        name: None,
        started: clock::now(),
        ended: None,
        cpu: None,
        // After the start, as it is read before the end: what was used lies within what was lived.
        cpu_before: own_cpu().unwrap_or_default(),
        helper: false,
        waits: [Tally::default(); Kind::ALL.len()],
        attaching: [0; Kind::ALL.len()],
        last_attaching: 0,
        overtaken: 0,
        waiting: None,
        holder: None,
        stack: None,
    };
    let record = Arc::new(Record { facts: Mutex::new(facts), word: Loan::new() });
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

/// Gives the calling thread a name, as one of the program's.
pub fn set_name(name: &str) {
    enter(name, false);
}

/// Gives the calling thread a name, as one that works for the engine.
pub fn set_helper(name: &str) {
    enter(name, true);
}

fn enter(name: &str, helper: bool) {
    announce();
    with_own(|own| {
        own.name = Some(name.to_owned());
        own.helper = helper;
    });
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
        facts.cpu = since_before(own_cpu(), facts);
        facts.ended = Some(clock::now());
    }
}

/// Writes down what the calling thread waits for; returns what stood there.
pub(crate) fn set_waiting(waiting: Option<Waiting>) -> Option<Waiting> {
    with_own(|own| std::mem::replace(&mut own.waiting, waiting)).flatten()
}

/// Writes down where the calling thread waits; returns what stood there.
pub(crate) fn set_stack(stack: Option<Arc<Stack>>) -> Option<Arc<Stack>> {
    with_own(|own| std::mem::replace(&mut own.stack, stack)).flatten()
}

/// Lets other threads see, during the call, the word that names who has to bring about what the calling
/// thread waits for.
pub(crate) fn lending<R>(word: &AtomicU32, call: impl FnOnce() -> R) -> R {
    let record = OWN.try_with(|own| own.borrow().as_ref().map(|own| Arc::clone(&own.record)));
    match record.ok().flatten() {
        Some(record) => record.word.during(word, call),
        None => call(),
    }
}

/// Counts a wait of the calling thread; `false` when it is none of the program's.
pub(crate) fn count_wait(kind: Kind, nanoseconds: u64) -> bool {
    let count = |own: &mut ThreadFacts| {
        if !own.helper {
            own.waits[kind.index()].add(nanoseconds);
        }
        !own.helper
    };
    with_own(count).unwrap_or(true)
}

/// Counts the time that the calling thread, back from its sleep, waited for the host to take it back.
pub fn count_attaching(nanoseconds: u64) {
    with_own(|own| {
        if let Some(waiting) = own.waiting {
            own.attaching[waiting.site.kind().index()] += nanoseconds;
            own.last_attaching = nanoseconds;
        }
    });
}

/// The calling thread, and how long it waited for the host to take it back from its last sleep.
pub(crate) fn take_attaching() -> Option<(ThreadId, u64)> {
    with_own(|own| (own.id, std::mem::take(&mut own.last_attaching)))
}

/// Who has to bring about the thing of this kind that the calling thread is about to wait for.
pub(crate) fn own_holder(kind: Kind) -> Option<ThreadId> {
    let look = |own: &RefCell<Option<Own>>| {
        own.borrow().as_ref()?.record.word.look(|word| word.load(Ordering::Relaxed))
    };
    let word = kind.has_owner().then(|| OWN.try_with(look).ok().flatten()).flatten();
    word.and_then(sync::named_by)
}

/// Counts that the calling thread was woken for something that another thread took first.
pub(crate) fn count_overtaken() {
    with_own(|own| own.overtaken += 1);
}

/// Whether the calling thread works for the engine, not for the program.
pub(crate) fn is_helper() -> bool {
    with_own(|own| own.helper).unwrap_or(false)
}

/// What the living thread with this identifier of the host's waits for; `None` when it waits for nothing
/// at the door.
#[must_use]
pub fn waiting_of(ident: u64) -> Option<Waiting> {
    let records = records();
    let mut alive = records.values().map(|record| record.facts());
    alive.find(|facts| facts.ident == ident && facts.ended.is_none())?.waiting
}

/// The thread as it waits at this moment; `None` when it does not, or has ended.
pub(crate) fn sleeper(id: ThreadId) -> Option<Sleeper> {
    let records = records();
    let record = records.get(&id)?;
    let facts = record.facts();
    asleep(record, &facts)
}

fn asleep(record: &Record, facts: &ThreadFacts) -> Option<Sleeper> {
    let waiting = facts.waiting.filter(|_| facts.ended.is_none())?;
    // A thread that was chosen is as good as awake, however long it takes to come back from its wait.
    if waiting.site != over() && !wait::is_queued(waiting.site, facts.id) {
        return None;
    }
    Some(Sleeper {
        thread: facts.id,
        ident: facts.ident,
        name: facts.name.clone(),
        waiting,
        word: record.word(waiting),
    })
}

/// All living threads, as they wait without a time limit; or the first one that does not.
pub(crate) fn all_asleep() -> Result<Vec<(Sleeper, Option<u32>)>, ThreadId> {
    let mut sleepers = Vec::new();
    for record in records().values() {
        let facts = record.facts();
        if facts.ended.is_some() {
            continue;
        }
        match asleep(record, &facts).filter(|sleeper| sleeper.waiting.unlimited) {
            Some(sleeper) => sleepers.push((sleeper, facts.native_id)),
            None => return Err(facts.id),
        }
    }
    Ok(sleepers)
}

/// What a thread waits for that only waits for the end of others, elsewhere than at the door.
pub(crate) fn over() -> Site {
    static OVER: u8 = 0;
    Site::at(&OVER, Kind::ThreadJoin, None)
}

/// Whether the thread is registered and has not ended.
pub(crate) fn is_alive(id: ThreadId) -> bool {
    records().get(&id).is_some_and(|record| record.facts().ended.is_none())
}

/// The host's identifier of a thread, and its name; 0 and none of one that is not registered.
pub(crate) fn identity(id: ThreadId) -> (u64, Option<String>) {
    let records = records();
    let facts = records.get(&id).map(|record| record.facts());
    facts.map(|facts| (facts.ident, facts.name.clone())).unwrap_or_default()
}

/// The host's identifier of a thread that is registered.
#[must_use]
pub fn ident_of(id: ThreadId) -> Option<u64> {
    records().get(&id).map(|record| record.facts().ident)
}

/// What is known of every registered thread, in the order of their numbers.
#[must_use]
pub fn threads() -> Vec<ThreadFacts> {
    let mut all: Vec<_> = records().values().map(|record| record.observed()).collect();
    let own = native_id();
    // Files are read with no lock held.
    for facts in all.iter_mut().filter(|facts| facts.ended.is_none()) {
        let cpu = match facts.native_id {
            // The kernel's file is behind by what a thread has used since its last tick.
            id if id == own => own_cpu(),
            id => id.and_then(cpu_of),
        };
        facts.cpu = since_before(cpu, facts);
    }
    all
}

fn since_before(cpu: Option<Duration>, facts: &ThreadFacts) -> Option<Duration> {
    cpu.map(|cpu| cpu.saturating_sub(facts.cpu_before))
}

/// Begins a new recording: forgets the threads that have ended, and what the others did before.
pub(crate) fn begin_again() {
    let before = threads();
    let mut records = records();
    records.retain(|_, record| record.facts().ended.is_none());
    for ThreadFacts { id, cpu, .. } in before {
        if let Some(record) = records.get(&id) {
            let mut facts = record.facts();
            facts.cpu_before += cpu.unwrap_or_default();
            facts.waits = Default::default();
            facts.attaching = Default::default();
            facts.overtaken = 0;
        }
    }
}

/// The registry's lock, held over a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) struct RegistryGuard(MutexGuard<'static, Records>);

#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
impl RegistryGuard {
    /// Keeps one thread's record only, and puts the kernel's new identifier into it.
    pub(crate) fn retain_thread(&mut self, id: ThreadId) {
        self.0.retain(|&other, _| other == id);
        onlookers::after_fork();
        with_own(|own| {
            own.native_id = native_id();
            // Its clock has begun anew.
            own.cpu_before = Duration::ZERO;
        });
    }
}

/// Locks the registry for the time of a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) fn freeze() -> RegistryGuard {
    RegistryGuard(records())
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
