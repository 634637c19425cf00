//! A crew's workers: what the models of their seats promise, with the deques in place.
//!
//! The deques' own atomics are not loom's: the models take the steps in between for one.

use std::sync::atomic::Ordering::{Acquire, Release};

use ironthread::exec::steal::{Crew, Hand, Next};
use ironthread::wait::Deadline;
use loom::sync::Arc;
use loom::sync::atomic::AtomicBool;
use loom::thread;

use crate::{join, soon};

fn start_waiting(hand: Hand<u32>, deadline: Deadline) -> thread::JoinHandle<Next<u32>> {
    let seen = hand.news();
    thread::spawn(move || hand.next(seen, deadline).unwrap())
}

#[test]
fn a_job_finds_the_worker_that_is_about_to_sleep() {
    loom::model(|| {
        let crew = Crew::new(1);
        let worker = start_waiting(crew.join().unwrap(), Deadline::NEVER);
        crew.submit(7);
        assert_eq!(join(worker), Next::Job(7));
    });
}

#[test]
fn a_worker_that_leaves_passes_its_call_on() {
    loom::model(|| {
        let crew = Crew::new(2);
        let hasty = start_waiting(crew.join().unwrap(), soon());
        let patient = start_waiting(crew.join().unwrap(), Deadline::NEVER);
        crew.submit(7);
        if join(hasty) == Next::Job(7) {
            crew.submit(8);
        }
        assert_ne!(join(patient), Next::TimedOut);
        assert!(crew.is_empty());
    });
}

/// A crew that ends once there is nothing left to do. (The threads of a pool are not of the model.)
struct Shift {
    crew: std::sync::Arc<Crew<u32>>,
    closing: AtomicBool,
}

impl Shift {
    fn new(workers: usize) -> Arc<Self> {
        Arc::new(Self { crew: Crew::new(workers), closing: AtomicBool::new(false) })
    }

    fn end(&self) {
        self.closing.store(true, Release);
        self.crew.nudge_all();
    }

    /// Returns how many jobs were done. A job makes the next smaller one.
    fn work(&self, hand: &Hand<u32>) -> u32 {
        let mut done = 0;
        loop {
            let seen = hand.news();
            // Before the look at jobs, which then sees all that came before the end.
            let closing = self.closing.load(Acquire);
            let job = match hand.take() {
                Some(job) => job,
                None if closing => return done,
                None => match hand.next(seen, Deadline::NEVER).unwrap() {
                    Next::Job(job) => job,
                    Next::News | Next::TimedOut => continue,
                },
            };
            done += 1;
            if job > 1 {
                hand.push(job - 1);
            }
        }
    }
}

fn start_working(shift: &Arc<Shift>) -> thread::JoinHandle<u32> {
    let (shift, hand) = (Arc::clone(shift), shift.crew.join().unwrap());
    thread::spawn(move || shift.work(&hand))
}

#[test]
fn every_worker_sees_the_end() {
    loom::model(|| {
        let shift = Shift::new(2);
        let workers = [(); 2].map(|()| start_working(&shift));
        shift.end();
        for worker in workers {
            assert_eq!(join(worker), 0);
        }
    });
}

#[test]
fn no_job_is_left_that_came_before_the_end() {
    loom::model(|| {
        let shift = Shift::new(1);
        let worker = start_working(&shift);
        shift.crew.submit(2);
        shift.crew.submit(1);
        shift.end();
        assert_eq!(join(worker), 3);
        assert!(shift.crew.is_empty());
    });
}

#[test]
fn jobs_of_a_place_that_was_left_are_done_before_the_end() {
    loom::model(|| {
        let shift = Shift::new(2);
        let left = shift.crew.join().unwrap();
        let worker = start_working(&shift);
        left.push(1);
        drop(left);
        shift.end();
        assert_eq!(join(worker), 1);
        assert!(shift.crew.is_empty());
    });
}
