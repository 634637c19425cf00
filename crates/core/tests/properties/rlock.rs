//! The lock that its holder may take again.

use ironthread::sync::RLock;
use proptest::prelude::*;

use crate::exclusion::{self, Operation, operation};
use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, linearizable, stepped};

#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct RLockModel {
    holder: Option<usize>,
    depth: usize,
}

impl RLockModel {
    fn take(&mut self, thread: usize) -> bool {
        let is_free = *self.holder.get_or_insert(thread) == thread;
        self.depth += usize::from(is_free);
        is_free
    }
}

impl Model for RLockModel {
    type Operation = Operation;

    fn apply(&mut self, thread: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::TryAcquire => Some(Answer::Flag(self.take(thread))),
            Operation::Acquire(_) => self.take(thread).then_some(Answer::Flag(true)),
            Operation::Release if self.holder == Some(thread) => {
                self.depth -= 1;
                self.holder = self.holder.filter(|_| self.depth > 0);
                Some(Answer::Done)
            }
            Operation::Release => Some(Answer::Refused("not held")),
            Operation::IsHeld => Some(Answer::Flag(self.holder == Some(thread))),
        }
    }

    fn give_up(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        exclusion::give_up(operation)
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        (self.holder, Operation::Release)
    }
}

exclusion::properties!(
    RLock,
    RLockModel,
    is_owned,
    [1, 2, 3, 1],
    an_rlock_does_step_by_step_what_the_model_does,
    an_rlock_used_at_once_is_linearizable
);
