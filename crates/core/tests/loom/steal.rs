//! A crew's workers: what the models of their seats promise, with the deques in place.
//!
//! The deques' own atomics are not loom's: the models take the steps in between for one.

use ironthread::exec::steal::{Crew, Hand, Next};
use ironthread::wait::Deadline;
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
