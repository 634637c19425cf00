//! What a lock guards, and what a queue carries, is counted: nobody is inside with another, nothing is lost or doubled.

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;

use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Lock, RLock, Semaphore};
use proptest::prelude::*;

use crate::config;
use crate::model::Patience;

/// Who waits how long for each turn: a list for each thread.
fn turns() -> impl Strategy<Value = Vec<Vec<Patience>>> {
    prop::collection::vec(prop::collection::vec(Patience::any(), 1..60), 2..=4)
}

/// Runs all turns at once. A turn counts, in steps that others could fall between, and says whether it came in.
/// Returns the count, and how many came in.
fn count(
    turns: &[Vec<Patience>],
    enter: impl Fn(Patience, &dyn Fn()) -> bool + Sync,
) -> (usize, usize) {
    let counter = AtomicUsize::new(0);
    let inside = || {
        let seen = counter.load(Relaxed);
        std::thread::yield_now();
        counter.store(seen + 1, Relaxed);
    };
    let follow = |turns: &[Patience]| turns.iter().filter(|&&turn| enter(turn, &inside)).count();
    let came_in = scope(|scope| {
        let threads: Vec<_> = turns.iter().map(|turns| scope.spawn(|| follow(turns))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    (counter.load(Relaxed), came_in)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_lock_lets_one_in(turns in turns()) {
        let lock = Lock::new();
        let (counted, came_in) = count(&turns, |patience, inside| {
            let taken = lock.acquire(patience.deadline()).unwrap();
            if taken {
                inside();
                lock.release().unwrap();
            }
            taken
        });
        prop_assert_eq!(counted, came_in);
        prop_assert!(!lock.is_locked());
    }

    #[test]
    fn an_rlock_lets_one_in_as_often_as_it_likes(turns in turns()) {
        let lock = RLock::new();
        let (counted, came_in) = count(&turns, |patience, inside| {
            let taken = lock.acquire(patience.deadline()).unwrap();
            if taken {
                assert!(lock.try_acquire());
                inside();
                lock.release().unwrap();
                lock.release().unwrap();
            }
            taken
        });
        prop_assert_eq!(counted, came_in);
        prop_assert!(!lock.is_locked());
    }

    #[test]
    fn a_semaphore_lets_so_many_in_and_no_more(permits in 1..=3_u64, turns in turns()) {
        let (semaphore, inside, most) = (Semaphore::new(permits), AtomicUsize::new(0), AtomicUsize::new(0));
        count(&turns, |patience, _| {
            let taken = semaphore.acquire(patience.deadline()).unwrap();
            if taken {
                most.fetch_max(inside.fetch_add(1, Relaxed) + 1, Relaxed);
                std::thread::yield_now();
                inside.fetch_sub(1, Relaxed);
                semaphore.release(1, Some(permits)).unwrap();
            }
            taken
        });
        prop_assert!(most.into_inner() <= usize::try_from(permits).unwrap());
        prop_assert_eq!(semaphore.value(), permits);
    }

    /// Every wait is without limit: who is not woken hangs.
    #[test]
    fn a_queue_carries_each_item_once_and_each_producers_in_order(
        maxsize in 0..=3_isize,
        producers in prop::collection::vec(1..80_usize, 1..=3),
        consumers in 1..=3_usize
    ) {
        let queue = Queue::<Fifo<(usize, usize)>>::new(maxsize);
        let never = || Patience::Forever.deadline();
        let taken: Vec<Vec<_>> = scope(|scope| {
            let takers: Vec<_> = (0..consumers)
                .map(|_| scope.spawn(|| {
                    let next = || queue.get(never()).ok().inspect(|_| queue.task_done().unwrap());
                    std::iter::from_fn(next).collect::<Vec<_>>()
                }))
                .collect();
            let put = |producer, count| (0..count).for_each(|item| queue.put((producer, item), never()).unwrap());
            let putters: Vec<_> = producers
                .iter()
                .enumerate()
                .map(|(producer, &count)| scope.spawn(move || put(producer, count)))
                .collect();
            for putter in putters {
                putter.join().unwrap();
            }
            queue.join(never()).unwrap();
            queue.shut_down(false);
            takers.into_iter().map(|taker| taker.join().unwrap()).collect()
        });
        for items in &taken {
            for producer in 0..producers.len() {
                let own = || items.iter().filter(|(from, _)| *from == producer);
                prop_assert!(own().zip(own().skip(1)).all(|(before, after)| before < after));
            }
        }
        let mut all: Vec<_> = taken.concat();
        all.sort_unstable();
        let put = producers.iter().enumerate().flat_map(|(from, &count)| (0..count).map(move |item| (from, item)));
        prop_assert!(all.into_iter().eq(put));
    }
}
