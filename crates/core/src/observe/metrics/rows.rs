//! What was recorded, line by line, for a report.

use super::distribution::Spread;
use super::ended::EndedThreads;
use super::interpreter::Interpreter;
use super::ledger::{Record, ledger};
use super::pool::PoolFacts;
use super::processors::Processors;
use super::{counters, counters::Sums};
use crate::observe::{Tally, origin};
use crate::thread::ThreadId;
use crate::wait::{self, Kind, Origin, clock};

/// The waits for things of one kind that one line made.
#[derive(Clone, Copy, Debug)]
pub struct WaitFacts {
    /// The kind.
    pub kind: Kind,
    /// The line.
    pub origin: Option<Origin>,
    /// The waits that are over.
    pub tally: Tally,
    /// Their percentiles, in nanoseconds.
    pub spread: Spread,
    /// For how long at least one thread waited, in nanoseconds; those that wait still among them.
    pub occupied: u64,
}

/// A thread that held a lock when others came to wait for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blocker {
    /// The thread; `None` for all that are not told apart.
    pub thread: Option<ThreadId>,
    /// The waits that began while it held the lock.
    pub waits: Tally,
}

/// The locks, or semaphores, that one line made.
#[derive(Clone, Debug)]
pub struct LockFacts {
    /// The kind.
    pub kind: Kind,
    /// The line.
    pub origin: Option<Origin>,
    /// How often they were acquired.
    pub acquired: u64,
    /// How often of these they were taken when a thread came.
    pub contended: u64,
    /// The holds that were timed.
    pub holds: Tally,
    /// Their percentiles, in nanoseconds.
    pub spread: Spread,
    /// Who held them while others waited.
    pub blockers: Vec<Blocker>,
}

/// A thread that took items out of queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taker {
    /// The thread; `None` for all that are not told apart.
    pub thread: Option<ThreadId>,
    /// How many, by samples.
    pub items: u64,
}

/// The queues that one line made.
#[derive(Clone, Debug)]
pub struct QueueFacts {
    /// The line.
    pub origin: Option<Origin>,
    /// How many items were put.
    pub puts: u64,
    /// How many were got.
    pub gets: u64,
    /// The most that were inside of one of them.
    pub deepest: u64,
    /// How many were inside when an item came, of samples.
    pub depth: Spread,
    /// For how long producers were held back, in nanoseconds.
    pub full: u64,
    /// For how long consumers were starved, in nanoseconds.
    pub empty: u64,
    /// Who took them.
    pub takers: Vec<Taker>,
}

/// All waits.
#[must_use]
pub fn waits() -> Vec<WaitFacts> {
    wait::end_look();
    let ledger = ledger();
    // (With the ledger locked: see `Visit::note_departure`.)
    let now = clock::now();
    let facts = |(&(kind, origin), record): (_, &Record)| WaitFacts {
        kind,
        origin,
        tally: record.waits.tally(),
        spread: record.waits.spread(),
        occupied: record.standing.total(now),
    };
    let recorded: Vec<_> = ledger.records.iter().map(facts).collect();
    drop(ledger);
    recorded.into_iter().filter(|facts| facts.occupied > 0 || facts.tally.count > 0).collect()
}

/// All locks and semaphores that were acquired.
#[must_use]
pub fn locks() -> Vec<LockFacts> {
    let mut all = Vec::new();
    for (kind, origin, sums) in counted() {
        if sums.acquired == 0 {
            continue;
        }
        // What a line of queues has acquired is the lock of a queue that was opened.
        let kind = if kind == Kind::QueueGet { Kind::Lock } else { kind };
        let record = ledger().records.get(&(kind, origin)).cloned().unwrap_or_default();
        let known = record.blockers.known.iter();
        let mut blockers: Vec<_> =
            known.map(|(&id, &waits)| Blocker { thread: Some(id), waits }).collect();
        if record.blockers.others.count > 0 {
            blockers.push(Blocker { thread: None, waits: record.blockers.others });
        }
        all.push(LockFacts {
            kind,
            origin,
            acquired: sums.acquired,
            contended: sums.contended,
            holds: record.holds.tally(),
            spread: record.holds.spread(),
            blockers,
        });
    }
    all
}

/// All queues that were used.
#[must_use]
pub fn queues() -> Vec<QueueFacts> {
    let mut all = Vec::new();
    for (kind, origin, sums) in counted() {
        let ledger = ledger();
        let now = clock::now();
        let standing = |kind| {
            ledger.records.get(&(kind, origin)).map_or(0, |record| record.standing.total(now))
        };
        let (full, empty) = (standing(Kind::QueuePut), standing(Kind::QueueGet));
        if kind != Kind::QueueGet || (sums.puts | sums.gets | full | empty) == 0 {
            continue;
        }
        let record = ledger.records.get(&(kind, origin));
        let depths = record.map(|record| record.depths.spread());
        let takers = record.map(takers);
        all.push(QueueFacts {
            origin,
            puts: sums.puts,
            gets: sums.gets,
            deepest: sums.deepest,
            depth: depths.unwrap_or_default(),
            full,
            empty,
            takers: takers.unwrap_or_default(),
        });
    }
    all
}

fn takers(record: &Record) -> Vec<Taker> {
    let known = record.takers.known.iter();
    let others = Taker { thread: None, items: record.takers.others };
    known
        .map(|(&id, &items)| Taker { thread: Some(id), items })
        .chain((others.items > 0).then_some(others))
        .collect()
}

/// All pools.
#[must_use]
pub fn pools() -> Vec<PoolFacts> {
    let ledger = ledger();
    ledger.pools.facts(clock::now())
}

/// The threads that have ended and are not kept one by one.
#[must_use]
pub fn ended() -> EndedThreads {
    ledger().ended.sums()
}

/// How the interpreter's lock was used; `None` where nobody looked, or could tell.
#[must_use]
pub fn interpreter() -> Option<Interpreter> {
    let interpreter = ledger().interpreter;
    (interpreter.looks > 0).then_some(interpreter)
}

/// How many threads wanted a processor; `None` where nobody looked.
#[must_use]
pub fn processors() -> Option<Processors> {
    let processors = ledger().processors;
    (processors.observed > 0).then_some(processors)
}

/// The sums of every line, and of what has none by kind.
fn counted() -> Vec<(Kind, Option<Origin>, Sums)> {
    let without = Kind::ALL.into_iter().map(|kind| (kind, None));
    let lines = origin::all().into_iter().map(|(origin, kind)| (kind, Some(origin)));
    let sums = |(kind, origin)| {
        let counters = counters::of(kind, origin)?;
        Some((kind, origin, counters.sums()))
    };
    without.chain(lines).filter_map(sums).collect()
}
