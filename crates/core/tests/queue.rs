//! The queue.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::thread::scope;
use std::time::Duration;

use common::{Running, long, soon, start, start_waiting, until};
use ironthread::error::{GetError, PutError, TooManyDone};
use ironthread::queue::{Fifo, Lifo, Order, Priority, Queue};
use ironthread::wait::{Deadline, Kind};

type Items = Queue<Fifo<u64>>;

fn filled<O: Order<Item = u64> + Default>(maxsize: isize, items: &[u64]) -> Queue<O> {
    let queue = Queue::new(maxsize);
    for &item in items {
        queue.put(item, Deadline::PAST).unwrap();
    }
    queue
}

fn drained<O: Order<Item = u64>>(queue: &Queue<O>) -> Vec<u64> {
    std::iter::from_fn(|| queue.get(Deadline::PAST).ok()).collect()
}

#[test]
fn items_leave_in_the_order_of_the_queue() {
    assert_eq!(drained(&filled::<Fifo<_>>(0, &[2, 3, 1])), [2, 3, 1]);
    assert_eq!(drained(&filled::<Lifo<_>>(0, &[2, 3, 1])), [1, 3, 2]);
    assert_eq!(drained(&filled::<Priority<_>>(0, &[2, 3, 1])), [1, 2, 3]);
}

#[test]
fn an_empty_queue_is_waited_for_until_the_limit() {
    let queue = Items::new(0);
    assert_eq!(queue.get(Deadline::PAST), Err(GetError::Empty));
    assert_eq!(queue.get(soon()), Err(GetError::Empty));
    assert_eq!(filled::<Fifo<_>>(0, &[7]).get(Deadline::PAST), Ok(7));
}

#[test]
fn a_full_queue_gives_the_item_back_at_the_limit() {
    let queue: Items = filled(2, &[1, 2]);
    assert!(queue.is_full());
    assert_eq!(queue.put(3, Deadline::PAST), Err(PutError::Full(3)));
    assert_eq!(queue.put(3, soon()), Err(PutError::Full(3)));
    assert_eq!((queue.len(), queue.unfinished()), (2, 2));
}

#[test]
fn a_size_of_zero_or_less_is_no_limit() {
    for maxsize in [0, -1] {
        let queue: Items = filled(maxsize, &[1; 1_000]);
        assert!(!queue.is_full());
        assert_eq!((queue.len(), queue.maxsize()), (1_000, maxsize));
    }
}

#[test]
fn waiting_getters_get_the_items_in_the_order_in_which_they_came() {
    let queue = Items::new(0);
    scope(|scope| {
        let get = || queue.get(long());
        let getters = [(); 3].map(|()| start_waiting(scope, Kind::QueueGet, get));
        for (item, getter) in (1..).zip(getters) {
            queue.put(item, Deadline::PAST).unwrap();
            assert_eq!(getter.join(), Ok(item));
        }
    });
}

#[test]
fn a_burst_of_items_wakes_every_getter_though_only_one_is_called_at_a_time() {
    let queue = Items::new(0);
    scope(|scope| {
        let get = || queue.get(long()).unwrap();
        let getters = [(); 8].map(|()| start_waiting(scope, Kind::QueueGet, get));
        for item in 0..8 {
            queue.put(item, Deadline::PAST).unwrap();
        }
        assert_eq!(getters.map(Running::join).iter().sum::<u64>(), 28);
    });
}

#[test]
fn slots_that_become_free_let_every_putter_in() {
    let queue: Items = filled(4, &[0; 4]);
    scope(|scope| {
        let put = || queue.put(1, long());
        let putters = [(); 4].map(|()| start_waiting(scope, Kind::QueuePut, put));
        assert_eq!([(); 4].map(|()| queue.get(Deadline::PAST)), [Ok(0); 4]);
        assert_eq!(putters.map(Running::join), [Ok(()); 4]);
    });
    assert_eq!(drained(&queue), [1; 4]);
}

#[test]
fn a_higher_limit_lets_waiting_putters_in() {
    let queue: Items = filled(1, &[0]);
    scope(|scope| {
        let put = || queue.put(1, long());
        let putters = [(); 3].map(|()| start_waiting(scope, Kind::QueuePut, put));
        queue.set_maxsize(0);
        assert_eq!(putters.map(Running::join), [Ok(()); 3]);
    });
    assert_eq!((queue.maxsize(), queue.len()), (0, 4));
}

#[test]
fn join_waits_until_every_item_is_done() {
    let queue: Items = filled(0, &[1, 2]);
    assert_eq!(queue.join(soon()), Ok(false));
    scope(|scope| {
        let join = || queue.join(long());
        let joiners = [(); 2].map(|()| start_waiting(scope, Kind::QueueJoin, join));
        queue.task_done().unwrap();
        assert!(joiners.iter().all(|joiner| joiner.waiting().is_some()));
        queue.task_done().unwrap();
        assert_eq!(joiners.map(Running::join), [Ok(true); 2]);
    });
    assert_eq!(queue.task_done(), Err(TooManyDone));
    assert_eq!(queue.join(Deadline::PAST), Ok(true));
}

