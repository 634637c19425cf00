//! The queue: with one wake-up in flight, no item lies beside a getter and no free slot beside a putter.

use ironthread::error::{GetError, PutError};
use ironthread::queue::{Fifo, Queue};
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use crate::{join, soon};

type Items = Queue<Fifo<u32>>;

fn queue_of(maxsize: isize) -> Arc<Items> {
    Arc::new(Queue::new(maxsize))
}

fn start_getting(queue: &Arc<Items>, deadline: Deadline) -> JoinHandle<Result<u32, GetError>> {
    let queue = Arc::clone(queue);
    thread::spawn(move || queue.get(deadline))
}

fn start_putting(queue: &Arc<Items>, item: u32) -> JoinHandle<Result<(), PutError<u32>>> {
    let queue = Arc::clone(queue);
    thread::spawn(move || queue.put(item, Deadline::NEVER))
}

fn put(queue: &Items, item: u32) {
    queue.put(item, Deadline::NEVER).unwrap();
}

fn get(queue: &Items) -> u32 {
    queue.get(Deadline::NEVER).unwrap()
}

/// The sum of what threads got.
fn got(getters: [JoinHandle<Result<u32, GetError>>; 2]) -> u32 {
    getters.map(|getter| join(getter).unwrap()).iter().sum()
}

#[test]
fn an_item_reaches_the_getter() {
    loom::model(|| {
        let queue = queue_of(0);
        let getter = start_getting(&queue, Deadline::NEVER);
        put(&queue, 1);
        assert_eq!(join(getter), Ok(1));
    });
}

#[test]
fn a_burst_of_items_reaches_every_getter() {
    loom::model(|| {
        let queue = queue_of(0);
        let getters = [(); 2].map(|()| start_getting(&queue, Deadline::NEVER));
        put(&queue, 1);
        put(&queue, 2);
        assert_eq!(got(getters), 3);
        assert!(queue.is_empty());
    });
}

#[test]
fn items_of_two_putters_reach_every_getter() {
    loom::model(|| {
        let queue = queue_of(0);
        let getter = start_getting(&queue, Deadline::NEVER);
        let putter = start_putting(&queue, 1);
        put(&queue, 2);
        assert_eq!(get(&queue) + join(getter).unwrap(), 3);
        join(putter).unwrap();
    });
}

#[test]
fn one_who_takes_without_waiting_strands_nobody() {
    loom::model(|| {
        let queue = queue_of(0);
        let getters = [(); 2].map(|()| start_getting(&queue, Deadline::NEVER));
        put(&queue, 1);
        put(&queue, 2);
        if let Ok(item) = queue.get(Deadline::PAST) {
            put(&queue, item);
        }
        assert_eq!(got(getters), 3);
    });
}

#[test]
fn a_getter_whose_time_is_up_takes_no_wake_up_with_it() {
    loom::model(|| {
        let queue = queue_of(0);
        let hasty = start_getting(&queue, soon());
        let patient = start_getting(&queue, Deadline::NEVER);
        put(&queue, 1);
        put(&queue, 1);
        assert_eq!(join(patient), Ok(1));
        let left = if join(hasty) == Ok(1) { 0 } else { 1 };
        assert_eq!(queue.len(), left);
    });
}

#[test]
fn a_single_item_goes_to_a_getter_in_time_or_to_the_patient_one() {
    loom::model(|| {
        let queue = queue_of(0);
        let hasty = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                if let Ok(item) = queue.get(soon()) {
                    put(&queue, item);
                }
            }
        });
        let patient = start_getting(&queue, Deadline::NEVER);
        put(&queue, 1);
        assert_eq!(join(patient), Ok(1));
        join(hasty);
        assert!(queue.is_empty());
    });
}

#[test]
fn a_free_slot_reaches_the_putter() {
    loom::model(|| {
        let queue = queue_of(1);
        put(&queue, 1);
        let putter = start_putting(&queue, 2);
        assert_eq!((get(&queue), get(&queue)), (1, 2));
        join(putter).unwrap();
    });
}

#[test]
fn free_slots_reach_every_putter() {
    loom::model(|| {
        let queue = queue_of(2);
        put(&queue, 1);
        put(&queue, 2);
        let putters = [3, 4].map(|item| start_putting(&queue, item));
        assert_eq!((get(&queue), get(&queue)), (1, 2));
        for putter in putters {
            join(putter).unwrap();
        }
        assert_eq!(queue.len(), 2);
    });
}

#[test]
fn a_putter_whose_time_is_up_takes_no_slot_with_it() {
    loom::model(|| {
        let queue = queue_of(1);
        put(&queue, 1);
        let hasty = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                if queue.put(2, soon()).is_ok() {
                    get(&queue);
                }
            }
        });
        let patient = start_putting(&queue, 2);
        assert_eq!(get(&queue), 1);
        join(patient).unwrap();
        join(hasty);
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn a_bounded_queue_hands_over_item_by_item() {
    loom::model(|| {
        let queue = queue_of(1);
        let putter = thread::spawn({
            let queue = Arc::clone(&queue);
            move || (1..=3).for_each(|item| put(&queue, item))
        });
        for item in 1..=3 {
            assert_eq!(get(&queue), item);
        }
        join(putter);
    });
}

#[test]
fn a_higher_limit_lets_putters_in() {
    loom::model(|| {
        let queue = queue_of(1);
        put(&queue, 1);
        let putters = [2, 3].map(|item| start_putting(&queue, item));
        queue.set_maxsize(3);
        for putter in putters {
            join(putter).unwrap();
        }
        assert_eq!(queue.len(), 3);
    });
}

