//! Work stealing: every job is run once, by whoever is free, and waiting for a task is work.

#![cfg(not(loom))]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::scope;

use common::{long, soon, start_waiting, until};
use ironthread::error::TaskError;
use ironthread::exec::steal::{Crew, Next};
use ironthread::exec::{MOST_HELP, MOST_WORKERS, Pool, Spawner};
use ironthread::sync::Event;
use ironthread::wait::{Deadline, Kind};

#[test]
fn a_worker_takes_its_own_last_then_from_outside_then_from_others() {
    let crew = Crew::new(2);
    let (mine, other) = (crew.join().unwrap(), crew.join().unwrap());
    assert!(crew.join().is_none());
    crew.submit(1);
    crew.submit(2);
    other.push(3);
    other.push(4);
    mine.push(5);
    mine.push(6);
    assert_eq!(crew.len(), 6);
    let taken: Vec<_> = std::iter::from_fn(|| mine.take()).collect();
    assert_eq!(taken, [6, 5, 1, 2, 3, 4]);
    assert!(crew.is_empty());
}

#[test]
fn a_place_that_was_left_can_be_taken_again_with_its_jobs() {
    let crew = Crew::new(1);
    let hand = crew.join().unwrap();
    hand.push(1);
    drop(hand);
    assert_eq!(crew.join().unwrap().take(), Some(1));
}

#[test]
fn a_job_calls_one_who_sleeps() {
    let crew = Crew::new(2);
    scope(|scope| {
        let workers = [(); 2].map(|()| {
            let crew = Arc::clone(&crew);
            start_waiting(scope, Kind::Work, move || {
                let hand = crew.join().unwrap();
                hand.next(hand.news(), long())
            })
        });
        assert!(crew.submit(1));
        assert!(crew.submit(2));
        assert!(!crew.submit(3));
        let mut taken = workers.map(|worker| match worker.join() {
            Ok(Next::Job(job)) => job,
            other => panic!("{other:?}"),
        });
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    });
    assert_eq!(crew.take(), Some(3));
}

#[test]
fn a_worker_that_was_called_and_leaves_for_news_passes_the_call_on() {
    for _ in 0..100 {
        let crew = Crew::new(2);
        let (nudged, patient) = scope(|scope| {
            let [nudged, patient] = [(); 2].map(|()| {
                let hand = crew.join().unwrap();
                start_waiting(scope, Kind::Work, move || hand.next(hand.news(), long()))
            });
            // Called for the job, it finds the news first, unless it is very quick.
            crew.submit(7);
            crew.nudge(0);
            let nudged = nudged.join();
            if nudged != Ok(Next::News) {
                crew.submit(8);
            }
            (nudged, patient.join())
        });
        let both = [nudged, patient];
        assert!(both.contains(&Ok(Next::Job(7))), "{both:?}");
        assert!(matches!(both[1], Ok(Next::Job(_))), "{both:?}");
    }
}

#[test]
fn who_waits_for_jobs_is_told_the_news_and_when_the_time_is_up() {
    let crew = Crew::<u32>::new(1);
    let hand = crew.join().unwrap();
    let seen = hand.news();
    assert_eq!(hand.next(seen, Deadline::PAST), Ok(Next::TimedOut));
    assert_eq!(hand.next(seen, soon()), Ok(Next::TimedOut));
    crew.nudge(0);
    assert_eq!(hand.next(seen, long()), Ok(Next::News));
    crew.submit(1);
    assert_eq!(hand.next(seen, long()), Ok(Next::News), "news come first");
    assert_eq!(hand.next(hand.news(), long()), Ok(Next::Job(1)));
}

fn tree(pool: &Spawner, depth: usize) -> usize {
    if depth == 0 {
        return 1;
    }
    let branches = [(); 3].map(|()| {
        let (here, pool) = (pool.clone(), pool.clone());
        here.spawn(move || tree(&pool, depth - 1))
    });
    branches.into_iter().map(|branch| branch.join().unwrap()).sum()
}

#[test]
fn tasks_that_wait_for_tasks_need_no_more_than_one_thread() {
    for workers in [1, 2, 4] {
        let pool = Pool::with_workers(workers).unwrap();
        let spawner = pool.spawner().clone();
        let task = pool.spawn(move || tree(&spawner, 7));
        assert_eq!(task.join().unwrap(), 3usize.pow(7));
    }
}

#[test]
fn a_chain_of_tasks_longer_than_the_help_comes_to_its_end() {
    fn chain(pool: &Spawner, length: usize) -> usize {
        let next = pool.clone();
        let rest = |length| pool.spawn(move || chain(&next, length - 1)).join().unwrap();
        if length == 0 { 0 } else { 1 + rest(length) }
    }
    let pool = Pool::with_workers(2).unwrap();
    assert_eq!(chain(pool.spawner(), 4 * MOST_HELP), 4 * MOST_HELP);
    let spawner = pool.spawner().clone();
    let inside = pool.spawn(move || chain(&spawner, 4 * MOST_HELP));
    assert_eq!(inside.join().unwrap(), 4 * MOST_HELP);
}

