//! The queues of waiters: one first-in, first-out queue a site, in a fixed number of buckets by address.
//!
//! A primitive needs no room for a queue of its own, only an address: an idea of `WTF::ParkingLot` (Filip
//! Pizlo, "Locking in `WebKit`", 2016), also found in Linux's futexes, in `parking_lot` and in
//! `CPython`'s `Python/parking_lot.c`. All state of waiting being in one place, a fork is mended in one place too.
//!
//! Locks: a bucket's lock is held for a few steps, never around the host, foreign code or a system call
//! that sleeps. Where two are needed they are taken in the order of the buckets.

use std::collections::VecDeque;
use std::sync::atomic::Ordering::Relaxed;

use super::parker::{MOVED, NOTIFIED, Parker};
use super::relay::Relay;
use crate::facade::{self, Arc, AtomicBool, AtomicUsize, Mutex, MutexGuard};
use crate::thread::ThreadId;

/// One wait of one thread.
pub(super) struct Waiter {
    pub(super) parker: Parker,
    /// The site whose queue the waiter is in. Written under the lock of that queue's bucket; read
    /// without it only to find the bucket, and compared again under its lock (so relaxed will do).
    pub(super) site: AtomicUsize,
    /// Whether the waiter runs signal handlers instead of sleeping. Under the lock of the bucket.
    pub(super) away: AtomicBool,
    /// Whether what was waited for was handed over. Written before the parker's state says `NOTIFIED`
    /// (a release), read after (an acquire).
    pub(super) handed: AtomicBool,
    pub(super) thread: ThreadId,
    /// Where it joined the queue it came for.
    pub(super) place: Place,
    /// Who is to be woken after this one. Written before the parker's state says `NOTIFIED`.
    pub(super) relay: Mutex<Option<Arc<Relay>>>,
}

impl Waiter {
    pub(super) fn new(site: usize, place: Place) -> Arc<Self> {
        Arc::new(Self {
            parker: Parker::new(),
            site: AtomicUsize::new(site),
            away: AtomicBool::new(false),
            handed: AtomicBool::new(false),
            thread: ThreadId::current(),
            place,
            relay: Mutex::new(None),
        })
    }

    /// The thread is awake, and has the interpreter if it needs that: if it was notified together with many others, the
    /// next of them is woken.
    pub(super) fn pass_on(&self) {
        let relay = facade::lock(&self.relay).take();
        if let Some(relay) = relay {
            relay.pass_on();
        }
    }
}

/// Where a waiter joins a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Behind all others.
    Back,
    /// Before all others: for a waiter that was notified and found the thing taken again.
    Front,
}

/// The waiters of one site, first come first.
struct Queue {
    site: usize,
    waiters: VecDeque<Arc<Waiter>>,
}

/// The queues whose sites fall into one bucket.
#[derive(Default)]
pub(super) struct Bucket {
    queues: Vec<Queue>,
}

impl Bucket {
    fn find(&self, site: usize) -> Option<usize> {
        self.queues.iter().position(|queue| queue.site == site)
    }

    /// How many wait at `site`.
    pub(super) fn len(&self, site: usize) -> usize {
        self.find(site).map_or(0, |at| self.queues[at].waiters.len())
    }

    /// Lets `waiter` join the queue of `site`.
    pub(super) fn push(&mut self, site: usize, waiter: Arc<Waiter>, place: Place) {
        let at = self.find(site).unwrap_or_else(|| {
            self.queues.push(Queue { site, waiters: VecDeque::with_capacity(4) });
            self.queues.len() - 1
        });
        let waiters = &mut self.queues[at].waiters;
        match place {
            Place::Back => waiters.push_back(waiter),
            Place::Front => waiters.push_front(waiter),
        }
    }

    /// Calls `visit` with every waiter of `site`.
    pub(super) fn each(&self, site: usize, visit: impl FnMut(&Arc<Waiter>)) {
        if let Some(at) = self.find(site) {
            self.queues[at].waiters.iter().for_each(visit);
        }
    }

    /// The first waiter of `site`.
    pub(super) fn first(&self, site: usize) -> Option<&Arc<Waiter>> {
        self.queues[self.find(site)?].waiters.front()
    }

    /// Takes the first waiter of `site` out of its queue.
    pub(super) fn pop(&mut self, site: usize) -> Option<Arc<Waiter>> {
        let at = self.find(site)?;
        let waiter = self.queues[at].waiters.pop_front();
        self.drop_if_empty(at);
        waiter
    }

    /// Takes this very waiter out of its queue; `false` when it is in none.
    pub(super) fn remove(&mut self, site: usize, waiter: &Arc<Waiter>) -> bool {
        let Some(at) = self.find(site) else { return false };
        let waiters = &mut self.queues[at].waiters;
        let Some(place) = waiters.iter().position(|other| Arc::ptr_eq(other, waiter)) else {
            return false;
        };
        waiters.remove(place);
        self.drop_if_empty(at);
        true
    }

    /// Keeps the waits of one thread only: the others do not exist in a forked child.
    pub(super) fn retain_thread(&mut self, thread: ThreadId) {
        for queue in &mut self.queues {
            queue.waiters.retain(|waiter| waiter.thread == thread);
        }
        self.queues.retain(|queue| !queue.waiters.is_empty());
    }

    fn drop_if_empty(&mut self, at: usize) {
        if self.queues[at].waiters.is_empty() {
            self.queues.swap_remove(at);
        }
    }
}

