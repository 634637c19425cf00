//! What a pool does: how long calls wait and run, how busy its workers are, and when all of them are.
//!
//! A pool tells its [`PoolMeter`] of each call, and of the call's begin and end. A call that is dropped before it
//! begins was cancelled. Pools of one line and name are one row of a report: they may be made without end.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::distribution::Distribution;
use super::ledger::{Ledger, PoolKey, ledger};
use crate::observe::origin::Line;
use crate::thread::ThreadId;
use crate::wait::clock;

/// Names that are told apart. A program that names each of its pools anew has one row for all the rest.
const MOST_NAMES: usize = 64;
const OTHERS: &str = "(others)";

/// Times in which all workers were busy and calls waited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saturation {
    /// Nanoseconds in all.
    pub total: u64,
    /// The longest of them.
    pub longest: u64,
    /// The most calls that waited in it.
    pub waiting: u64,
}

impl Saturation {
    fn add(&mut self, nanoseconds: u64, waiting: u64) {
        self.total += nanoseconds;
        if nanoseconds >= self.longest {
            (self.longest, self.waiting) = (nanoseconds, waiting);
        }
    }
}

/// What is known of the pools of one line and name. Times are nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct PoolFacts {
    /// The line that made them.
    pub line: Option<Line>,
    /// Their name.
    pub name: String,
    /// How many there were.
    pub pools: u64,
    /// The most workers that one of them may have.
    pub workers: u64,
    /// Calls that came in.
    pub submitted: u64,
    /// Calls that raised.
    pub failed: u64,
    /// Calls that were dropped before they began.
    pub cancelled: u64,
    /// How many calls waited, with each one that came in.
    pub depths: Distribution,
    /// How long calls waited for a worker.
    pub waits: Distribution,
    /// How long calls ran; their number is that of the calls that have ended.
    pub runs: Distribution,
    /// How long workers were busy, together.
    pub busy: u64,
    /// How long they could have been: from the first call to the last end.
    pub capacity: u64,
    /// When the first call came in, and the last event.
    pub first: Option<u64>,
    /// The last event.
    pub last: u64,
    /// Times in which all workers were busy and calls waited.
    pub saturation: Saturation,
    /// The pools that there are now.
    pub present: Present,
}

/// The pools of one line and name that there are now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Present {
    /// The most workers that they may have, together.
    pub workers: u64,
    /// The workers that are in a call.
    pub busy: u64,
    /// The calls that wait for a worker.
    pub queued: u64,
}

/// The present of a pool.
struct Live {
    key: PoolKey,
    workers: u64,
    queued: u64,
    /// How many calls each worker is in: one may make another while it waits.
    running: BTreeMap<ThreadId, u32>,
    first: Option<u64>,
    last: u64,
    saturated: Option<Spell>,
}

/// A time in which all workers are busy and calls wait.
#[derive(Clone, Copy)]
struct Spell {
    since: u64,
    /// The most calls that waited.
    waiting: u64,
    /// Since when a worker is between two calls, or idle.
    pause: Option<u64>,
}

impl Spell {
    fn end(self, now: u64) -> u64 {
        self.pause.unwrap_or(now).saturating_sub(self.since)
    }
}

/// A worker that has not begun the next call by then is not just between two.
const PAUSE: u64 = 10_000_000;

impl Live {
    fn busy(&self) -> u64 {
        self.running.len() as u64
    }

    /// Brings the facts up to now; to be called before each change.
    fn account(&mut self, facts: &mut PoolFacts, now: u64) {
        let passed = now.saturating_sub(self.last);
        facts.busy += passed * self.busy();
        if self.first.is_some() {
            facts.capacity += passed * self.workers;
        }
        self.last = now;
        facts.last = now;
    }

    /// Notes the begin or end of a saturation; to be called after each change.
    fn settle(&mut self, facts: &mut PoolFacts, now: u64) {
        let all_busy = self.busy() >= self.workers;
        let Some(mut spell) = self.saturated else {
            if all_busy && self.queued > 0 {
                self.saturated = Some(Spell { since: now, waiting: self.queued, pause: None });
            }
            return;
        };
        let is_over = spell.pause.is_some_and(|pause| now.saturating_sub(pause) > PAUSE);
        if self.queued == 0 || is_over {
            facts.saturation.add(spell.end(now), spell.waiting);
            self.saturated = None;
            if is_over {
                self.settle(facts, now);
            }
            return;
        }
        spell.waiting = spell.waiting.max(self.queued);
        spell.pause = if all_busy { None } else { spell.pause.or(Some(now)) };
        self.saturated = Some(spell);
    }
}

