//! What the door records on the way in and out of a wait.
//!
//! Always: which thread waits for what, and since when; that is the wait-for graph, and a thread that is
//! about to sleep can afford it. Only while watched: how often and how long, by thread and by the line
//! that made the thing. Off, the only cost is one relaxed load for each wait and each new primitive.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::clock;
use super::site::{Kind, Origin, Site};
use crate::observe::registry::{self, Waiting};
use crate::observe::tally::Tally;

// Relaxed throughout: a wait that begins around the switch may be recorded or not.
static ON: AtomicBool = AtomicBool::new(false);
static SINCE: AtomicU64 = AtomicU64::new(0);
static WAITS: Mutex<Tallies> = Mutex::new(BTreeMap::new());

type Tallies = BTreeMap<(Kind, Option<Origin>), Tally>;

fn tallies() -> MutexGuard<'static, Tallies> {
    WAITS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The tallies' lock, held over a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(super) struct WatchGuard(
    #[expect(dead_code, reason = "held, not used")] MutexGuard<'static, Tallies>,
);

/// Locks the tallies for the time of a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(super) fn freeze() -> WatchGuard {
    WatchGuard(tallies())
}

/// Whether waits are recorded.
#[inline]
#[must_use]
pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// Begins a new recording: earlier figures and ended threads are forgotten.
pub fn start() {
    tallies().clear();
    registry::begin_again();
    SINCE.store(clock::now(), Ordering::Relaxed);
    ON.store(true, Ordering::Relaxed);
}

/// Ends the recording; its figures stay.
pub fn stop() {
    ON.store(false, Ordering::Relaxed);
}

/// When the recording began, on [`clock::now`].
#[must_use]
pub fn since() -> u64 {
    SINCE.load(Ordering::Relaxed)
}

/// The waits recorded, by kind and by the line that made the thing.
#[must_use]
pub fn waits() -> Vec<(Kind, Option<Origin>, Tally)> {
    tallies().iter().map(|(&(kind, origin), &tally)| (kind, origin, tally)).collect()
}

/// A thread between the way in and the way out.
pub(super) struct Visit {
    waiting: Waiting,
    /// What the thread waited for when a signal handler made it wait for this.
    outer: Option<Waiting>,
}

/// On the way in; `since` is when the wait began, if it goes on after a pause.
pub(super) fn arrive(site: Site, since: Option<u64>, unlimited: bool) -> Visit {
    let waiting = Waiting { site, since: since.unwrap_or_else(clock::now), unlimited };
    Visit { waiting, outer: registry::set_waiting(Some(waiting)) }
}

impl Visit {
    /// When the wait began.
    pub(super) fn since(&self) -> u64 {
        self.waiting.since
    }

    /// On the way out for a moment. Returns when the wait began.
    pub(super) fn pause(self) -> u64 {
        registry::set_waiting(self.outer);
        self.waiting.since
    }

    /// On the way out.
    pub(super) fn leave(self) {
        registry::set_waiting(self.outer);
        if is_on() {
            self.record();
        }
    }

    #[cold]
    fn record(&self) {
        let Waiting { site, since, .. } = self.waiting;
        let nanoseconds = clock::now().saturating_sub(since);
        if registry::count_wait(site.kind(), nanoseconds) {
            tallies().entry((site.kind(), site.origin())).or_default().add(nanoseconds);
        }
    }
}
