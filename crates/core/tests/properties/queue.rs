//! The three queues.

use std::cmp::Reverse;

use ironthread::error::{GetError, PutError};
use ironthread::queue::{Fifo, Lifo, Order, Priority, Queue};
use proptest::prelude::*;

use crate::model::{Answer, Model, Patience, Subject};
use crate::{config, linearizable, stepped};

#[derive(Clone, Debug)]
pub(crate) enum Operation {
    TryPut(u8),
    Put(u8, Patience),
    TryGet,
    Get(Patience),
    TaskDone,
    Join(Patience),
    ShutDown { immediate: bool },
    Len,
    IsFull,
    Unfinished,
}

fn operation(
    patience: impl Strategy<Value = Patience> + Clone + 'static,
) -> impl Strategy<Value = Operation> + Clone {
    prop_oneof![
        4 => (any::<u8>(), patience.clone()).prop_map(|(item, patience)| Operation::Put(item, patience)),
        2 => any::<u8>().prop_map(Operation::TryPut),
        4 => patience.clone().prop_map(Operation::Get),
        2 => Just(Operation::TryGet),
        2 => Just(Operation::TaskDone),
        1 => patience.prop_map(Operation::Join),
        1 => any::<bool>().prop_map(|immediate| Operation::ShutDown { immediate }),
        1 => Just(Operation::Len),
        1 => Just(Operation::IsFull),
        1 => Just(Operation::Unfinished),
    ]
}

/// Which item leaves first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Leaving {
    FirstInFirstOut,
    LastInFirstOut,
    LowestFirst,
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct QueueModel {
    leaving: Leaving,
    /// No limit when zero.
    maxsize: usize,
    /// In the order in which they leave, the next one last.
    items: Vec<u8>,
    unfinished: usize,
    shut_down: bool,
}

impl QueueModel {
    pub(crate) fn new(leaving: Leaving, maxsize: usize) -> Self {
        Self { leaving, maxsize, items: Vec::new(), unfinished: 0, shut_down: false }
    }

    fn is_full(&self) -> bool {
        self.maxsize > 0 && self.items.len() >= self.maxsize
    }

    fn put(&mut self, item: u8) -> Option<Answer> {
        if self.shut_down {
            return Some(Answer::Refused("shut down"));
        }
        if self.is_full() {
            return None;
        }
        match self.leaving {
            Leaving::FirstInFirstOut => self.items.insert(0, item),
            Leaving::LastInFirstOut => self.items.push(item),
            Leaving::LowestFirst => {
                self.items.push(item);
                self.items.sort_unstable_by_key(|&item| Reverse(item));
            }
        }
        self.unfinished += 1;
        Some(Answer::Done)
    }

    fn get(&mut self) -> Option<Answer> {
        let item = self.items.pop().map(Answer::Item);
        item.or_else(|| self.shut_down.then_some(Answer::Refused("shut down")))
    }

    fn shut_down(&mut self, immediate: bool) -> Vec<u8> {
        self.shut_down = true;
        if !immediate {
            return Vec::new();
        }
        self.unfinished = self.unfinished.saturating_sub(self.items.len());
        std::mem::take(&mut self.items).into_iter().rev().collect()
    }

    fn task_done(&mut self) -> Answer {
        match self.unfinished.checked_sub(1) {
            Some(left) => {
                self.unfinished = left;
                Answer::Done
            }
            None => Answer::Refused("too many done"),
        }
    }
}

impl Model for QueueModel {
    type Operation = Operation;

    fn apply(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match *operation {
            Operation::Put(item, _) => self.put(item),
            Operation::TryPut(item) => Some(match self.put(item) {
                Some(Answer::Done) => Answer::Done,
                _ => Answer::Refused("not now"),
            }),
            Operation::Get(_) => self.get(),
            Operation::TryGet => {
                Some(self.items.pop().map_or(Answer::Refused("not now"), Answer::Item))
            }
            Operation::TaskDone => Some(self.task_done()),
            Operation::Join(_) => (self.unfinished == 0).then_some(Answer::Flag(true)),
            Operation::ShutDown { immediate } => Some(Answer::Items(self.shut_down(immediate))),
            Operation::Len => Some(Answer::Count(self.items.len())),
            Operation::IsFull => Some(Answer::Flag(self.is_full())),
            Operation::Unfinished => Some(Answer::Count(self.unfinished)),
        }
    }