/// All pools that were made while watched.
pub(crate) struct Pools {
    next: u64,
    live: BTreeMap<u64, Live>,
    facts: BTreeMap<PoolKey, PoolFacts>,
}

impl Pools {
    pub(super) const fn new() -> Self {
        Self { next: 0, live: BTreeMap::new(), facts: BTreeMap::new() }
    }

    /// Forgets all; those that live are not recorded any more.
    pub(super) fn clear(&mut self) {
        self.live.clear();
        self.facts.clear();
    }

    fn enter(&mut self, line: Option<Line>, name: &str, workers: u64) -> u64 {
        let mut key = (line, name.to_owned());
        if self.facts.len() >= MOST_NAMES && !self.facts.contains_key(&key) {
            key = (None, OTHERS.to_owned());
        }
        let facts = self.facts.entry(key.clone()).or_insert_with(|| PoolFacts {
            line: key.0.clone(),
            name: key.1.clone(),
            ..PoolFacts::default()
        });
        facts.pools += 1;
        facts.workers = facts.workers.max(workers);
        let number = self.next;
        self.next += 1;
        let present = Live {
            key,
            workers,
            queued: 0,
            running: BTreeMap::new(),
            first: None,
            last: 0,
            saturated: None,
        };
        self.live.insert(number, present);
        number
    }

    /// Changes the present of a pool, unless it is forgotten.
    fn change(&mut self, number: u64, now: u64, step: impl FnOnce(&mut Live, &mut PoolFacts)) {
        let Some(live) = self.live.get_mut(&number) else { return };
        let Some(facts) = self.facts.get_mut(&live.key) else { return };
        live.account(facts, now);
        step(live, facts);
        live.settle(facts, now);
    }

    /// The facts as of now.
    pub(super) fn facts(&self, now: u64) -> Vec<PoolFacts> {
        let mut facts = self.facts.clone();
        for live in self.live.values() {
            let Some(facts) = facts.get_mut(&live.key) else { continue };
            facts.present.workers += live.workers;
            if live.busy() == 0 && live.queued == 0 {
                continue;
            }
            facts.present.busy += live.busy();
            facts.present.queued += live.queued;
            let passed = now.saturating_sub(live.last);
            facts.busy += passed * live.busy();
            facts.capacity += passed * live.workers;
            facts.last = facts.last.max(now);
            if let Some(spell) = live.saturated {
                facts.saturation.add(spell.end(now), spell.waiting);
            }
        }
        facts.into_values().collect()
    }
}

/// What a pool tells of its calls.
pub struct PoolMeter(u64);

impl PoolMeter {
    /// For a pool of so many workers at the most.
    #[must_use]
    pub fn new(line: Option<Line>, name: &str, workers: u64) -> Self {
        Self(ledger().pools.enter(line, name, workers))
    }

    /// A call has come in.
    #[must_use = "dropping it says that the call was cancelled"]
    pub fn submit(self: &Arc<Self>) -> Task {
        let now = self.change(|live, facts, now| {
            live.queued += 1;
            live.first.get_or_insert(now);
            facts.first.get_or_insert(now);
            facts.submitted += 1;
            facts.depths.add(live.queued);
        });
        Task { meter: Arc::clone(self), submitted: now, stage: AtomicU64::new(WAITS) }
    }

    /// Changes the pool, and returns when: taken with the ledger locked, so that moments are in the order of changes.
    fn change(&self, step: impl FnOnce(&mut Live, &mut PoolFacts, u64)) -> u64 {
        let ledger: &mut Ledger = &mut ledger();
        let now = clock::now();
        ledger.pools.change(self.0, now, |live, facts| step(live, facts, now));
        now
    }
}

impl Drop for PoolMeter {
    fn drop(&mut self) {
        ledger().pools.live.remove(&self.0);
    }
}

/// Stages of a call; between the two it is the moment of its begin.
const WAITS: u64 = 0;
const ENDED: u64 = u64::MAX;

/// A call that is to be made. Dropped before its begin it was cancelled.
pub struct Task {
    meter: Arc<PoolMeter>,
    submitted: u64,
    /// Relaxed: who begins a call is the one who ends it, or drops what nobody has begun.
    stage: AtomicU64,
}

