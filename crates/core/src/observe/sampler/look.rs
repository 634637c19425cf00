//! One look at the threads: who has the interpreter, who waits for it.
//!
//! A thread that sleeps at the door is asleep, and one that is back and not yet let in waits: that stands in the registry.
//! Of the others the kernel is asked, a few at a time in turn. One that the kernel has runnable, or asleep elsewhere,
//! does otherwise.
//!
//! Nobody waits for an interpreter that nobody has, but for the moments in which it passes from one to the next. So after a
//! look that found nobody who has it or wants it the kernel is not asked until somebody has it again.
//!
//! The door measures to the nanosecond what passes there. So the samples of a thread are of the time it spends
//! elsewhere only; those of the process are of both.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::observe::kernel::SystemCall;
use crate::observe::metrics::ledger::ledger;
use crate::observe::registry::samples::{self, Doing, Sample, Seen};
use crate::thread::ThreadId;
use crate::wait::clock;
use crate::wait::host::{Possession, host};

/// Of so many threads the kernel is asked in one look.
const MOST: usize = 64;
/// So many files are kept open: it is the opening that takes time, and the descriptors are nobody else's.
const FILES: usize = 4 * MOST;

/// Looks, and remembers where it left off.
pub(super) struct Looker {
    words: RangeInclusive<usize>,
    began: u64,
    before: u64,
    /// Whether nobody had the interpreter, nor wanted it, at the look before.
    was_quiet: bool,
    /// The last thread that the kernel was asked of.
    last: Option<ThreadId>,
    files: BTreeMap<ThreadId, SystemCall>,
}

impl Looker {
    pub(super) fn new(words: RangeInclusive<usize>) -> Self {
        let now = clock::now();
        Self {
            words,
            began: now,
            before: now,
            was_quiet: false,
            last: None,
            files: BTreeMap::new(),
        }
    }

    /// Looks once; `now` on [`clock::now`]. Returns whether nobody had the interpreter, nor wanted it.
    ///
    /// `after_rest` says that the time since the last look was a longer one, of which nothing was expected. What is found
    /// to go on then began somewhere in it: half of it is counted, which is right in the mean.
    pub(super) fn look(&mut self, now: u64, after_rest: bool) -> bool {
        let seen = samples::seen(now);
        let returning = seen.iter().filter(|each| each.doing == Doing::Returning).count();
        let away: Vec<_> = seen.iter().filter(|each| each.doing == Doing::Elsewhere).collect();
        // Where everyone is asleep nobody has it.
        let nobody = returning == 0 && away.is_empty();
        let possession = if nobody { Possession::Free } else { host().possession() };
        let is_free = possession == Possession::Free;
        let samples = if is_free && returning == 0 && self.was_quiet {
            away.iter().map(|seen| Sample::neither(seen.thread)).collect()
        } else {
            self.ask_some(&away, possession)
        };
        let waiting = samples.iter().filter(|sample| sample.waits).count();
        let unasked = away.len() - samples.len();
        let waiters = returning + waiting + unasked * waiting / samples.len().max(1);
        let elapsed = now.saturating_sub(std::mem::replace(&mut self.before, now));
        let is_quiet = is_free && waiters == 0;
        self.was_quiet = is_quiet;
        let quiet = if is_quiet || !after_rest { 0 } else { elapsed / 2 };
        let counted = elapsed - quiet;
        samples::count(&samples, self.began.max(now.saturating_sub(counted)), now);
        ledger().interpreter.add(possession, waiters, counted, quiet);
        is_quiet
    }

    fn ask_some(&mut self, away: &[&Seen], possession: Possession) -> Vec<Sample> {
        self.next(away).into_iter().map(|seen| self.ask(seen, possession)).collect()
    }

    /// Those whose turn it is.
    fn next<'a>(&mut self, away: &[&'a Seen]) -> Vec<&'a Seen> {
        let first = away.iter().position(|seen| Some(seen.thread) > self.last).unwrap_or(0);
        let turn: Vec<_> =
            away.iter().cycle().skip(first).take(MOST.min(away.len())).copied().collect();
        self.last = turn.last().map(|seen| seen.thread);
        turn
    }

    fn ask(&mut self, seen: &Seen, possession: Possession) -> Sample {
        let has_it = matches!(possession, Possession::Held { ident, .. } if ident == seen.ident);
        let word = if has_it { None } else { self.word(seen) };
        let waits = word.is_some_and(|word| self.words.contains(&word));
        Sample { thread: seen.thread, has_it, waits }
    }

    /// The word at which a thread sleeps.
    fn word(&mut self, seen: &Seen) -> Option<usize> {
        if let Some(file) = self.files.get(&seen.thread) {
            return file.futex();
        }
        if self.files.len() >= FILES {
            self.files.clear(); // most are of threads that have ended
        }
        let file = SystemCall::of(seen.native_id?)?;
        let word = file.futex();
        self.files.insert(seen.thread, file);
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(count: u32) -> Vec<Seen> {
        let threads = (1..=count).filter_map(ThreadId::from_word);
        let seen = |thread| Seen { thread, ident: 0, native_id: None, doing: Doing::Elsewhere };
        threads.map(seen).collect()
    }

    #[test]
    fn every_thread_has_its_turn() {
        let seen = seen(150);
        let away: Vec<_> = seen.iter().collect();
        let mut looker = Looker::new(0..=0);
        let mut asked: Vec<_> =
            (0..3).flat_map(|_| looker.next(&away)).map(|seen| seen.thread).collect();
        assert_eq!(asked.len(), 3 * MOST);
        asked.sort_unstable();
        asked.dedup();
        assert_eq!(asked.len(), 150);
    }

    #[test]
    fn few_threads_are_asked_of_in_each_look() {
        let seen = seen(3);
        let away: Vec<_> = seen.iter().collect();
        let mut looker = Looker::new(0..=0);
        assert_eq!(looker.next(&away).len(), 3);
        assert_eq!(looker.next(&away).len(), 3);
        assert!(looker.next(&[]).is_empty());
    }
}
