//! The lock.

use ironthread::sync::Lock;
use proptest::prelude::*;

use crate::exclusion::{self, Operation, operation};
use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, linearizable, stepped};

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
            Operation::IsHeld => Some(Answer::Flag(self.is_locked)),
        }
    }

    fn give_up(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        exclusion::give_up(operation)
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        (None, Operation::Release)
    }
}

exclusion::properties!(
    Lock,
    LockModel,
    is_locked,
    [1, 1, 1, 1],
    a_lock_does_step_by_step_what_the_model_does,
    a_lock_used_at_once_is_linearizable
);

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