#[test]
fn join_returns_when_every_item_is_done() {
    loom::model(|| {
        let queue = queue_of(0);
        put(&queue, 1);
        put(&queue, 2);
        let joiner = thread::spawn({
            let queue = Arc::clone(&queue);
            move || {
                assert_eq!(queue.join(Deadline::NEVER), Ok(true));
                assert_eq!(queue.unfinished(), 0);
            }
        });
        let worker = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.task_done().unwrap()
        });
        queue.task_done().unwrap();
        join(worker);
        join(joiner);
        assert!(queue.task_done().is_err());
    });
}

#[test]
fn a_join_with_a_time_limit_comes_back_either_way() {
    loom::model(|| {
        let queue = queue_of(0);
        put(&queue, 1);
        let joiner = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.join(soon())
        });
        queue.task_done().unwrap();
        join(joiner).unwrap();
        assert_eq!(queue.join(Deadline::NEVER), Ok(true));
    });
}

#[test]
fn a_shut_down_queue_turns_everybody_away() {
    loom::model(|| {
        let queue = queue_of(1);
        let getters = [(); 2].map(|()| start_getting(&queue, Deadline::NEVER));
        assert!(queue.shut_down(false).is_empty());
        for getter in getters {
            assert_eq!(join(getter), Err(GetError::ShutDown));
        }
        assert_eq!(queue.put(1, Deadline::NEVER), Err(PutError::ShutDown(1)));
    });
}

#[test]
fn a_putter_gets_its_item_back_from_a_queue_that_is_shut_down() {
    loom::model(|| {
        let queue = queue_of(1);
        put(&queue, 1);
        let putter = start_putting(&queue, 2);
        queue.shut_down(false);
        assert_eq!(join(putter), Err(PutError::ShutDown(2)));
        assert_eq!(queue.get(Deadline::NEVER), Ok(1));
        assert_eq!(queue.get(Deadline::NEVER), Err(GetError::ShutDown));
    });
}

#[test]
fn an_item_put_before_the_shut_down_is_still_got_by_one() {
    loom::model(|| {
        let queue = queue_of(0);
        let getters = [(); 2].map(|()| start_getting(&queue, Deadline::NEVER));
        put(&queue, 1);
        queue.shut_down(false);
        let mut results = getters.map(join);
        results.sort_by_key(Result::is_err);
        assert_eq!(results, [Ok(1), Err(GetError::ShutDown)]);
    });
}

#[test]
fn an_immediate_shut_down_ends_getters_and_joiners() {
    loom::model(|| {
        let queue = queue_of(0);
        put(&queue, 1);
        let joiner = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.join(Deadline::NEVER)
        });
        assert_eq!(queue.shut_down(true), [1]);
        assert_eq!(join(joiner), Ok(true));
        assert_eq!(queue.get(Deadline::NEVER), Err(GetError::ShutDown));
    });
}

#[test]
fn an_item_that_is_put_at_once_reaches_the_getter() {
    loom::model(|| {
        let queue = queue_of(0);
        let getter = start_getting(&queue, Deadline::NEVER);
        assert_eq!(queue.try_put(1, || true), Ok(()));
        assert_eq!(join(getter), Ok(1));
    });
}

#[test]
fn a_slot_that_is_freed_at_once_reaches_the_putter() {
    loom::model(|| {
        let queue = queue_of(1);
        put(&queue, 1);
        let putter = start_putting(&queue, 2);
        assert_eq!(queue.try_get(|| true), Some(1));
        join(putter).unwrap();
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn join_returns_when_the_last_item_is_done_at_once() {
    loom::model(|| {
        let queue = queue_of(0);
        put(&queue, 1);
        put(&queue, 2);
        let joiner = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.join(Deadline::NEVER)
        });
        assert!(queue.try_task_done(|| true));
        assert!(queue.try_task_done(|| true));
        assert_eq!(join(joiner), Ok(true));
        assert!(!queue.try_task_done(|| true));
    });
}

#[test]
fn a_getter_beaten_by_one_who_takes_at_once_is_called_again() {
    loom::model(|| {
        let queue = queue_of(0);
        let getter = start_getting(&queue, Deadline::NEVER);
        assert_eq!(queue.try_put(1, || true), Ok(()));
        if let Some(item) = queue.try_get(|| true) {
            assert_eq!(queue.try_put(item, || true), Ok(()));
        }
        assert_eq!(join(getter), Ok(1));
    });
}

#[test]
fn a_putter_beaten_by_one_who_puts_at_once_is_called_again() {
    loom::model(|| {
        let queue = queue_of(1);
        put(&queue, 1);
        let putter = start_putting(&queue, 2);
        assert_eq!(queue.try_get(|| true), Some(1));
        if queue.try_put(3, || true).is_ok() {
            assert_eq!(queue.try_get(|| true), Some(3));
        }
        join(putter).unwrap();
        assert_eq!(get(&queue), 2);
    });
}

#[test]
fn getters_and_one_who_puts_at_once_leave_no_item_behind() {
    loom::model(|| {
        let queue = queue_of(0);
        let getters = [(); 2].map(|()| start_getting(&queue, Deadline::NEVER));
        assert_eq!(queue.try_put(1, || true), Ok(()));
        assert_eq!(queue.try_put(2, || true), Ok(()));
        assert_eq!(got(getters), 3);
        assert!(queue.is_empty());
    });
}