impl Task {
    /// The calling thread begins the call: a worker, or (`by_worker` false) whoever submitted it.
    pub fn begin(&self, by_worker: bool) {
        let now = clock::now();
        if self.stage.compare_exchange(WAITS, now, Relaxed, Relaxed).is_err() {
            return;
        }
        // Before the ledger is locked: a thread that gets its number here is registered, and a thread that ends has the
        // registry locked when it locks the ledger.
        let me = ThreadId::current();
        self.meter.change(|live, facts, now| {
            live.queued = live.queued.saturating_sub(1);
            if by_worker {
                *live.running.entry(me).or_insert(0) += 1;
            }
            facts.waits.add(now.saturating_sub(self.submitted));
        });
    }

    /// The thread that began the call has ended it.
    pub fn end(&self, failed: bool, by_worker: bool) {
        let begun = self.stage.swap(ENDED, Relaxed);
        if matches!(begun, WAITS | ENDED) {
            return;
        }
        let me = ThreadId::current(); // as above
        self.meter.change(|live, facts, now| {
            if by_worker {
                live.leave(me);
            }
            facts.runs.add(now.saturating_sub(begun));
            facts.failed += u64::from(failed);
        });
    }
}

impl Live {
    fn leave(&mut self, worker: ThreadId) {
        if let Some(calls) = self.running.get_mut(&worker) {
            *calls -= 1;
            if *calls == 0 {
                self.running.remove(&worker);
            }
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        if *self.stage.get_mut() == WAITS {
            self.meter.change(|live, facts, _now| {
                live.queued = live.queued.saturating_sub(1);
                facts.cancelled += 1;
            });
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    type Step = (u64, fn(&mut Live, &mut PoolFacts));

    /// A pool, and its facts, played by hand.
    fn played(steps: &[Step], now: u64) -> PoolFacts {
        let mut pools = Pools::new();
        let number = pools.enter(None, "played", 1);
        for &(moment, step) in steps {
            pools.change(number, moment, |live, facts| {
                live.first.get_or_insert(moment);
                step(live, facts);
            });
        }
        pools.facts(now).remove(0)
    }

    fn worker() -> ThreadId {
        ThreadId::from_word(1).expect("a number above zero")
    }

    #[test]
    fn workers_are_busy_and_saturated_for_as_long_as_they_are() {
        let facts = played(
            &[
                (100, |live, _| live.queued = 1),
                (110, |live, _| {
                    live.queued = 0;
                    live.running.insert(worker(), 1);
                }),
                (120, |live, _| live.queued = 1),
                (130, |live, _| live.queued = 3),
                (160, |live, _| live.leave(worker())),
                (200, |live, _| live.queued = 0),
            ],
            1000,
        );
        assert_eq!((facts.busy, facts.capacity), (50, 100));
        assert_eq!(facts.saturation, Saturation { total: 40, longest: 40, waiting: 3 });
    }

    #[test]
    fn a_worker_between_two_calls_does_not_end_a_saturation_and_an_idle_one_does() {
        let begin = |live: &mut Live, _: &mut PoolFacts| {
            live.queued = 2;
            live.running.insert(worker(), 1);
        };
        let end = |live: &mut Live, _: &mut PoolFacts| live.leave(worker());
        let steps: [Step; 6] = [
            (0, begin),
            (1000, end),
            (1001, begin),
            (3000, end),
            (3000 + PAUSE + 1, begin),
            (3000 + PAUSE + 51, |live, _| live.queued = 0),
        ];
        let saturation = played(&steps, 10 * PAUSE).saturation;
        assert_eq!(saturation, Saturation { total: 3050, longest: 3000, waiting: 2 });
    }

    #[test]
    fn what_is_not_over_counts_until_now() {
        let facts = played(
            &[(100, |live, _| {
                live.queued = 2;
                live.running.insert(worker(), 1);
            })],
            150,
        );
        assert_eq!((facts.busy, facts.capacity, facts.last), (50, 50, 150));
        assert_eq!(facts.saturation, Saturation { total: 50, longest: 50, waiting: 2 });
    }

    #[test]
    fn names_without_end_share_a_row() {
        let mut pools = Pools::new();
        for number in 0..1000 {
            let number = pools.enter(None, &number.to_string(), 1);
            pools.live.remove(&number);
        }
        let facts = pools.facts(0);
        assert_eq!(facts.len(), MOST_NAMES + 1);
        assert_eq!(facts.iter().map(|facts| facts.pools).sum::<u64>(), 1000);
        assert!(pools.live.is_empty());
    }
}
