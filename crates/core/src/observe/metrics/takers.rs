//! Who takes from the queues that a line made: of one item in 64, and of the first few.
//!
//! As with those who hold locks, only so many threads are told apart: the least of them makes room for a new one, and
//! its items go to all others'.

use std::collections::BTreeMap;

use crate::thread::ThreadId;

/// How many are told apart.
const MOST: usize = 64;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub(crate) struct Takers {
    pub(crate) known: BTreeMap<ThreadId, u64>,
    pub(crate) others: u64,
}

impl Takers {
    /// Adds so many items.
    pub(crate) fn add(&mut self, thread: ThreadId, items: u64) {
        if self.known.len() >= MOST && !self.known.contains_key(&thread) {
            self.forget_least();
        }
        *self.known.entry(thread).or_default() += items;
    }

    fn forget_least(&mut self) {
        let least = self.known.iter().min_by_key(|&(_, &items)| items).map(|(&id, _)| id);
        self.others += least.and_then(|id| self.known.remove(&id)).unwrap_or_default();
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn of_many_takers_those_of_most_items_are_kept_and_no_item_is_lost() {
        let mut takers = Takers::default();
        let threads = 10 * u32::try_from(MOST).unwrap();
        for number in 1..=threads {
            takers.add(ThreadId::from_word(number).unwrap(), u64::from(number));
        }
        assert_eq!(takers.known.len(), MOST);
        assert!(takers.known.contains_key(&ThreadId::from_word(threads).unwrap()));
        let sum = takers.known.values().sum::<u64>() + takers.others;
        assert_eq!(sum, (1..=u64::from(threads)).sum::<u64>());
    }
}
