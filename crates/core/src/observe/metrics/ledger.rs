//! What is recorded by line where a thread sleeps anyway, or one event of many is looked at.
//!
//! One lock guards all of it. It is the innermost of the engine's locks (nothing else is locked, waited for or
//! called under it), and it is held over a fork, so that a child finds it free and its contents whole.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::blockers::Blockers;
use super::distribution::Distribution;
use super::ended::Ended;
use super::holds::Holds;
use super::interpreter::Interpreter;
use super::pool::Pools;
use super::processors::Processors;
use super::standing::Standing;
use super::takers::Takers;
use crate::observe::origin::Line;
use crate::thread::ThreadId;
use crate::wait::{Kind, Origin, Site};

/// A kind of thing, and the line that made it.
pub(crate) type Key = (Kind, Option<Origin>);

/// What is known of the things of one kind that one line made.
#[derive(Clone, Default)]
pub(crate) struct Record {
    /// Waits, in nanoseconds.
    pub(crate) waits: Distribution,
    pub(crate) standing: Standing,
    /// For how long locks were held, of the holds that were sampled; nanoseconds.
    pub(crate) holds: Distribution,
    pub(crate) blockers: Blockers,
    /// How many items were in a queue, of the puts and gets that were sampled.
    pub(crate) depths: Distribution,
    pub(crate) takers: Takers,
}

/// All that is recorded.
pub(crate) struct Ledger {
    /// The number of the recording.
    number: u64,
    pub(crate) records: BTreeMap<Key, Record>,
    pub(crate) holds: Holds,
    pub(crate) pools: Pools,
    pub(crate) ended: Ended,
    pub(crate) interpreter: Interpreter,
    pub(crate) processors: Processors,
}

static LEDGER: Mutex<Ledger> = Mutex::new(Ledger {
    number: 0,
    records: BTreeMap::new(),
    holds: Holds::new(),
    pools: Pools::new(),
    ended: Ended::new(),
    interpreter: Interpreter::new(),
    processors: Processors::new(),
});

/// The ledger, locked.
pub(crate) fn ledger() -> MutexGuard<'static, Ledger> {
    LEDGER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A recording that a thread has come to wait in.
#[derive(Clone, Copy)]
pub(crate) struct Arrival(u64);

impl Ledger {
    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.number += 1;
        self.records.clear();
        self.pools.clear();
        self.ended.clear();
        self.interpreter = Interpreter::new();
        self.processors = Processors::new();
    }

    /// What is known of the things of one kind that one line made.
    pub(crate) fn record(&mut self, key: Key) -> &mut Record {
        self.records.entry(key).or_default()
    }

    /// A thread begins to wait.
    pub(crate) fn arrive(&mut self, site: Site, now: u64) -> Arrival {
        self.record(key_of(site)).standing.arrive(now);
        Arrival(self.number)
    }

    /// A thread that has [arrived](Self::arrive) waits no more.
    pub(crate) fn leave(&mut self, site: Site, arrival: Arrival, now: u64) {
        if arrival.0 == self.number {
            self.record(key_of(site)).standing.leave(now);
        }
    }

    /// A wait is over.
    pub(crate) fn add_wait(&mut self, site: Site, nanoseconds: u64) {
        self.record(key_of(site)).waits.add(nanoseconds);
    }
}

fn key_of(site: Site) -> Key {
    (site.kind(), site.origin())
}

/// A wait for a lock is over that began when `holder` held it.
pub(crate) fn add_blocked(site: Site, holder: ThreadId, nanoseconds: u64) {
    ledger().record(key_of(site)).blockers.add(holder, nanoseconds);
}

/// A pool's name and the line that made it.
pub(crate) type PoolKey = (Option<Line>, String);
