//! How many deadlocks were found: those that ended a wait, and those that were told.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use super::Nature;

/// By nature. Relaxed: they are sums and order nothing.
static COUNTS: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];

fn counter(nature: Nature) -> &'static AtomicU64 {
    &COUNTS[nature as usize]
}

pub(super) fn note(nature: Nature) {
    counter(nature).fetch_add(1, Relaxed);
}

/// How many deadlocks of this nature were found since the process began.
#[must_use]
pub fn count(nature: Nature) -> u64 {
    counter(nature).load(Relaxed)
}
