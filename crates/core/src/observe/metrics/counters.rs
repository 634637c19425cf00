//! What is counted at every acquire, put and get: atomics, a set for each line of the program.
//!
//! An acquire that finds its lock free takes some 10 ns in all, so that counting it may take two or three. A
//! counter per line would be fought over by all threads; one per thread and line has to be found, grown and
//! folded when the thread ends. So each line has eight *shards*, and a thread adds to the one that its number
//! chooses: one atomic addition on a cache line that it mostly has to itself, exact at every moment, and
//! nothing to do when threads, objects or the process end. Relaxed throughout: they are sums and order nothing.
//!
//! The table never moves: its buckets, each twice as large as the one before, are made under the lock of the
//! table of lines when a line gets its number, and so are never half made in a forked child.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::thread::ThreadId;
use crate::wait::{Kind, Origin};

const SHARDS: usize = 8;
/// Lines of the first bucket; those without a line, one a kind, stand before the others.
const FIRST: usize = 64;
/// Enough for 2³² lines.
const BUCKETS: usize = 27;

static TABLE: [OnceLock<Box<[Counters]>>; BUCKETS] = [const { OnceLock::new() }; BUCKETS];

/// What threads of some numbers did. Alone on its cache line.
#[derive(Default)]
#[repr(align(64))]
struct Shard {
    acquired: AtomicU64,
    puts: AtomicU64,
    gets: AtomicU64,
}

/// What is seldom written.
#[derive(Default)]
#[repr(align(64))]
struct Shared {
    contended: AtomicU64,
    deepest: AtomicU64,
}

/// The counters of a line.
#[derive(Default)]
pub(crate) struct Counters {
    shards: [Shard; SHARDS],
    shared: Shared,
}

/// The sums of a line's counters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) acquired: u64,
    pub(crate) contended: u64,
    pub(crate) puts: u64,
    pub(crate) gets: u64,
    pub(crate) deepest: u64,
}

impl Counters {
    fn shard(&self, me: ThreadId) -> &Shard {
        &self.shards[me.get() as usize % SHARDS]
    }

    /// One more acquire. Returns how many its shard had counted before.
    #[inline]
    pub(crate) fn acquire(&self, me: ThreadId) -> u64 {
        self.shard(me).acquired.fetch_add(1, Relaxed)
    }

    /// The acquire that is being counted found the thing taken.
    pub(crate) fn contend(&self) {
        self.shared.contended.fetch_add(1, Relaxed);
    }

    /// One more put. Returns how many its shard had counted before.
    #[inline]
    pub(crate) fn put(&self, me: ThreadId) -> u64 {
        self.shard(me).puts.fetch_add(1, Relaxed)
    }

    /// One more get. Returns how many its shard had counted before.
    #[inline]
    pub(crate) fn get(&self, me: ThreadId) -> u64 {
        self.shard(me).gets.fetch_add(1, Relaxed)
    }

    /// So many items were inside.
    #[inline]
    pub(crate) fn deepen(&self, depth: u64) {
        if depth > self.shared.deepest.load(Relaxed) {
            self.shared.deepest.fetch_max(depth, Relaxed);
        }
    }

    pub(crate) fn sums(&self) -> Sums {
        let sum = |of: fn(&Shard) -> &AtomicU64| {
            self.shards.iter().map(|shard| of(shard).load(Relaxed)).sum()
        };
        Sums {
            acquired: sum(|shard| &shard.acquired),
            contended: self.shared.contended.load(Relaxed),
            puts: sum(|shard| &shard.puts),
            gets: sum(|shard| &shard.gets),
            deepest: self.shared.deepest.load(Relaxed),
        }
    }

    fn clear(&self) {
        for Shard { acquired, puts, gets } in &self.shards {
            for count in [acquired, puts, gets] {
                count.store(0, Relaxed);
            }
        }
        self.shared.contended.store(0, Relaxed);
        self.shared.deepest.store(0, Relaxed);
    }
}

/// Where the counters of a line are: the bucket, and the place in it.
#[inline]
fn place(kind: Kind, origin: Option<Origin>) -> (usize, usize) {
    let index = match origin {
        None => kind.index(),
        Some(origin) => Kind::ALL.len() + origin.0.get() as usize - 1,
    };
    let bucket = ((index + FIRST) / FIRST).ilog2() as usize;
    (bucket, index + FIRST - (FIRST << bucket))
}

/// Makes room for a line, once. To be called under the lock of the table of lines.
pub(crate) fn provide(kind: Kind, origin: Option<Origin>) {
    let (bucket, _) = place(kind, origin);
    TABLE[bucket].get_or_init(|| (0..FIRST << bucket).map(|_| Counters::default()).collect());
}

/// The counters of a line, or of all that has none. Every line that has a number has them.
#[inline]
pub(crate) fn of(kind: Kind, origin: Option<Origin>) -> Option<&'static Counters> {
    let (bucket, place) = place(kind, origin);
    TABLE[bucket].get()?.get(place)
}

/// Forgets all counts.
pub(crate) fn clear() {
    TABLE.iter().filter_map(OnceLock::get).flatten().for_each(Counters::clear);
}

/// Whether the event after so many others is one that is looked at closely: one of 2^`bits`, and the first few.
///
/// Multiples of the golden ratio spread evenly: no period of the program's own keeps in step with them.
#[inline]
pub(crate) fn is_sampled(before: u64, bits: u32) -> bool {
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    before < UNSAMPLED || before.wrapping_mul(GOLDEN) >> (u64::BITS - bits) == 0
}

/// How many come before the sampling.
pub(crate) const UNSAMPLED: u64 = 8;

#[cfg(all(test, not(loom)))]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn at(number: u32) -> (usize, usize) {
        place(Kind::Lock, NonZeroU32::new(number).map(Origin))
    }

    #[test]
    fn every_line_has_a_place_of_its_own() {
        let kinds = u32::try_from(Kind::ALL.len()).unwrap();
        let mut next = (0, Kind::ALL.len());
        for number in 1..100_000 {
            assert_eq!(at(number), next, "line {number}");
            next.1 += 1;
            if next.1 == FIRST << next.0 {
                next = (next.0 + 1, 0);
            }
        }
        for (index, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(place(kind, None), (0, index));
        }
        let (bucket, place) = at(u32::MAX - kinds);
        assert!(bucket < BUCKETS && place < FIRST << bucket);
        assert!(at(u32::MAX).0 < BUCKETS);
    }

    #[test]
    fn samples_are_as_many_as_they_should_be_whatever_the_period() {
        for period in [1, 2, 16, 64, 100] {
            let sampled = (0..64_000).filter(|n| is_sampled(n * period, 6)).count();
            assert!((950..1100).contains(&sampled), "{sampled} of period {period}");
        }
    }
}
