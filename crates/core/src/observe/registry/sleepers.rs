//! The threads that wait, as others see them.

use std::sync::Arc;

use super::facts::{Sleeper, ThreadFacts, Waiting};
use super::{Record, records};
use crate::thread::ThreadId;
use crate::wait::{self, Kind, Site};

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

/// What a thread waits for. A waiter of a condition that was notified sleeps on in the queue of the lock, which it takes
/// back however long that takes.
pub(super) fn in_truth(facts: &ThreadFacts) -> Option<Waiting> {
    let noted = facts.waiting?;
    let moved = facts.moves_to.filter(|&lock| wait::is_queued(lock, facts.id));
    Some(moved.map_or(noted, |site| Waiting { site, unlimited: true, ..noted }))
}

fn asleep(record: &Record, facts: &ThreadFacts) -> Option<Sleeper> {
    let waiting = in_truth(facts).filter(|_| facts.ended.is_none())?;
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

/// Where threads wait for an `RLock` that names this one.
pub(crate) fn waiting_for(owner: ThreadId) -> Vec<(ThreadId, Site)> {
    let wait = |record: &Arc<Record>| {
        let facts = record.facts();
        // First what takes no time. Where it really waits is looked up in a queue, which may be long: with a thousand
        // that are notified together each one's end would look through it a thousand times.
        record.lent_word().and_then(crate::sync::named_by).filter(|&holder| holder == owner)?;
        let waiting = in_truth(&facts).filter(|waiting| waiting.site.kind() == Kind::RLock)?;
        Some((facts.id, waiting.site))
    };
    records().values().filter_map(wait).collect()
}

/// What a thread waits for that only waits for the end of others, elsewhere than at the door.
pub(crate) fn over() -> Site {
    static OVER: u8 = 0;
    Site::at(&OVER, Kind::ThreadJoin, None)
}

/// What the program's living threads wait for now.
#[must_use]
pub fn waiting_now() -> Vec<Waiting> {
    let records = records();
    let facts = records.values().map(|record| record.facts());
    let facts = facts.filter(|facts| !facts.helper && facts.ended.is_none());
    facts.filter_map(|facts| facts.waiting).collect()
}
