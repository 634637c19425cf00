//! The threads that have ended, beyond those that are kept one by one.
//!
//! A program that starts a thread for each request starts them without end. The last [`MOST`] that ended, and a few
//! more, are kept with all that is known of them; of those before there are sums.

use std::collections::VecDeque;
use std::time::Duration;

use crate::observe::Tally;
use crate::observe::registry::ThreadFacts;
use crate::thread::ThreadId;
use crate::wait::Kind;

/// How many threads that have ended are kept one by one.
pub const MOST: usize = 2000;
/// So many are let go at once, for they are counted against all others.
const BATCH: usize = 500;

/// Sums over threads that have ended and are not kept.
#[derive(Clone, Debug, Default)]
pub struct EndedThreads {
    /// How many.
    pub count: u64,
    /// How long they lived, in nanoseconds.
    pub lived: u64,
    /// The processor time they used, as far as it is known.
    pub cpu: Duration,
    /// Their waits by kind, in the order of [`Kind::ALL`].
    pub waits: [Tally; Kind::ALL.len()],
    /// How much of these they waited for the host to take them back, in nanoseconds.
    pub attaching: [u64; Kind::ALL.len()],
    /// How long they waited for the interpreter elsewhere than at the door, as sampled; nanoseconds.
    pub sampled_waiting: u64,
    /// How often they were woken for something that another thread took first.
    pub overtaken: u64,
    /// The most threads, of all kinds, that lived at one time while these did.
    pub peak: usize,
}

/// The order in which kept threads ended, and the sums of the others.
pub(crate) struct Ended {
    order: VecDeque<ThreadId>,
    sums: Option<Box<EndedThreads>>,
}

impl Ended {
    pub(super) const fn new() -> Self {
        Self { order: VecDeque::new(), sums: None }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }

    /// A thread has ended. Returns those that are kept no longer.
    pub(crate) fn add(&mut self, thread: ThreadId) -> Vec<ThreadId> {
        self.order.push_back(thread);
        let leaving = if self.order.len() > MOST + BATCH { BATCH } else { 0 };
        self.order.drain(..leaving).collect()
    }

    /// Learns when all threads began and ended, before those that leave are gone.
    pub(crate) fn note_peak(&mut self, lives: Vec<(u64, Option<u64>)>) {
        let sums = self.sums.get_or_insert_default();
        sums.peak = sums.peak.max(peak(lives));
    }

    /// Adds what is known of a thread that is kept no longer.
    pub(crate) fn sum_up(&mut self, facts: &ThreadFacts) {
        let sums = self.sums.get_or_insert_default();
        sums.count += 1;
        sums.lived += facts.ended.map_or(0, |ended| ended.saturating_sub(facts.started));
        sums.cpu += facts.cpu.unwrap_or_default();
        for (sum, waits) in sums.waits.iter_mut().zip(facts.waits) {
            sum.merge(waits);
        }
        for (sum, attaching) in sums.attaching.iter_mut().zip(facts.attaching) {
            *sum += attaching;
        }
        sums.sampled_waiting += facts.sampled.waiting;
        sums.overtaken += facts.overtaken;
    }

    pub(crate) fn sums(&self) -> EndedThreads {
        self.sums.as_deref().cloned().unwrap_or_default()
    }
}

/// The most that lived at one time, of threads that began and ended then.
fn peak(lives: Vec<(u64, Option<u64>)>) -> usize {
    let mut begins: Vec<_> = lives.iter().map(|&(begin, _)| begin).collect();
    let mut ends: Vec<_> = lives.into_iter().filter_map(|(_, end)| end).collect();
    begins.sort_unstable();
    ends.sort_unstable();
    let mut ended = 0;
    let mut most = 0;
    for (index, begin) in begins.into_iter().enumerate() {
        while ends.get(ended).is_some_and(|&end| end <= begin) {
            ended += 1;
        }
        most = most.max(index + 1 - ended);
    }
    most
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_peak_counts_who_lived_at_one_time() {
        assert_eq!(peak(vec![(0, None), (10, Some(50)), (50, Some(90)), (40, Some(60))]), 3);
        assert_eq!(peak(vec![(0, Some(1)), (1, Some(2)), (2, None)]), 1);
        assert_eq!(peak(Vec::new()), 0);
    }

    #[test]
    fn the_first_to_end_leave_and_the_last_are_kept() {
        let mut ended = Ended::new();
        let count = u32::try_from(MOST + BATCH + 1).expect("a small number");
        let threads: Vec<_> = (1..=count).filter_map(ThreadId::from_word).collect();
        let left: Vec<_> = threads.iter().flat_map(|&thread| ended.add(thread)).collect();
        assert_eq!(left, threads[..BATCH]);
        assert_eq!(ended.order.len(), MOST + 1);
    }
}
