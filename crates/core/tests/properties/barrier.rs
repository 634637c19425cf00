//! The barrier.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ironthread::error::BarrierError;
use ironthread::sync::Barrier;
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Wait(Patience),
    Reset,
    Abort,
    Waiting,
    IsBroken,
}

fn operation() -> impl Strategy<Value = Operation> {
    let patience = prop_oneof![
        1 => Just(Patience::Nothing),
        1 => Just(Patience::Short),
        6 => Just(Patience::Forever)
    ];
    prop_oneof![
        8 => patience.prop_map(Operation::Wait),
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

impl BarrierModel {
    fn arrive(&mut self, thread: usize) {
        self.arrived.push(thread);
        if self.arrived.len() == self.parties {
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
            Operation::Wait(_) => {
                let is_new =
                    !self.arrived.contains(&thread) && !self.outcomes.contains_key(&thread);
                if is_new && self.is_broken {
                    return Some(BROKEN);
                }
                if is_new {
                    self.arrive(thread);
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
            Operation::Wait(Patience::Nothing | Patience::Short) => {
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
            Operation::Wait(patience) => {
                match self.wait(patience.deadline(), || Ok::<_, Infallible>(())) {
                    Ok(place) => Answer::Count(place),
                    Err(BarrierError::Broken) => BROKEN,
                    Err(other) => unreachable!("{other}"),
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
