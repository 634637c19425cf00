//! The calling thread's own record: that it exists, what it is called, what it waits for, what it did.

use std::cell::RefCell;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::facts::{Sampled, ThreadFacts, Waiting};
use super::{Record, STARTED, keep, records, since_before};
use crate::facade::AtomicU32;
use crate::observe::deadlock;
use crate::observe::kernel::{native_id, own_cpu};
use crate::observe::loan::Loan;
#[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
use crate::observe::sampler;
use crate::observe::stack::Stack;
use crate::observe::tally::Tally;
use crate::thread::{Life, ThreadId};
use crate::wait::{Kind, Origin, Site, clock, host, watch};

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
        deadlock::thread_has_ended(id);
    }
}

thread_local! {
    static OWN: RefCell<Option<Own>> = const { RefCell::new(None) };
}

/// Runs `step` on the calling thread's record. A thread that is being torn down has none any more.
pub(super) fn with_own<R>(step: impl FnOnce(&mut ThreadFacts) -> R) -> Option<R> {
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
        origin: None,
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
        sampled: Sampled::default(),
        sampled_at: 0,
        waiting: None,
        moves_to: None,
        returning: false,
        holder: None,
        stack: None,
    };
    let record = Arc::new(Record { facts: Mutex::new(facts), word: Loan::new() });
    {
        let mut records = records();
        records.insert(id, Arc::clone(&record));
        STARTED.fetch_add(1, Ordering::Relaxed);
    }
    // Without thread-local storage (a thread being torn down) the entry has no owner to remove it.
    if OWN.try_with(|own| own.replace(Some(Own { record, lives: Vec::new() }))).is_err() {
        records().remove(&id);
    }
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    if watch::is_on() {
        sampler::notice_thread();
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

/// Writes down the line that started the calling thread.
pub(crate) fn set_origin(origin: Option<Origin>) {
    announce();
    with_own(|own| own.origin = origin);
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

/// Lets other threads see, during the call, where the calling thread may be moved to in its sleep: the queue of a lock,
/// and the word that names who holds it.
pub(crate) fn lending_queue<R>(site: Site, word: &AtomicU32, call: impl FnOnce() -> R) -> R {
    let set = |site| with_own(|own| std::mem::replace(&mut own.moves_to, site)).flatten();
    // (A signal handler may wait for another condition meanwhile.)
    let outer = set(Some(site));
    let result = lending(word, call);
    set(outer);
    result
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

/// Notes that the calling thread is back from its sleep, and waits for the host to take it back.
pub fn note_returning() {
    with_own(|own| own.returning = true);
}

/// Counts the time that the calling thread, back from its sleep, waited for the host to take it back.
pub fn count_attaching(nanoseconds: u64) {
    with_own(|own| {
        own.returning = false;
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
    word.and_then(|word| deadlock::named_by(kind, word))
}

/// Counts that the calling thread was woken for something that another thread took first.
pub(crate) fn count_overtaken() {
    with_own(|own| own.overtaken += 1);
}

/// Whether the calling thread works for the engine, not for the program.
pub(crate) fn is_helper() -> bool {
    with_own(|own| own.helper).unwrap_or(false)
}
