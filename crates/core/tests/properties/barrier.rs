//! The barrier.

use std::collections::BTreeMap;

use ironthread::error::BarrierError;
use ironthread::sync::Barrier;
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Wait(Patience, Action),
    Reset,
    Abort,
    Waiting,
    IsBroken,
}

/// What the last to come does before all go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Succeeds,
    Fails,
}

fn operation() -> impl Strategy<Value = Operation> {
    let patience = prop_oneof![
        1 => Just(Patience::Nothing),
        1 => Just(Patience::Short),
        6 => Just(Patience::Forever)
    ];
    let action = prop_oneof![4 => Just(Action::Succeeds), 1 => Just(Action::Fails)];
    prop_oneof![
        8 => (patience, action).prop_map(|(patience, action)| Operation::Wait(patience, action)),
        3 => Just(Operation::Reset),
        1 => Just(Operation::Abort),
        1 => Just(Operation::Waiting),
        1 => Just(Operation::IsBroken),
    ]
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct BarrierModel {
    parties: usize,
    /// Who waits, in the order of coming.
    arrived: Vec<usize>,
    is_broken: bool,
    /// What those come back with whose wait is over.
    outcomes: BTreeMap<usize, Answer>,
}

const BROKEN: Answer = Answer::Refused("broken");
const FAILED: Answer = Answer::Refused("action");

impl BarrierModel {
    fn arrive(&mut self, thread: usize, action: Action) {
        self.arrived.push(thread);
        if self.arrived.len() < self.parties {
            return;
        }
        if action == Action::Fails {
            self.arrived.pop();
            self.outcomes.insert(thread, FAILED);
            self.throw_out();
            self.is_broken = true;
        } else {
            let places = self.arrived.drain(..).enumerate();
            self.outcomes.extend(places.map(|(place, thread)| (thread, Answer::Count(place))));
        }
    }

    fn throw_out(&mut self) {
        self.outcomes.extend(self.arrived.drain(..).map(|thread| (thread, BROKEN)));
    }
}

impl Model for BarrierModel {
    type Operation = Operation;

    fn apply(&mut self, thread: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Wait(_, action) => {
                let is_new =
                    !self.arrived.contains(&thread) && !self.outcomes.contains_key(&thread);
                if is_new && self.is_broken {
                    return Some(BROKEN);
                }
                if is_new {
                    self.arrive(thread, *action);
                }
                self.outcomes.remove(&thread)
            }
            Operation::Reset | Operation::Abort => {
                self.throw_out();
                self.is_broken = matches!(operation, Operation::Abort);
                Some(Answer::Done)
            }
            Operation::Waiting => Some(Answer::Count(self.arrived.len())),
            Operation::IsBroken => Some(Answer::Flag(self.is_broken)),
        }
    }

    /// Who leaves breaks it for the others.
    fn give_up(&mut self, thread: usize, operation: &Operation) -> Option<Answer> {
        match operation {
            Operation::Wait(Patience::Nothing | Patience::Short, _) => {
                self.throw_out();
                self.is_broken = true;
                self.outcomes.remove(&thread)
            }
            _ => None,
        }
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        (None, Operation::Abort)
    }
}

impl Subject for Barrier {
    type Model = BarrierModel;

    fn perform(&self, operation: &Operation) -> Answer {
        match operation {
            Operation::Wait(patience, action) => {
                let act = || if *action == Action::Fails { Err(()) } else { Ok(()) };
                match self.wait(patience.deadline(), act) {
                    Ok(place) => Answer::Count(place),
                    Err(BarrierError::Broken) => BROKEN,
                    Err(BarrierError::Action(())) => FAILED,
                    Err(BarrierError::Interrupted) => unreachable!("no handlers here"),
                }
            }
            Operation::Reset => self.reset().map(|()| Answer::Done).unwrap(),
            Operation::Abort => self.abort().map(|()| Answer::Done).unwrap(),
            Operation::Waiting => Answer::Count(self.waiting()),
            Operation::IsBroken => Answer::Flag(self.is_broken()),
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_barrier_does_step_by_step_what_the_model_does(
        parties in 1..=3_usize,
        (threads, steps) in stepped::steps(operation())
    ) {
        let (arrived, outcomes) = (Vec::new(), BTreeMap::new());
        let model = BarrierModel { parties, arrived, is_broken: false, outcomes };
        stepped::check(Barrier::new(parties), model, threads, steps)?;
    }
}
