//! When each thread waited, for what and for whom: the timeline of a watched program.
//!
//! While it is switched on, beside the recording of [`watch`], every finished wait of the program's
//! is kept as an [`Interval`]. It is fed where waits are counted for their thread, so that for each thread the kept
//! intervals and the omitted ones add up to its tallies, to the nanosecond.
//!
//! Memory is bounded however long the program runs: `kept.rs` says how, and what that costs. Threads that end without end
//! leave the timeline when the registry lets them go ([`ended`](crate::observe::metrics)).
//!
//! One lock guards it, as innermost as the ledger's, and like that it is held over a fork. A thread that comes from a
//! sleep takes it once, the ledger's twice; buffers by thread would have to be found, bounded together and emptied when
//! their threads end. A forked child keeps what its one thread did.

mod kept;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use kept::Interval;
pub(crate) use kept::Kept;

use crate::observe::Tally;
use crate::observe::registry::{self, ThreadFacts};
use crate::thread::ThreadId;
use crate::wait::{clock, watch};

/// How many intervals are kept when nobody says otherwise.
pub const LIMIT: usize = 100_000;

static KEPT: Mutex<Kept> = Mutex::new(Kept::new(LIMIT));

/// The timeline, locked.
pub(crate) fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Begins a timeline of at most `limit` intervals; an earlier one is forgotten. Waits are kept while they are
/// [recorded](watch::start).
pub fn start(limit: usize) {
    *kept() = Kept::new(limit);
    watch::keep_intervals(true);
}

/// Ends the timeline; what was kept stays.
pub fn stop() {
    watch::keep_intervals(false);
}

/// The timeline of one thread.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// In the order in which they began; what a signal handler waited for during a wait lies within that.
    pub intervals: Vec<Interval>,
    /// The waits that are over and were too short to be kept.
    pub omitted: Tally,
}

/// All that is known at a moment.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// Shorter waits, in nanoseconds, are not kept; 0 when all are.
    pub resolution: u64,
    /// How many were not, those of threads that are not told of any more included.
    pub omitted: u64,
    /// By thread: all that the registry knows and that work for the program.
    pub threads: BTreeMap<ThreadId, Line>,
}

/// The timeline up to now. Waits that go on are told as if they ended now, with who has to end them now.
#[must_use]
pub fn snapshot() -> Timeline {
    // Copied first: a wait that ends meanwhile is in neither, and none is in both.
    let kept = kept().clone();
    let mut timeline = kept.into_timeline();
    let known = registry::threads();
    let now = clock::now();
    for facts in known.into_iter().filter(|facts| !facts.helper) {
        let line = timeline.threads.entry(facts.id).or_default();
        line.intervals.extend(going_on(&facts, now));
    }
    for line in timeline.threads.values_mut() {
        line.intervals.sort_by_key(|each| (each.begin, std::cmp::Reverse(each.end)));
    }
    timeline
}

fn going_on(facts: &ThreadFacts, now: u64) -> Option<Interval> {
    let waiting = facts.waiting.filter(|_| facts.ended.is_none())?;
    Some(Interval {
        thread: facts.id,
        kind: waiting.site.kind(),
        origin: waiting.site.origin(),
        begin: waiting.since,
        end: now.max(waiting.since),
        attaching: 0,
        holder: facts.holder,
    })
}
