//! The lock that its holder may take again.

use ironthread::sync::RLock;
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, linearizable, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    TryAcquire,
    Acquire(Patience),
    Release,
    IsOwned,
}

fn operation(
    patience: impl Strategy<Value = Patience> + Clone,
) -> impl Strategy<Value = Operation> + Clone {
    prop_oneof![
        1 => Just(Operation::TryAcquire),
        2 => patience.prop_map(Operation::Acquire),
        3 => Just(Operation::Release),
        1 => Just(Operation::IsOwned),
    ]
}

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
            Operation::IsOwned => Some(Answer::Flag(self.holder == Some(thread))),
        }
    }

    fn give_up(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Acquire(patience) => patience.ended(Answer::Flag(false)),
            _ => None,
        }
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        (self.holder, Operation::Release)
    }
}

impl Subject for RLock {
    type Model = RLockModel;

    fn perform(&self, operation: &Operation) -> Answer {
        match operation {
            Operation::TryAcquire => Answer::Flag(self.try_acquire()),
            Operation::Acquire(patience) => {
                Answer::Flag(self.acquire(patience.deadline()).unwrap())
            }
            Operation::Release => {
                self.release().map_or(Answer::Refused("not held"), |()| Answer::Done)
            }
            Operation::IsOwned => Answer::Flag(self.is_owned()),
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_rlock_does_step_by_step_what_the_model_does(
        (threads, steps) in stepped::steps(operation(Patience::any()))
    ) {
        stepped::check(RLock::new(), RLockModel::default(), threads, steps)?;
    }

    #[test]
    fn an_rlock_used_at_once_is_linearizable(
        plans in linearizable::plans(operation(Patience::limited()))
    ) {
        linearizable::check(|| (RLock::new(), RLockModel::default()), &plans)?;
    }
}
