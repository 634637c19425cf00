//! The condition, with a lock that its holder may take again.

use ironthread::error::WaitError;
use ironthread::sync::{Condition as Real, RLock};
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Acquire(Patience),
    Release,
    Wait(Patience),
    Notify(usize),
    Waiters,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        6 => Patience::any().prop_map(Operation::Acquire),
        5 => Just(Operation::Release),
        5 => Patience::any().prop_map(Operation::Wait),
        5 => prop_oneof![0..=3_usize, Just(usize::MAX)].prop_map(Operation::Notify),
        1 => Just(Operation::Waiters),
    ]
}

/// A thread that is to take the lock so many times over.
type Taker = (usize, usize);

#[derive(Clone, PartialEq, Eq, Hash, Default)]
struct ConditionModel {
    holder: Option<Taker>,
    /// Who waits for the lock: those who want it, and those who were notified, as they came.
    for_lock: Vec<Taker>,
    /// Who waits to be notified.
    for_notification: Vec<Taker>,
}

impl ConditionModel {
    fn is_held_by(&self, thread: usize) -> bool {
        self.holder.is_some_and(|(holder, _)| holder == thread)
    }

    /// Takes the lock, or joins the queue for it.
    fn acquire(&mut self, thread: usize) -> Option<Answer> {
        match &mut self.holder {
            Some((holder, depth)) if *holder == thread => *depth += 1,
            Some(_) => {
                self.for_lock.push((thread, 1));
                return None;
            }
            None => self.holder = Some((thread, 1)),
        }
        Some(Answer::Flag(true))
    }

    fn waits(&self, thread: usize) -> bool {
        self.for_lock.iter().chain(&self.for_notification).any(|&(waiter, _)| waiter == thread)
    }

    /// Goes on with a wait that was begun before, if it can.
    fn resume(&mut self, thread: usize) -> Option<Answer> {
        let is_first = self.for_lock.first().is_some_and(|&(waiter, _)| waiter == thread);
        (is_first && self.holder.is_none()).then(|| {
            self.holder = Some(self.for_lock.remove(0));
            Answer::Flag(true)
        })
    }

    /// What the holder does with it; `None` when it waits.
    fn as_holder(&mut self, depth: usize, thread: usize, operation: &Operation) -> Option<Answer> {
        match *operation {
            Operation::Release => self.holder = (depth > 1).then(|| (thread, depth - 1)),
            Operation::Notify(count) => {
                let count = count.min(self.for_notification.len());
                self.for_lock.extend(self.for_notification.drain(..count));
            }
            _ => {
                self.for_notification.extend(self.holder.take());
                return None;
            }
        }
        Some(Answer::Done)
    }
}

impl Model for ConditionModel {
    type Operation = Operation;

    fn apply(&mut self, thread: usize, operation: &Operation) -> Option<Answer> {
        if self.waits(thread) {
            return self.resume(thread);
        }
        match (operation, self.holder) {
            (Operation::Acquire(_), _) => self.acquire(thread),
            (Operation::Waiters, _) => Some(Answer::Count(self.for_notification.len())),
            (_, Some((holder, depth))) if holder == thread => {
                self.as_holder(depth, thread, operation)
            }
            _ => Some(Answer::Refused("not held")),
        }
    }

    fn give_up(&mut self, thread: usize, operation: &Operation) -> Option<Answer> {
        let is_other = |&(waiter, _): &Taker| waiter != thread;
        match operation {
            Operation::Acquire(patience) if *patience != Patience::Forever => {
                self.for_lock.retain(is_other);
            }
            Operation::Wait(patience) if *patience != Patience::Forever => {
                self.holder = self.for_notification.pop();
            }
            _ => return None,
        }
        Some(Answer::Flag(false))
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        match self.holder {
            None => (None, Operation::Acquire(Patience::Nothing)),
            Some((holder, _)) if self.for_notification.is_empty() => {
                (Some(holder), Operation::Release)
            }
            Some((holder, _)) => (Some(holder), Operation::Notify(usize::MAX)),
        }
    }

    /// Who waits to the limit wants the lock back, and so does whom it has let in.
    fn is_a_race(&self, thread: usize, operation: &Operation) -> bool {
        matches!(operation, Operation::Wait(Patience::Nothing | Patience::Short))
            && self.is_held_by(thread)
            && !self.for_lock.is_empty()
    }
}

#[derive(Default)]
struct Condition {
    lock: RLock,
    real: Real,
}

impl Subject for Condition {
    type Model = ConditionModel;

    fn perform(&self, operation: &Operation) -> Answer {
        let refused = Answer::Refused("not held");
        match *operation {
            Operation::Acquire(patience) => {
                Answer::Flag(self.lock.acquire(patience.deadline()).unwrap())
            }
            Operation::Release => self.lock.release().map_or(refused, |()| Answer::Done),
            Operation::Wait(patience) => match self.real.wait(&self.lock, patience.deadline()) {
                Ok(notified) => Answer::Flag(notified),
                Err(WaitError::NotHeld) => refused,
                Err(WaitError::Interrupted) => unreachable!("nobody takes signals"),
            },
            Operation::Notify(count) => {
                self.real.notify(&self.lock, count).map_or(refused, |()| Answer::Done)
            }
            Operation::Waiters => Answer::Count(self.real.waiters()),
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_condition_does_step_by_step_what_the_model_does(
        (threads, steps) in stepped::steps(operation())
    ) {
        stepped::check(Condition::default(), ConditionModel::default(), threads, steps)?;
    }
}
