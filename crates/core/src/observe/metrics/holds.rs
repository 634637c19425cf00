//! How long locks are held: of one hold in 64, and of the first few.
//!
//! A lock whose present hold is timed says so by a bit of its word; since when stands here, by the word's address. So
//! a lock is as small as it was, and a release that is not timed does not even ask whether anybody watches.

use std::collections::BTreeMap;

use super::counters::is_sampled;
use super::ledger::{Key, ledger};
use crate::wait::clock;

/// One hold of 2^this is timed.
const SAMPLING: u32 = 6;
/// A program that holds so many timed locks has no need of more.
const MOST: usize = 4096;

/// Whether the acquire after so many others is timed.
#[inline]
pub(crate) fn is_timed(before: u64) -> bool {
    is_sampled(before, SAMPLING)
}

/// The holds that are being timed: by the address of the lock's word, since when, and what it is.
pub(crate) struct Holds(BTreeMap<usize, (u64, Key)>);

impl Holds {
    pub(super) const fn new() -> Self {
        Self(BTreeMap::new())
    }
}

/// Begins to time a hold; `false` when too many are being timed.
pub(crate) fn begin(address: usize, key: Key) -> bool {
    let mut ledger = ledger();
    let begins = ledger.holds.0.len() < MOST;
    if begins {
        ledger.holds.0.insert(address, (clock::now(), key));
    }
    begins
}

/// The hold is over. Who comes second finds nothing.
pub(crate) fn end(address: usize) {
    let now = clock::now();
    let mut ledger = ledger();
    if let Some((since, key)) = ledger.holds.0.remove(&address) {
        ledger.record(key).holds.add(now.saturating_sub(since));
    }
}

/// The hold is not to be counted.
pub(crate) fn forget(address: usize) {
    ledger().holds.0.remove(&address);
}
