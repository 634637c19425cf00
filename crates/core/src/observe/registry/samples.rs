//! What is sampled of threads: how much of the time that they spend elsewhere than at the door they have the host's
//! interpreter, or wait for it.

use super::{Record, ThreadFacts, records};
use crate::thread::ThreadId;
use crate::wait::Kind;

/// What a thread is doing, as far as the door knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doing {
    /// It is asleep at the door, for a thing of this kind.
    Asleep(Kind),
    /// It is back from its sleep, and waits for the host to take it back.
    Returning,
    /// It is nowhere near the door.
    Elsewhere,
}

/// A living thread of the program at a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) thread: ThreadId,
    pub(crate) ident: u64,
    pub(crate) native_id: Option<u32>,
    pub(crate) doing: Doing,
}

/// What the kernel said of a thread that is elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// It has a processor, or wants one.
    Runnable,
    /// It waits for the interpreter.
    Waiting,
    /// It waits for somebody to connect.
    Accepting,
    /// It sleeps elsewhere, and keeps the interpreter meanwhile.
    Stalled,
    /// It sleeps elsewhere, or has ended, or the system does not tell.
    Other,
}

/// What was found out of a thread that is elsewhere.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    pub(crate) thread: ThreadId,
    /// It has the interpreter.
    pub(crate) has_it: bool,
    pub(crate) found: Found,
}

/// The living threads of the program, `now`.
pub(crate) fn seen(now: u64) -> Vec<Seen> {
    let records = records();
    let living = records.values().filter_map(|record| {
        let mut facts = record.facts();
        let doing = doing(&facts);
        if doing != Doing::Elsewhere {
            facts.sampled_at = now;
        }
        is_living(&facts).then(|| Seen {
            thread: facts.id,
            ident: facts.ident,
            native_id: facts.native_id,
            doing,
        })
    });
    living.collect()
}

/// Whether the program has more than one thread that lives.
pub(crate) fn are_several() -> bool {
    let records = records();
    records.values().filter(|record| is_living(&record.facts())).nth(1).is_some()
}

fn is_living(facts: &ThreadFacts) -> bool {
    facts.ended.is_none() && !facts.helper
}

fn doing(facts: &ThreadFacts) -> Doing {
    match facts.waiting {
        _ if facts.returning => Doing::Returning,
        Some(waiting) => Doing::Asleep(waiting.site.kind()),
        None => Doing::Elsewhere,
    }
}

/// Adds samples that were taken `now`. Each stands for the time since the thread's last one, since it began, or since
/// `begin`, whichever was last.
pub(crate) fn count(samples: &[Sample], begin: u64, now: u64) {
    let records = records();
    for &sample in samples {
        if let Some(record) = records.get(&sample.thread) {
            add(record, sample, begin, now);
        }
    }
}

fn add(record: &Record, sample: Sample, begin: u64, now: u64) {
    let mut facts = record.facts();
    let since = facts.sampled_at.max(facts.started).max(begin);
    let elapsed = now.saturating_sub(since);
    facts.sampled_at = now;
    let sampled = &mut facts.sampled;
    match sample.found {
        _ if sample.has_it => sampled.holding += elapsed,
        Found::Waiting => sampled.waiting += elapsed,
        Found::Accepting => sampled.accepting += elapsed,
        Found::Runnable | Found::Stalled | Found::Other => {}
    }
}
