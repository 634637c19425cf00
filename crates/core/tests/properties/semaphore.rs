//! The semaphore, bounded or not.

use ironthread::sync::Semaphore as Real;
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, linearizable, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    TryAcquire,
    Acquire(Patience),
    Release(u64),
    Value,
    /// Meant for a semaphore that is just being made: not while others take from it.
    SetValue(u64),
}

fn at_once(
    patience: impl Strategy<Value = Patience> + Clone,
) -> impl Strategy<Value = Operation> + Clone {
    prop_oneof![
        2 => Just(Operation::TryAcquire),
        4 => patience.prop_map(Operation::Acquire),
        4 => (1..=3_u64).prop_map(Operation::Release),
        1 => Just(Operation::Value),
    ]
}

fn one_by_one() -> impl Strategy<Value = Operation> {
    prop_oneof![
        15 => at_once(Patience::any()),
        1 => (0..=2_u64).prop_map(Operation::SetValue),
    ]
}

/// A value, and a bound where there is one.
fn start() -> impl Strategy<Value = (u64, Option<u64>)> {
    (0..=2_u64, any::<bool>()).prop_map(|(value, is_bounded)| (value, is_bounded.then_some(2)))
}

/// A semaphore with the bound that its releases are given.
struct Semaphore {
    real: Real,
    bound: Option<u64>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
struct SemaphoreModel {
    value: u64,
    bound: Option<u64>,
}

fn make((value, bound): (u64, Option<u64>)) -> (Semaphore, SemaphoreModel) {
    (Semaphore { real: Real::new(value), bound }, SemaphoreModel { value, bound })
}

impl SemaphoreModel {
    fn take(&mut self) -> bool {
        let left = self.value.checked_sub(1);
        self.value = left.unwrap_or(0);
        left.is_some()
    }
}

impl Model for SemaphoreModel {
    type Operation = Operation;

    fn apply(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match *operation {
            Operation::TryAcquire => Some(Answer::Flag(self.take())),
            Operation::Acquire(_) => self.take().then_some(Answer::Flag(true)),
            Operation::Release(count)
                if self.bound.is_some_and(|bound| self.value + count > bound) =>
            {
                Some(Answer::Refused("above its bound"))
            }
            Operation::Release(count) => {
                self.value += count;
                Some(Answer::Done)
            }
            Operation::Value => Some(Answer::Count(usize::try_from(self.value).unwrap())),
            Operation::SetValue(value) => {
                self.value = value;
                Some(Answer::Done)
            }
        }
    }

    fn give_up(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Acquire(patience) => patience.ended(Answer::Flag(false)),
            _ => None,
        }
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        (None, Operation::Release(1))
    }
}

impl Subject for Semaphore {
    type Model = SemaphoreModel;

    fn perform(&self, operation: &Operation) -> Answer {
        match *operation {
            Operation::TryAcquire => Answer::Flag(self.real.try_acquire()),
            Operation::Acquire(patience) => {
                Answer::Flag(self.real.acquire(patience.deadline()).unwrap())
            }
            Operation::Release(count) => {
                let released = self.real.release(count, self.bound);
                released.map_or(Answer::Refused("above its bound"), |()| Answer::Done)
            }
            Operation::Value => Answer::Count(usize::try_from(self.real.value()).unwrap()),
            Operation::SetValue(value) => {
                self.real.set_value(value);
                Answer::Done
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_semaphore_does_step_by_step_what_the_model_does(
        start in start(),
        (threads, steps) in stepped::steps(one_by_one())
    ) {
        let (semaphore, model) = make(start);
        stepped::check(semaphore, model, threads, steps)?;
    }

    #[test]
    fn a_semaphore_used_at_once_is_linearizable(
        start in start(),
        plans in linearizable::plans(at_once(Patience::limited()))
    ) {
        linearizable::check(|| make(start), &plans)?;
    }
}
