//! The event.

use ironthread::sync::Event;
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, linearizable, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Set,
    Clear,
    IsSet,
    Wait(Patience),
}

fn operation(
    patience: impl Strategy<Value = Patience> + Clone,
) -> impl Strategy<Value = Operation> + Clone {
    prop_oneof![
        1 => Just(Operation::Set),
        1 => Just(Operation::Clear),
        1 => Just(Operation::IsSet),
        3 => patience.prop_map(Operation::Wait),
    ]
}

#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub(crate) struct EventModel {
    is_set: bool,
}

impl Model for EventModel {
    type Operation = Operation;

    fn apply(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Set | Operation::Clear => {
                self.is_set = matches!(operation, Operation::Set);
                Some(Answer::Done)
            }
            Operation::IsSet => Some(Answer::Flag(self.is_set)),
            Operation::Wait(_) => self.is_set.then_some(Answer::Flag(true)),
        }
    }

    fn give_up(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Wait(patience) => patience.ended(Answer::Flag(false)),
            _ => None,
        }
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        (None, Operation::Set)
    }
}

impl Subject for Event {
    type Model = EventModel;

    fn perform(&self, operation: &Operation) -> Answer {
        match operation {
            Operation::Set => self.set(),
            Operation::Clear => self.clear(),
            Operation::IsSet => return Answer::Flag(self.is_set()),
            Operation::Wait(patience) => {
                return Answer::Flag(self.wait(patience.deadline()).unwrap());
            }
        }
        Answer::Done
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_event_does_step_by_step_what_the_model_does(
        (threads, steps) in stepped::steps(operation(Patience::any()))
    ) {
        stepped::check(Event::new(), EventModel::default(), threads, steps)?;
    }

    #[test]
    fn an_event_used_at_once_is_linearizable(
        plans in linearizable::plans(operation(Patience::limited()))
    ) {
        linearizable::check(|| (Event::new(), EventModel::default()), &plans)?;
    }
}
