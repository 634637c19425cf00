//! What the door records on the way in and out of a wait.
//!
//! Always: which thread waits for what, and since when; that is the wait-for graph, and a thread that is
//! about to sleep can afford it. Only while watched: how often and how long, by thread and by the line
//! that made the thing ([`metrics`](crate::observe::metrics)). Off, the only cost is one relaxed load for each wait and each new primitive.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::clock;
use super::site::{Kind, Site};
use crate::observe::metrics::counters;
use crate::observe::metrics::ledger::{Arrival, Ledger, ledger};
use crate::observe::registry::{self, Waiting};

/// What is observed, a bit each: what takes a lock learns by one load whether there is more to do. Relaxed throughout:
/// what begins around a switch may be seen or not.
static OBSERVED: AtomicU8 = AtomicU8::new(0);
/// Waits, and the use of locks, queues and pools.
const RECORDING: u8 = 1;
/// The order in which locks are taken.
const ORDER: u8 = 2;

static SINCE: AtomicU64 = AtomicU64::new(0);

/// The lock of what is recorded, held over a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(super) struct WatchGuard(
    #[expect(dead_code, reason = "held, not used")] MutexGuard<'static, Ledger>,
);

/// Locks what is recorded for the time of a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(super) fn freeze() -> WatchGuard {
    WatchGuard(ledger())
}

/// Whether waits are recorded.
#[inline]
#[must_use]
pub fn is_on() -> bool {
    OBSERVED.load(Ordering::Relaxed) & RECORDING != 0
}

/// Whether the order is looked at in which locks are taken.
#[inline]
#[must_use]
pub(crate) fn sees_order() -> bool {
    OBSERVED.load(Ordering::Relaxed) & ORDER != 0
}

/// Whether anything is observed.
#[inline]
#[must_use]
pub fn observes() -> bool {
    OBSERVED.load(Ordering::Relaxed) != 0
}

/// Sets whether the order is looked at; returns whether it was.
pub(crate) fn see_order(on: bool) -> bool {
    set(ORDER, on)
}

fn set(bit: u8, on: bool) -> bool {
    let before = if on {
        OBSERVED.fetch_or(bit, Ordering::Relaxed)
    } else {
        OBSERVED.fetch_and(!bit, Ordering::Relaxed)
    };
    before & bit != 0
}

/// Begins a new recording: earlier figures and ended threads are forgotten.
pub fn start() {
    counters::provide(Kind::Lock, None);
    counters::clear();
    ledger().clear();
    registry::begin_again();
    SINCE.store(clock::now(), Ordering::Relaxed);
    set(RECORDING, true);
}

/// Ends the recording; its figures stay.
pub fn stop() {
    set(RECORDING, false);
}

/// When the recording began, on [`clock::now`].
#[must_use]
pub fn since() -> u64 {
    SINCE.load(Ordering::Relaxed)
}

/// A thread between the way in and the way out.
pub(super) struct Visit {
    waiting: Waiting,
    /// What the thread waited for when a signal handler made it wait for this.
    outer: Option<Waiting>,
    /// Where it was noted that it came.
    arrival: Option<Arrival>,
}

/// On the way in; `since` is when the wait began, if it goes on after a pause.
pub(super) fn arrive(site: Site, since: Option<u64>, unlimited: bool) -> Visit {
    let waiting = Waiting { site, since: since.unwrap_or_else(clock::now), unlimited };
    let outer = registry::set_waiting(Some(waiting));
    let arrival = if is_on() { note_arrival(site) } else { None };
    Visit { waiting, outer, arrival }
}

#[cold]
fn note_arrival(site: Site) -> Option<Arrival> {
    (!registry::is_helper()).then(|| ledger().arrive(site, clock::now()))
}

impl Visit {
    /// When the wait began.
    pub(super) fn since(&self) -> u64 {
        self.waiting.since
    }

    /// On the way out for a moment. Returns when the wait began.
    pub(super) fn pause(self) -> u64 {
        registry::set_waiting(self.outer);
        self.note_departure();
        self.waiting.since
    }

    /// On the way out.
    pub(super) fn leave(self) {
        registry::set_waiting(self.outer);
        if self.arrival.is_some() || is_on() {
            self.record();
        }
    }

    /// The moment is taken with the ledger locked: nobody who has looked before it was told a longer time.
    fn note_departure(&self) {
        if let Some(arrival) = self.arrival {
            let mut ledger = ledger();
            ledger.leave(self.waiting.site, arrival, clock::now());
        }
    }

    #[cold]
    fn record(&self) {
        let Waiting { site, since, .. } = self.waiting;
        let nanoseconds = clock::now().saturating_sub(since);
        self.note_departure();
        if is_on() && registry::count_wait(site.kind(), nanoseconds) {
            ledger().add_wait(site, nanoseconds);
        }
    }
}
