//! A condition over which two threads do something in turns: two wake-ups an operation.

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use criterion::Criterion;
use ironthread::sync::{Condition, Lock};
use ironthread::wait::Deadline;

use crate::crew::in_turns;

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("Condition, there and back");

    // Our lock guards no value of its own.
    let (lock, changed, turn) = (Lock::new(), Condition::new(), AtomicBool::new(false));
    in_turns(&mut group, "ironthread", |own| {
        lock.acquire(Deadline::NEVER).unwrap();
        while turn.load(Relaxed) != own {
            changed.wait(&lock, Deadline::NEVER).unwrap();
        }
        turn.store(!own, Relaxed);
        changed.notify(&lock, 1).unwrap();
        lock.release().unwrap();
    });

    let (turn, changed) = (std::sync::Mutex::new(false), std::sync::Condvar::new());
    in_turns(&mut group, "std", |own| {
        let mut turn = changed.wait_while(turn.lock().unwrap(), |turn| *turn != own).unwrap();
        *turn = !own;
        changed.notify_one();
    });

    let (turn, changed) = (parking_lot::Mutex::new(false), parking_lot::Condvar::new());
    in_turns(&mut group, "parking_lot", |own| {
        let mut turn = turn.lock();
        changed.wait_while(&mut turn, |turn| *turn != own);
        *turn = !own;
        changed.notify_one();
    });
    group.finish();
}
