//! The intervals that are kept, in bounded memory.
//!
//! At most `limit` intervals are kept. When there is one more, the *resolution* is doubled, from one [`FINEST`] on, until
//! at least a quarter of them are shorter than it; those are dropped, and from then on no shorter one is kept. The
//! dropped ones are counted, and their time summed up, by thread. So the whole run stays covered, by the waits that can
//! be told apart in a picture of it. Resolutions are powers of two: waits that all last about as long may all be dropped
//! at once, and then the sums are what is known of them.
//!
//! **Bound:** `limit` + 1 intervals of 40 bytes, up to thrice that while their vector grows or is copied for a snapshot,
//! and a tally for each thread that the registry knows.
//! **Cost:** dropping looks at each interval twice, and `limit` / 4 have to come before it is due again: at most eight looks
//! for each interval that comes, whatever their number.

use std::collections::{BTreeMap, BTreeSet};

use super::Timeline;
use crate::observe::Tally;
use crate::thread::ThreadId;
use crate::wait::{Kind, Origin};

/// The first resolution, in nanoseconds, once not all are kept; a power of two.
const FINEST: u64 = 1 << 10;

/// A wait. Times are in nanoseconds, on [`clock::now`](crate::wait::clock::now).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Who waited.
    pub thread: ThreadId,
    /// For what.
    pub kind: Kind,
    /// Where in the program that was made.
    pub origin: Option<Origin>,
    /// When the wait began.
    pub begin: u64,
    /// When it was over.
    pub end: u64,
    /// How long, at the end of it, the thread was awake and waited for the host to take it back.
    pub attaching: u64,
    /// Who had to end it when it began, where one thread was known that had: who held the lock.
    pub holder: Option<ThreadId>,
}

impl Interval {
    /// How long it lasted, in nanoseconds.
    #[must_use]
    pub fn duration(&self) -> u64 {
        self.end.saturating_sub(self.begin)
    }
}

/// See the module's description.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    limit: usize,
    resolution: u64,
    intervals: Vec<Interval>,
    /// What was dropped, by thread.
    omitted: BTreeMap<ThreadId, Tally>,
    /// How many were, of threads that are forgotten.
    forgotten: u64,
}

impl Kept {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, resolution: 0, intervals: Vec::new(), omitted: BTreeMap::new(), forgotten: 0 }
    }

    /// Forgets everything but the limit.
    pub(crate) fn clear(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Keeps an interval, or counts it.
    pub(crate) fn add(&mut self, interval: Interval) {
        if interval.duration() < self.resolution {
            omit(&mut self.omitted, &interval);
            return;
        }
        self.intervals.push(interval);
        if self.intervals.len() > self.limit {
            self.coarsen();
        }
    }

    fn coarsen(&mut self) {
        self.resolution = self.next_resolution();
        let (resolution, omitted) = (self.resolution, &mut self.omitted);
        self.intervals.retain(|interval| {
            let stays = interval.duration() >= resolution;
            if !stays {
                omit(omitted, interval);
            }
            stays
        });
    }

    /// The least of the doubled resolutions that at least a quarter of the intervals are shorter than.
    fn next_resolution(&self) -> u64 {
        let mut by_length = [0; u64::BITS as usize + 1];
        for interval in &self.intervals {
            // Those at n are shorter than 2^n, and not shorter than 2^(n - 1).
            by_length[(u64::BITS - interval.duration().leading_zeros()) as usize] += 1;
        }
        // (Ends: no duration comes near 2^63 ns, which are 292 years.)
        let mut resolution = (self.resolution * 2).max(FINEST);
        let shorter = |resolution: u64| -> usize {
            by_length[..=resolution.trailing_zeros() as usize].iter().sum()
        };
        while shorter(resolution) < self.intervals.len().div_ceil(4) {
            resolution *= 2;
        }
        resolution
    }

    /// Forgets threads, but for the number of their intervals.
    pub(crate) fn forget(&mut self, threads: &[ThreadId]) {
        let threads: BTreeSet<_> = threads.iter().copied().collect();
        self.retain(|thread| !threads.contains(&thread));
    }

    /// Keeps what is known of some threads only.
    pub(crate) fn retain(&mut self, stays: impl Fn(ThreadId) -> bool) {
        let before = self.intervals.len();
        self.intervals.retain(|interval| stays(interval.thread));
        self.forgotten += (before - self.intervals.len()) as u64;
        let forgotten = &mut self.forgotten;
        self.omitted.retain(|&thread, tally| {
            let stays = stays(thread);
            *forgotten += if stays { 0 } else { tally.count };
            stays
        });
    }

    /// By thread, in the order in which they came.
    pub(super) fn into_timeline(self) -> Timeline {
        let omitted = self.forgotten + self.omitted.values().map(|tally| tally.count).sum::<u64>();
        let mut threads = BTreeMap::<_, super::Line>::new();
        for interval in self.intervals {
            threads.entry(interval.thread).or_default().intervals.push(interval);
        }
        for (thread, tally) in self.omitted {
            threads.entry(thread).or_default().omitted = tally;
        }
        Timeline { resolution: self.resolution, omitted, threads }
    }
}

fn omit(omitted: &mut BTreeMap<ThreadId, Tally>, interval: &Interval) {
    omitted.entry(interval.thread).or_default().add(interval.duration());
}

#[cfg(all(test, not(loom)))]
mod tests;
