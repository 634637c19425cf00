//! What goes through queues: items put and got, how many were inside, and who took them.
//!
//! Every put counts and is compared with the deepest; how many items it found is noted for one put in 16, and for the
//! first few. An open queue whose class stores items its own way is asked for its size by its own methods
//! only: such a size is known before gets, and so these are noted.
//! Who takes an item is noted for one in 64, and for the first few: a stage takes far more.

use super::counters::{self, UNSAMPLED, is_sampled};
use super::ledger::ledger;
use crate::thread::ThreadId;
use crate::wait::{Kind, Origin};

/// The depth of one put of 2^this is noted.
const SAMPLING: u32 = 4;
/// Who made one get of 2^this is noted.
const TAKERS: u32 = 6;

/// An item was put; so many are inside now, where that is known.
#[cold]
pub fn put(origin: Option<Origin>, inside: Option<usize>) {
    let Some(counters) = counters::of(Kind::QueueGet, origin) else { return };
    let before = counters.put(ThreadId::current());
    if let Some(inside) = inside {
        counters.deepen(inside as u64);
        note(origin, before, inside);
    }
}

/// An item was got; so many were inside before, where no put has told.
#[cold]
pub fn get(origin: Option<Origin>, inside: Option<usize>) {
    let Some(counters) = counters::of(Kind::QueueGet, origin) else { return };
    let me = ThreadId::current();
    let before = counters.get(me);
    if is_sampled(before, TAKERS) {
        ledger().record((Kind::QueueGet, origin)).takers.add(me, weight(before, TAKERS));
    }
    if let Some(inside) = inside {
        counters.deepen(inside as u64);
        note(origin, before, inside);
    }
}

/// Notes a depth, if it is one of those that are.
fn note(origin: Option<Origin>, before: u64, inside: usize) {
    if is_sampled(before, SAMPLING) {
        let record = (Kind::QueueGet, origin);
        ledger().record(record).depths.add_weighted(inside as u64, weight(before, SAMPLING));
    }
}

/// How many events one that is noted stands for: as many as are not.
fn weight(before: u64, bits: u32) -> u64 {
    if before < UNSAMPLED { 1 } else { 1 << bits }
}
