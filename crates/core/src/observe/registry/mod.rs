//! The threads that have met the engine.
//!
//! A thread enters when it is given its number (its first lock, wait or announcement) and leaves when it
//! ends, unless the program is watched: then its record is kept for the report.

mod facts;
mod own;
#[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
pub(crate) mod samples;
mod sleepers;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use facts::Sleeper;
pub use facts::{Sampled, ThreadFacts, ThreadTotals, Waiting};
pub use own::{announce, announce_end, count_attaching, note_returning, set_helper, set_name};
pub(crate) use own::{
    count_overtaken, count_wait, ends_with_thread, enrol, is_helper, lending, lending_queue,
    own_holder, set_origin, set_stack, set_waiting, take_attaching,
};
pub(crate) use sleepers::{all_asleep, over, sleeper, waiting_for};
pub use sleepers::{waiting_now, waiting_of};

use crate::facade::AtomicU32;
use crate::observe::deadlock;
use crate::observe::kernel::{cpu_of, native_id, own_cpu};
use crate::observe::loan::Loan;
use crate::observe::metrics::ledger::ledger;
use crate::observe::onlookers;
use crate::observe::timeline;
use crate::thread::ThreadId;
use crate::wait::Kind;
use own::with_own;

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
        let waiting = sleepers::in_truth(&facts);
        let holder = waiting
            .and_then(|waiting| deadlock::named_by(waiting.site.kind(), self.word(waiting)?));
        ThreadFacts { waiting, holder, ..facts.clone() }
    }

    /// The word that names who has to bring about what the thread waits for. With the facts locked, the
    /// thread cannot leave the wait they tell of, nor lend another word.
    fn word(&self, waiting: Waiting) -> Option<u32> {
        waiting.site.kind().has_owner().then(|| self.lent_word()).flatten()
    }

    /// The word that the thread has lent, whatever it waits for.
    fn lent_word(&self) -> Option<u32> {
        self.word.look(|word| word.load(Ordering::Relaxed))
    }
}

type Records = BTreeMap<ThreadId, Arc<Record>>;

static RECORDS: Mutex<Records> = Mutex::new(BTreeMap::new());

/// See [`ThreadTotals::started`]. Relaxed: it is changed with the records locked.
static STARTED: AtomicU64 = AtomicU64::new(0);

fn records() -> MutexGuard<'static, Records> {
    RECORDS.lock().unwrap_or_else(PoisonError::into_inner)
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

/// Gives a thread a name, if it is registered.
pub fn rename(id: ThreadId, name: &str) {
    if let Some(record) = records().get(&id) {
        record.facts().name = Some(name.to_owned());
    }
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

/// The sums over all threads. They never fall while recorded: a thread that is kept no longer moves to the sums of
/// those that ended with the records locked, as they are here.
#[must_use]
pub fn totals() -> ThreadTotals {
    let records = records();
    let mut totals =
        ThreadTotals { started: STARTED.load(Ordering::Relaxed), ..ThreadTotals::default() };
    for facts in records.values().map(|record| record.facts()).filter(|facts| !facts.helper) {
        totals.alive += u64::from(facts.ended.is_none());
        add_each(&mut totals.attaching, facts.attaching);
    }
    add_each(&mut totals.attaching, ledger().ended.sums().attaching);
    totals
}

fn add_each(sums: &mut [u64], more: [u64; Kind::ALL.len()]) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
}

fn since_before(cpu: Option<Duration>, facts: &ThreadFacts) -> Option<Duration> {
    cpu.map(|cpu| cpu.saturating_sub(facts.cpu_before))
}

/// Begins a new recording: forgets the threads that have ended, and what the others did before.
pub(crate) fn begin_again() {
    let before = threads();
    let mut records = records();
    records.retain(|_, record| record.facts().ended.is_none());
    STARTED.store(records.len() as u64, Ordering::Relaxed);
    for ThreadFacts { id, cpu, .. } in before {
        if let Some(record) = records.get(&id) {
            let mut facts = record.facts();
            facts.cpu_before += cpu.unwrap_or_default();
            facts.waits = Default::default();
            facts.attaching = Default::default();
            facts.overtaken = 0;
            facts.sampled = Sampled::default();
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
        STARTED.store(self.0.len() as u64, Ordering::Relaxed);
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
