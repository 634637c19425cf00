//! The lock.

use ironthread::sync::Lock;
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, linearizable, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    TryAcquire,
    Acquire(Patience),
    Release,
    IsLocked,
}

fn operation(
    patience: impl Strategy<Value = Patience> + Clone,
) -> impl Strategy<Value = Operation> + Clone {
    prop_oneof![
        Just(Operation::TryAcquire),
        patience.prop_map(Operation::Acquire),
        Just(Operation::Release),
        Just(Operation::IsLocked),
    ]
}

#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct LockModel {
    is_locked: bool,
}

impl Model for LockModel {
    type Operation = Operation;

    fn apply(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::TryAcquire => {
                Some(Answer::Flag(!std::mem::replace(&mut self.is_locked, true)))
            }
            Operation::Acquire(_) if self.is_locked => None,
            Operation::Acquire(_) => {
                self.is_locked = true;
                Some(Answer::Flag(true))
            }
            // Any thread may.
            Operation::Release if self.is_locked => {
                self.is_locked = false;
                Some(Answer::Done)
            }
            Operation::Release => Some(Answer::Refused("not held")),
            Operation::IsLocked => Some(Answer::Flag(self.is_locked)),
        }
    }

    fn give_up(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Acquire(patience) => patience.ended(Answer::Flag(false)),
            _ => None,
        }
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        (None, Operation::Release)
    }
}

impl Subject for Lock {
    type Model = LockModel;

    fn perform(&self, operation: &Operation) -> Answer {
        match operation {
            Operation::TryAcquire => Answer::Flag(self.try_acquire()),
            Operation::Acquire(patience) => {
                Answer::Flag(self.acquire(patience.deadline()).unwrap())
            }
            Operation::Release => {
                self.release().map_or(Answer::Refused("not held"), |()| Answer::Done)
            }
            Operation::IsLocked => Answer::Flag(self.is_locked()),
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_lock_does_step_by_step_what_the_model_does(
        (threads, steps) in stepped::steps(operation(Patience::any()))
    ) {
        stepped::check(Lock::new(), LockModel::default(), threads, steps)?;
    }

    #[test]
    fn a_lock_used_at_once_is_linearizable(
        plans in linearizable::plans(operation(Patience::limited()))
    ) {
        linearizable::check(|| (Lock::new(), LockModel::default()), &plans)?;
    }
}

#[test]
fn a_lock_that_lets_two_in_is_found_out() {
    use crate::history::Entry;

    let take = |thread, invoked| Entry {
        thread,
        operation: Operation::Acquire(Patience::Short),
        invoked,
        returned: invoked + 1,
        answer: Answer::Flag(true),
    };
    assert!(linearizable::is_linearizable(&LockModel::default(), &[take(0, 0)]));
    assert!(!linearizable::is_linearizable(&LockModel::default(), &[take(0, 0), take(1, 2)]));
}