/// Enough that two busy sites seldom meet, few enough to take them all at a fork.
#[cfg(not(loom))]
pub(super) const BUCKETS: usize = 64;
/// Loom needs the same run every time, and addresses differ.
#[cfg(loom)]
pub(super) const BUCKETS: usize = 1;

#[cfg(not(loom))]
static TABLE: [Mutex<Bucket>; BUCKETS] =
    [const { Mutex::new(Bucket { queues: Vec::new() }) }; BUCKETS];

#[cfg(loom)]
loom::lazy_static! {
    static ref TABLE: [Mutex<Bucket>; BUCKETS] = [Mutex::new(Bucket::default())];
}

/// Fibonacci hashing (Knuth, TAOCP 3, 6.4): the high bits of a product with 2⁶⁴ / φ.
#[expect(clippy::cast_possible_truncation, reason = "the shift leaves log2(BUCKETS) bits")]
fn bucket_of(site: usize) -> usize {
    if BUCKETS == 1 {
        return 0;
    }
    let product = (site as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (product >> (u64::BITS - BUCKETS.ilog2())) as usize
}

/// Locks the bucket of `site`.
pub(super) fn bucket(site: usize) -> MutexGuard<'static, Bucket> {
    facade::lock(&TABLE[bucket_of(site)])
}

/// Locks every bucket, in order.
#[cfg(all(unix, not(loom)))]
pub(super) fn all_buckets() -> Vec<MutexGuard<'static, Bucket>> {
    TABLE.iter().map(facade::lock).collect()
}

/// Moves up to `count` waiters from the queue of `from` to the queue of `to`, without waking them.
///
/// `admit` runs under the locks of both queues; if it says no, nobody is moved. A waiter that is awake,
/// running signal handlers, is notified instead. Returns how many were moved or notified.
pub(super) fn move_waiters(
    from: usize,
    to: usize,
    count: usize,
    admit: impl FnOnce() -> bool,
) -> usize {
    let (low, high) = (bucket_of(from).min(bucket_of(to)), bucket_of(from).max(bucket_of(to)));
    let mut first = facade::lock(&TABLE[low]);
    let mut second = (low != high).then(|| facade::lock(&TABLE[high]));
    let from_is_second = bucket_of(from) != low;
    let to_is_second = bucket_of(to) != low;
    let mut side = |second_side: bool, step: &mut dyn FnMut(&mut Bucket)| match &mut second {
        Some(second) if second_side => step(second),
        _ => step(&mut first),
    };

    let mut available = 0;
    side(from_is_second, &mut |bucket| available = bucket.len(from).min(count));
    if available == 0 || !admit() {
        return 0;
    }
    for _ in 0..available {
        let mut waiter = None;
        side(from_is_second, &mut |bucket| waiter = bucket.pop(from));
        let Some(waiter) = waiter else { break };
        if waiter.away.load(Relaxed) {
            // Awake, and on its way to the lock once its handlers are done.
            waiter.parker.set(NOTIFIED);
            continue;
        }
        waiter.site.store(to, Relaxed);
        waiter.parker.set(MOVED);
        let mut waiter = Some(waiter);
        side(to_is_second, &mut |bucket| {
            if let Some(waiter) = waiter.take() {
                bucket.push(to, waiter, Place::Back);
            }
        });
    }
    available
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_queue_is_first_come_first_served_and_the_front_goes_before_it() {
        let mut bucket = Bucket::default();
        let [a, b, c] = [1, 1, 1].map(|site| Waiter::new(site, Place::Back));
        bucket.push(1, Arc::clone(&a), Place::Back);
        bucket.push(1, Arc::clone(&b), Place::Back);
        bucket.push(1, Arc::clone(&c), Place::Front);
        assert_eq!(bucket.len(1), 3);
        for expected in [c, a, b] {
            assert!(Arc::ptr_eq(&bucket.pop(1).unwrap(), &expected));
        }
        assert!(bucket.pop(1).is_none());
        assert!(bucket.queues.is_empty());
    }

    #[test]
    fn a_waiter_leaves_only_the_queue_it_is_in() {
        let mut bucket = Bucket::default();
        let waiter = Waiter::new(1, Place::Back);
        bucket.push(1, Arc::clone(&waiter), Place::Back);
        assert!(!bucket.remove(2, &waiter));
        assert!(bucket.remove(1, &waiter));
        assert!(!bucket.remove(1, &waiter));
    }

    #[test]
    fn a_thread_that_forks_keeps_its_waits_and_no_others() {
        let mut bucket = Bucket::default();
        let mine = Waiter::new(1, Place::Back);
        let other = || [1, 2].map(|site| Waiter::new(site, Place::Back));
        let others = std::thread::spawn(other).join().unwrap();
        for (site, waiter) in [(1, &others[0]), (1, &mine), (2, &others[1])] {
            bucket.push(site, Arc::clone(waiter), Place::Back);
        }
        bucket.retain_thread(ThreadId::current());
        assert_eq!((bucket.len(1), bucket.len(2), bucket.queues.len()), (1, 0, 1));
        assert!(Arc::ptr_eq(&bucket.pop(1).unwrap(), &mine));
    }

    #[test]
    fn addresses_spread_over_the_buckets() {
        let used: std::collections::HashSet<_> =
            (0..1000).map(|n| bucket_of(0x7f00_0000 + n * 64)).collect();
        assert!(used.len() > BUCKETS / 2, "1000 addresses fell into {} buckets", used.len());
    }
}