    fn give_up(&mut self, _: usize, operation: &Operation) -> Option<Answer> {
        match *operation {
            Operation::Put(_, patience) => patience.ended(Answer::Refused("full")),
            Operation::Get(patience) => patience.ended(Answer::Refused("empty")),
            Operation::Join(patience) => patience.ended(Answer::Flag(false)),
            _ => None,
        }
    }

    fn rescue(&self) -> (Option<usize>, Operation) {
        let is_empty = self.shut_down && self.items.is_empty();
        (None, if is_empty { Operation::TaskDone } else { Operation::ShutDown { immediate: true } })
    }
}

impl<O: Order<Item = u8> + Send + 'static> Subject for Queue<O> {
    type Model = QueueModel;

    fn perform(&self, operation: &Operation) -> Answer {
        let done_or = |refused| move |done: bool| if done { Answer::Done } else { refused };
        match *operation {
            Operation::TryPut(item) => {
                done_or(Answer::Refused("not now"))(self.try_put(item, || true).is_ok())
            }
            Operation::Put(item, patience) => match self.put(item, patience.deadline()) {
                Ok(()) => Answer::Done,
                Err(PutError::Full(back)) if back == item => Answer::Refused("full"),
                Err(PutError::ShutDown(back)) if back == item => Answer::Refused("shut down"),
                Err(other) => unreachable!("{other:?}"),
            },
            Operation::TryGet => {
                self.try_get(|| true).map_or(Answer::Refused("not now"), Answer::Item)
            }
            Operation::Get(patience) => match self.get(patience.deadline()) {
                Ok(item) => Answer::Item(item),
                Err(GetError::Empty) => Answer::Refused("empty"),
                Err(GetError::ShutDown) => Answer::Refused("shut down"),
                Err(other) => unreachable!("{other:?}"),
            },
            Operation::TaskDone => {
                done_or(Answer::Refused("too many done"))(self.task_done().is_ok())
            }
            Operation::Join(patience) => Answer::Flag(self.join(patience.deadline()).unwrap()),
            Operation::ShutDown { immediate } => Answer::Items(self.shut_down(immediate)),
            Operation::Len => Answer::Count(self.len()),
            Operation::IsFull => Answer::Flag(self.is_full()),
            Operation::Unfinished => Answer::Count(self.unfinished()),
        }
    }
}

fn make<O: Order<Item = u8> + Default>(leaving: Leaving, maxsize: usize) -> (Queue<O>, QueueModel) {
    (Queue::new(isize::try_from(maxsize).unwrap()), QueueModel::new(leaving, maxsize))
}

macro_rules! properties {
    ($stepped:ident, $at_once:ident, $order:ty, $leaving:expr) => {
        proptest! {
            #![proptest_config(config())]

            #[test]
            fn $stepped(
                maxsize in 0..=3_usize,
                (threads, steps) in stepped::steps(operation(Patience::any()))
            ) {
                let (queue, model) = make::<$order>($leaving, maxsize);
                stepped::check(queue, model, threads, steps)?;
            }

            #[test]
            fn $at_once(
                maxsize in 0..=3_usize,
                plans in linearizable::plans(operation(Patience::limited()))
            ) {
                linearizable::check(|| make::<$order>($leaving, maxsize), &plans)?;
            }
        }
    };
}

properties!(
    a_fifo_queue_does_step_by_step_what_the_model_does,
    a_fifo_queue_used_at_once_is_linearizable,
    Fifo<u8>,
    Leaving::FirstInFirstOut
);
properties!(
    a_lifo_queue_does_step_by_step_what_the_model_does,
    a_lifo_queue_used_at_once_is_linearizable,
    Lifo<u8>,
    Leaving::LastInFirstOut
);
properties!(
    a_priority_queue_does_step_by_step_what_the_model_does,
    a_priority_queue_used_at_once_is_linearizable,
    Priority<u8>,
    Leaving::LowestFirst
);
