//! Who held a lock when others came to wait for it.
//!
//! A program may start threads without end, and each may hold the lock once: only so many are kept by name, and
//! the least of them makes room for a new one, its figures going to all others'. No wait is lost.

use std::collections::BTreeMap;

use crate::observe::Tally;
use crate::thread::ThreadId;

/// How many holders of a line's locks are told apart.
const MOST: usize = 64;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub(crate) struct Blockers {
    pub(crate) known: BTreeMap<ThreadId, Tally>,
    pub(crate) others: Tally,
}

impl Blockers {
    /// Adds a wait that began when `holder` held the lock.
    pub(crate) fn add(&mut self, holder: ThreadId, nanoseconds: u64) {
        if self.known.len() >= MOST && !self.known.contains_key(&holder) {
            self.forget_least();
        }
        self.known.entry(holder).or_default().add(nanoseconds);
    }

    fn forget_least(&mut self) {
        let least = self.known.iter().min_by_key(|(_, tally)| tally.total).map(|(&id, _)| id);
        if let Some(tally) = least.and_then(|id| self.known.remove(&id)) {
            self.others.merge(tally);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn of_many_holders_those_who_mattered_are_kept_and_no_wait_is_lost() {
        let mut blockers = Blockers::default();
        let holders = 10 * u32::try_from(MOST).unwrap();
        for number in 1..=holders {
            let holder = ThreadId::from_word(number).unwrap();
            blockers.add(holder, 1000 + u64::from(number));
        }
        let first = ThreadId::from_word(holders).unwrap();
        assert_eq!(blockers.known.len(), MOST);
        assert_eq!(blockers.known[&first].total, 1000 + u64::from(holders));
        let count: u64 = blockers.known.values().map(|tally| tally.count).sum();
        assert_eq!(count + blockers.others.count, u64::from(holders));
    }
}
