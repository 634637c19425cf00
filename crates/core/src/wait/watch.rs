//! What the door records on the way in and out of a wait.
//!
//! Always: which thread waits for what, and since when; that is the wait-for graph, and a thread that is
//! about to sleep can afford it. Only while watched: how often and how long, by thread and by the line
//! that made the thing ([`metrics`](crate::observe::metrics)), and, if asked for, when
//! ([`timeline`]). Off, the only cost is one relaxed load for each wait and each new primitive.

use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::clock;
use super::site::Site;
use crate::observe::metrics::counters;
use crate::observe::metrics::ledger::{Arrival, Ledger, ledger};
use crate::observe::origin;
use crate::observe::registry::{self, Waiting};
#[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
use crate::observe::sampler;
use crate::observe::timeline::{self, Interval, Kept};
use crate::thread::ThreadId;

/// What is observed, a bit each: what takes a lock learns by one load whether there is more to do. Relaxed throughout:
/// what begins around a switch may be seen or not.
static OBSERVED: AtomicU8 = AtomicU8::new(0);
/// Waits, and the use of locks, queues and pools.
const RECORDING: u8 = 1;
/// The order in which locks are taken.
const ORDER: u8 = 2;
/// When each of the recorded waits was.
const TIMELINE: u8 = 4;

static SINCE: AtomicU64 = AtomicU64::new(0);

/// The locks of what is recorded, held over a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(super) struct WatchGuard {
    _ledger: MutexGuard<'static, Ledger>,
    timeline: MutexGuard<'static, Kept>,
}

#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
impl WatchGuard {
    /// Keeps one thread's timeline only.
    pub(super) fn retain_thread(&mut self, id: ThreadId) {
        self.timeline.retain(|other| other == id);
    }
}

/// Locks what is recorded for the time of a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(super) fn freeze() -> WatchGuard {
    WatchGuard { _ledger: ledger(), timeline: timeline::kept() }
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

/// Sets whether it is kept when waits were, while they are recorded.
pub(crate) fn keep_intervals(on: bool) {
    set(TIMELINE, on);
}

fn keeps_intervals() -> bool {
    OBSERVED.load(Ordering::Relaxed) & TIMELINE != 0
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
    origin::prepare();
    counters::clear();
    ledger().clear();
    timeline::kept().clear();
    registry::begin_again();
    SINCE.store(clock::now(), Ordering::Relaxed);
    set(RECORDING, true);
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    sampler::begin();
}

/// Ends the recording; its figures stay.
pub fn stop() {
    set(RECORDING, false);
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    sampler::end();
}

/// When the recording began, on [`clock::now`].
#[must_use]
pub fn since() -> u64 {
    SINCE.load(Ordering::Relaxed)
}

/// How a wait began that goes on after a pause.
#[derive(Clone, Copy)]
pub(super) struct Begin {
    since: u64,
    holder: Option<ThreadId>,
}

/// A thread between the way in and the way out.
pub(super) struct Visit {
    waiting: Waiting,
    /// Who had to end the wait when it began; for the timeline.
    holder: Option<ThreadId>,
    /// What the thread waited for when a signal handler made it wait for this.
    outer: Option<Waiting>,
    /// Where it was noted that it came.
    arrival: Option<Arrival>,
}

/// On the way in; `begin` is how the wait began, if it goes on after a pause.
pub(super) fn arrive(site: Site, begin: Option<Begin>, unlimited: bool) -> Visit {
    let since = begin.map_or_else(clock::now, |begin| begin.since);
    let waiting = Waiting { site, since, unlimited };
    let outer = registry::set_waiting(Some(waiting));
    let arrival = if is_on() { note_arrival(site) } else { None };
    // Only where the arrival was noted, so that a wait that nobody observes loads one word.
    let holder = match begin {
        Some(begin) => begin.holder,
        None if arrival.is_some() && keeps_intervals() => registry::own_holder(site.kind()),
        None => None,
    };
    Visit { waiting, holder, outer, arrival }
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

    /// On the way out for a moment. Returns how the wait began.
    pub(super) fn pause(self) -> Begin {
        registry::set_waiting(self.outer);
        self.note_departure();
        self.begin()
    }

    /// On the way out.
    pub(super) fn leave(self) {
        registry::set_waiting(self.outer);
        if self.arrival.is_some() || is_on() {
            let now = clock::now();
            self.note_departure();
            record(self.waiting.site, self.begin(), now);
        }
    }

    fn begin(&self) -> Begin {
        Begin { since: self.waiting.since, holder: self.holder }
    }

    /// The moment is taken with the ledger locked: nobody who has looked before it was told a longer time.
    fn note_departure(&self) {
        if let Some(arrival) = self.arrival {
            let mut ledger = ledger();
            ledger.leave(self.waiting.site, arrival, clock::now());
        }
    }
}

/// Counts a wait of the calling thread, which is over since `end`.
#[cold]
pub(super) fn record(site: Site, begin: Begin, end: u64) {
    let nanoseconds = end.saturating_sub(begin.since);
    if is_on() && registry::count_wait(site.kind(), nanoseconds) {
        ledger().add_wait(site, nanoseconds);
        if keeps_intervals() {
            keep(site, begin, end);
        }
    }
}

/// Keeps the wait as an interval. (A thread that is being torn down has no tallies either.)
fn keep(site: Site, begin: Begin, end: u64) {
    let Some((thread, attaching)) = registry::take_attaching() else { return };
    let Begin { since: begin, holder } = begin;
    let end = end.max(begin);
    timeline::kept().add(Interval {
        thread,
        kind: site.kind(),
        origin: site.origin(),
        begin,
        end,
        attaching: attaching.min(end - begin),
        holder,
    });
}