#[test]
fn pools_that_wait_for_one_another_work_each_for_itself() {
    let (one, other) = (Pool::with_workers(1).unwrap(), Pool::with_workers(1).unwrap());
    let (here, there) = (one.spawner().clone(), other.spawner().clone());
    let task = one.spawn(move || {
        let across = there.spawn(move || here.spawn(|| 7).join().unwrap());
        across.join().unwrap()
    });
    assert_eq!(task.join().unwrap(), 7);
}

#[test]
fn a_pool_of_more_workers_than_can_be_is_refused() {
    let error = Pool::with_workers(MOST_WORKERS + 1).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
}

#[test]
fn idle_workers_steal_what_a_busy_one_has_made() {
    let pool = Pool::with_workers(2).unwrap();
    let spawner = pool.spawner().clone();
    let begun = Arc::new(Event::new());
    let stolen = pool.spawn(move || {
        let told = Arc::clone(&begun);
        let child = spawner.spawn(move || told.set());
        // Not by joining: only another worker can do it.
        let done = begun.wait(long()).unwrap();
        child.join().unwrap();
        done
    });
    assert!(stolen.join().unwrap());
}

#[test]
fn a_task_that_has_not_begun_can_be_cancelled() {
    let pool = Pool::with_workers(1).unwrap();
    let (begun, go) = (Arc::new(Event::new()), Arc::new(Event::new()));
    let first = pool.spawn({
        let (begun, go) = (Arc::clone(&begun), Arc::clone(&go));
        move || {
            begun.set();
            go.wait(long()).unwrap()
        }
    });
    assert!(begun.wait(long()).unwrap());
    let second = pool.spawn(|| -> u32 { unreachable!("it was cancelled") });
    assert!(!first.cancel());
    assert!(second.cancel());
    assert!(second.is_done());
    assert!(matches!(second.join(), Err(TaskError::Cancelled)));
    go.set();
    assert!(first.join().unwrap());
}

#[test]
fn who_waits_for_a_task_with_a_time_limit_gets_it_back() {
    let pool = Pool::with_workers(1).unwrap();
    let go = Arc::new(Event::new());
    let told = Arc::clone(&go);
    let task = pool.spawn(move || told.wait(long()).unwrap());
    let Err(task) = task.join_by(soon()) else { panic!("it cannot be done") };
    go.set();
    assert!(task.join().unwrap());
}

#[test]
fn a_panic_is_the_task_s_and_the_worker_goes_on() {
    let pool = Pool::with_workers(1).unwrap();
    let task = pool.spawn(|| std::panic::panic_any("meant"));
    match task.join() {
        Err(TaskError::Panicked(payload)) => assert_eq!(payload.downcast_ref(), Some(&"meant")),
        other => panic!("{other:?}"),
    }
    assert_eq!(pool.spawn(|| 7).join().unwrap(), 7);
}

#[test]
fn callbacks_run_in_their_order_once_the_task_is_done() {
    let pool = Pool::with_workers(1).unwrap();
    let (go, order) = (Arc::new(Event::new()), Arc::new(std::sync::Mutex::new(Vec::new())));
    let told = Arc::clone(&go);
    let task = pool.spawn(move || told.wait(long()).unwrap());
    for number in 0..3 {
        let order = Arc::clone(&order);
        task.on_done(move || order.lock().unwrap().push(number));
    }
    go.set();
    drop(pool);
    assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
    let order_later = Arc::clone(&order);
    task.on_done(move || order_later.lock().unwrap().push(3));
    assert_eq!(*order.lock().unwrap(), [0, 1, 2, 3]);
}

#[test]
fn a_dropped_pool_has_run_everything_and_runs_nothing_after() {
    let count = Arc::new(AtomicUsize::new(0));
    let pool = Pool::with_workers(2).unwrap();
    let spawner = pool.spawner().clone();
    for _ in 0..100 {
        let (count, spawner) = (Arc::clone(&count), spawner.clone());
        drop(pool.spawn(move || {
            let inner = Arc::clone(&count);
            drop(spawner.spawn(move || inner.fetch_add(1, SeqCst)));
            count.fetch_add(1, SeqCst)
        }));
    }
    drop(pool);
    assert_eq!(count.load(SeqCst), 200);
    assert!(matches!(spawner.spawn(|| 1).join(), Err(TaskError::Cancelled)));
}

#[test]
fn many_submitters_and_sleepers_lose_nothing() {
    let pool = Pool::with_workers(3).unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..2_000 {
                    let (count, inner) = (Arc::clone(&count), Arc::clone(&count));
                    let spawner = pool.spawner().clone();
                    let task = pool.spawn(move || {
                        let child = spawner.spawn(move || inner.fetch_add(1, SeqCst));
                        child.join().unwrap();
                        count.fetch_add(1, SeqCst)
                    });
                    task.join().unwrap();
                }
            });
        }
    });
    until(|| count.load(SeqCst) == 16_000);
}

#[test]
fn a_job_that_comes_as_its_pool_ends_is_run() {
    for number in 0..30_000 {
        let pool = Pool::with_workers(1).unwrap();
        pool.spawn(|| ()).join().unwrap(); // the worker is awake, and looks for more
        let task = pool.spawn(move || number);
        drop(pool);
        assert_eq!(task.join().ok(), Some(number));
    }
}
