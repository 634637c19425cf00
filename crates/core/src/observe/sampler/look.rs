//! One look at the threads: who has the interpreter, who waits for it, who could run.
//!
//! A thread that sleeps at the door is asleep, and one that is back and not yet let in waits: that stands in the registry.
//! Of the others the kernel is asked, a few at a time in turn. One that the kernel has runnable, or asleep elsewhere,
//! does otherwise.
//!
//! The door measures to the nanosecond what passes there. So the samples of a thread are of the time it spends
//! elsewhere only; those of the process are of both.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::machine::Machine;
use crate::observe::kernel::{Activity, SystemCall};
use crate::observe::metrics::interpreter::Look;
use crate::observe::metrics::ledger::ledger;
use crate::observe::metrics::processors::Wanted;
use crate::observe::registry::samples::{self, Doing, Found, Sample, Seen};
use crate::thread::ThreadId;
use crate::wait::Kind;
use crate::wait::clock;
use crate::wait::host::{Possession, host};

/// Of so many threads the kernel is asked in one look.
const MOST: usize = 64;
/// Of so many quiet looks in a row the kernel is asked at none: asking is what a look costs.
const UNASKED: u32 = 3;
/// So many files are kept open: it is the opening that takes time, and the descriptors are nobody else's.
const FILES: usize = 4 * MOST;

/// Looks, and remembers where it left off.
pub(super) struct Looker {
    /// Where a thread sleeps that waits for the interpreter, if that is known.
    words: Option<RangeInclusive<usize>>,
    machine: Machine,
    began: u64,
    before: u64,
    /// The last thread that the kernel was asked of.
    last: Option<ThreadId>,
    /// What was found at the last look at which the kernel was asked.
    asked: Vec<Sample>,
    /// How many looks have not asked it since, and were quiet; none if that look was not.
    quiet: Option<u32>,
    files: BTreeMap<ThreadId, SystemCall>,
}

impl Looker {
    pub(super) fn new(words: Option<RangeInclusive<usize>>) -> Self {
        let now = clock::now();
        let machine = Machine::new();
        Self {
            words,
            machine,
            began: now,
            before: now,
            last: None,
            asked: Vec::new(),
            quiet: None,
            files: BTreeMap::new(),
        }
    }

    /// Looks once; `now` on [`clock::now`]. Returns whether nobody had the interpreter, nor wanted it, nor could run.
    ///
    /// `after_rest` says that the time since the last look was a longer one, of which nothing was expected. What is found
    /// to go on then began somewhere in it: half of it is counted, which is right in the mean.
    pub(super) fn look(&mut self, now: u64, after_rest: bool) -> bool {
        let seen = samples::seen(now);
        let returning = seen.iter().filter(|each| each.doing == Doing::Returning).count();
        let away: Vec<_> = seen.iter().filter(|each| each.doing == Doing::Elsewhere).collect();
        // Where everyone is asleep nobody has it.
        let nobody = returning == 0 && away.is_empty();
        let possession = match self.words {
            None => Possession::Unknown,
            Some(_) if nobody => Possession::Free,
            Some(_) => host().possession(),
        };
        let is_held = matches!(possession, Possession::Held { .. });
        let asked = match self.quiet {
            Some(count) if count < UNASKED && !is_held && returning == 0 => {
                self.quiet = Some(count + 1);
                self.as_before(&away)
            }
            _ => {
                self.quiet = None;
                self.asked =
                    self.next(&away).into_iter().map(|seen| self.ask(seen, possession)).collect();
                self.asked.clone()
            }
        };
        // Those that were not asked do as those that were.
        let count = |found| asked.iter().filter(|sample| sample.found == found).count();
        let of_all = |found| count(found) * away.len() / asked.len().max(1);
        let (waiters, runnable) = (returning + of_all(Found::Waiting), of_all(Found::Runnable));
        // Now, for a look at many threads takes a while: a thread that was just asleep may have been let in meanwhile.
        let is_free = count(Found::Waiting) > 0 && host().possession() == Possession::Free;
        let elapsed = now.saturating_sub(std::mem::replace(&mut self.before, now));
        let is_quiet = !is_held && waiters == 0 && runnable == 0;
        self.quiet = if is_quiet { self.quiet.or(Some(0)) } else { None };
        let quiet = if is_quiet || !after_rest { 0 } else { elapsed / 2 };
        let counted = elapsed - quiet;
        samples::count(&asked, self.began.max(now.saturating_sub(counted)), now);
        let wanted_by_all = self.machine.runnable();
        let look = Look {
            possession,
            waiters,
            is_blocked: seen.iter().any(|seen| is_blocked(seen.doing)),
            is_free,
            is_stalled: count(Found::Stalled) > 0,
            away: of_all(Found::Other),
            others: wanted_by_all.map(|all| self.machine.taken(all, runnable)),
            elapsed: counted,
            quiet,
            computed: self.machine.used(),
        };
        let wanted = Wanted {
            available: self.machine.processors,
            runnable,
            of_all: wanted_by_all.unwrap_or_default(),
        };
        let mut ledger = ledger();
        ledger.interpreter.add(look);
        ledger.processors.add(wanted, counted, quiet);
        is_quiet
    }

    /// Where nobody has the interpreter, nor wanted it or could run at the last look, each thread is taken to do what it
    /// did then.
    fn as_before(&self, away: &[&Seen]) -> Vec<Sample> {
        let before = |seen: &&Seen| self.asked.iter().find(|sample| sample.thread == seen.thread);
        away.iter().filter_map(before).copied().collect()
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
        let activity = self.activity(seen);
        let is_theirs = |word| self.words.as_ref().is_some_and(|words| words.contains(&word));
        let found = match activity {
            Some(Activity::Runnable) => Found::Runnable,
            Some(Activity::Accepting) => Found::Accepting,
            Some(Activity::Futex(word)) if is_theirs(word) => {
                // Who has it has got it since, or has given it away.
                if has_it { Found::Runnable } else { Found::Waiting }
            }
            Some(_) if has_it => Found::Stalled,
            Some(_) | None => Found::Other,
        };
        Sample { thread: seen.thread, has_it, found }
    }

    fn activity(&mut self, seen: &Seen) -> Option<Activity> {
        if let Some(file) = self.files.get(&seen.thread) {
            return file.activity();
        }
        if self.files.len() >= FILES {
            self.files.clear(); // most are of threads that have ended
        }
        let file = SystemCall::of(seen.native_id?)?;
        let activity = file.activity();
        self.files.insert(seen.thread, file);
        activity
    }
}

fn is_blocked(doing: Doing) -> bool {
    matches!(doing, Doing::Asleep(Kind::Lock | Kind::RLock))
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
        let mut looker = Looker::new(None);
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
        let mut looker = Looker::new(None);
        assert_eq!(looker.next(&away).len(), 3);
        assert_eq!(looker.next(&away).len(), 3);
        assert!(looker.next(&[]).is_empty());
    }
}