#[test]
fn a_shut_down_queue_takes_no_items_and_gives_out_what_it_has() {
    let queue: Items = filled(0, &[1, 2]);
    assert!(queue.shut_down(false).is_empty());
    assert!(queue.is_shut_down());
    assert_eq!(queue.put(3, Deadline::NEVER), Err(PutError::ShutDown(3)));
    assert_eq!(queue.get(Deadline::NEVER), Ok(1));
    assert_eq!(queue.get(Deadline::PAST), Ok(2));
    assert_eq!(queue.get(Deadline::NEVER), Err(GetError::ShutDown));
}

#[test]
fn a_shut_down_turns_away_everybody_who_waits() {
    let (empty, full) = (Items::new(1), filled::<Fifo<u64>>(1, &[0]));
    scope(|scope| {
        let get = || empty.get(long());
        let put = || full.put(1, long());
        let getters = [(); 3].map(|()| start_waiting(scope, Kind::QueueGet, get));
        let putters = [(); 3].map(|()| start_waiting(scope, Kind::QueuePut, put));
        empty.shut_down(false);
        full.shut_down(false);
        assert_eq!(getters.map(Running::join), [Err(GetError::ShutDown); 3]);
        assert_eq!(putters.map(Running::join), [Err(PutError::ShutDown(1)); 3]);
    });
}

#[test]
fn an_immediate_shut_down_gives_the_items_up_and_counts_them_as_done() {
    let queue: Items = filled(0, &[1, 2, 3]);
    assert_eq!(queue.get(Deadline::PAST), Ok(1));
    scope(|scope| {
        let joiner = start_waiting(scope, Kind::QueueJoin, || queue.join(long()));
        assert_eq!(queue.shut_down(true), [2, 3]);
        assert_eq!(queue.unfinished(), 1);
        queue.task_done().unwrap();
        assert_eq!(joiner.join(), Ok(true));
    });
    assert_eq!(queue.get(Deadline::NEVER), Err(GetError::ShutDown));
}

#[test]
fn a_closed_queue_hands_over_what_it_held_and_wakes_everybody() {
    let queue: Items = filled(2, &[1, 2]);
    scope(|scope| {
        let joiner = start_waiting(scope, Kind::QueueJoin, || queue.join(long()));
        let putter = start_waiting(scope, Kind::QueuePut, || queue.put(3, long()));
        let contents = queue.close();
        assert_eq!((contents.items, contents.unfinished), (vec![1, 2], 2));
        assert!(!contents.shut_down);
        assert_eq!(joiner.join(), Ok(true));
        assert_eq!(putter.join().map_err(PutError::into_item), Err(3));
    });
    assert!(queue.close().shut_down);
    assert!(queue.is_empty());
}

#[test]
fn a_visit_sees_every_item_and_never_waits() {
    let queue: Items = filled(0, &[1, 2, 3]);
    let mut sum = 0;
    assert!(queue.try_visit(|item| sum += item));
    assert_eq!(sum, 6);
    let mut nested = None;
    assert!(queue.try_visit(|_| nested = Some(queue.try_visit(|_| ()))));
    assert_eq!(nested, Some(false));
}

#[test]
fn getters_whose_time_is_up_strand_no_item() {
    let queue = Items::new(0);
    let (put, got) = (AtomicU64::new(0), AtomicU64::new(0));
    let stop = AtomicBool::new(false);
    let count = |result: Result<u64, GetError>| match result {
        Ok(_) => drop(got.fetch_add(1, Relaxed)),
        Err(error) => assert_eq!(error, GetError::Empty),
    };
    scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while !stop.load(Relaxed) {
                    count(queue.get(Deadline::after(Duration::from_micros(100))));
                }
            });
        }
        for _ in 0..200 {
            let patient = start(scope, || count(queue.get(Deadline::NEVER)));
            until(|| {
                if queue.is_empty() {
                    queue.put(0, Deadline::NEVER).unwrap();
                    put.fetch_add(1, Relaxed);
                }
                patient.is_finished()
            });
        }
        until(|| queue.is_empty());
        stop.store(true, Relaxed);
    });
    assert_eq!(got.into_inner(), put.into_inner());
}

#[test]
fn many_producers_and_consumers_of_a_small_queue_lose_and_double_nothing() {
    let queue = Items::new(3);
    let (sum, got) = (AtomicU64::new(0), AtomicU64::new(0));
    scope(|scope| {
        let producers: Vec<_> = (0..4)
            .map(|producer| {
                let queue = &queue;
                scope.spawn(move || {
                    for item in 0..1_000 {
                        queue.put(producer * 1_000 + item, Deadline::NEVER).unwrap();
                    }
                })
            })
            .collect();
        for _ in 0..4 {
            scope.spawn(|| {
                while let Ok(item) = queue.get(Deadline::NEVER) {
                    sum.fetch_add(item, Relaxed);
                    got.fetch_add(1, Relaxed);
                    queue.task_done().unwrap();
                }
            });
        }
        for producer in producers {
            producer.join().unwrap();
        }
        assert_eq!(queue.join(Deadline::NEVER), Ok(true));
        queue.shut_down(false);
    });
    assert_eq!((got.into_inner(), sum.into_inner()), (4_000, 4_000 * 3_999 / 2));
    until(|| queue.is_empty());
}
