//! One operation at a time in real threads: the model says who returns, with what, and who sleeps.
//!
//! The next operation begins when all who were to return have, and who was to sleep does. So also what waits, how long it
//! takes, and who is let in first, have one right outcome.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{JoinHandle, yield_now};
use std::time::Duration;

use ironthread::observe::registry::threads;
use ironthread::thread::ThreadId;
use ironthread::wait::Deadline;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::model::{Answer, Model, Subject};

type Operation<S> = <<S as Subject>::Model as Model>::Operation;

/// A wait that nothing ends is a failure, not a hang: its operations are to be told.
const LOST: Duration = Duration::from_secs(20);

/// A thread that does what it is told.
struct Actor<O> {
    id: ThreadId,
    orders: Sender<O>,
    thread: JoinHandle<()>,
}

fn act<S: Subject>(
    subject: Arc<S>,
    number: usize,
    tell: Sender<(usize, Answer)>,
) -> Actor<Operation<S>> {
    let (orders, ordered) = mpsc::channel::<Operation<S>>();
    let (introduce, introduced) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        introduce.send(ThreadId::current()).unwrap();
        for operation in ordered {
            // Nobody listens any more after a failure.
            let _ = tell.send((number, subject.perform(&operation)));
        }
    });
    Actor { id: introduced.recv().unwrap(), orders, thread }
}

struct Stage<S: Subject> {
    model: S::Model,
    actors: Vec<Actor<Operation<S>>>,
    told: Receiver<(usize, Answer)>,
    /// Who waits, with what operation, first come first.
    asleep: Vec<(usize, Operation<S>)>,
}

/// Does the operations one by one, each in the thread that the number before it chooses of those that do not sleep.
pub(crate) fn check<S: Subject>(
    subject: S,
    model: S::Model,
    threads: usize,
    steps: Vec<(usize, Operation<S>)>,
) -> Result<(), TestCaseError> {
    let (subject, (tell, told)) = (Arc::new(subject), mpsc::channel());
    let actors =
        (0..threads).map(|number| act(Arc::clone(&subject), number, tell.clone())).collect();
    let mut stage = Stage::<S> { model, actors, told, asleep: Vec::new() };
    for (choice, operation) in steps {
        stage.choose(choice, &operation)?;
    }
    stage.wake_all()?;
    for actor in stage.actors {
        drop(actor.orders);
        actor.thread.join().unwrap();
    }
    Ok(())
}

impl<S: Subject> Stage<S> {
    fn awake(&self) -> Vec<usize> {
        let is_awake = |number: &usize| self.asleep.iter().all(|(asleep, _)| asleep != number);
        (0..self.actors.len()).filter(is_awake).collect()
    }

    fn choose(&mut self, choice: usize, operation: &Operation<S>) -> Result<(), TestCaseError> {
        let awake = self.awake();
        let number = awake[choice % awake.len()];
        // One thread stays awake, to wake the others in the end.
        let sleeps = self.model.clone().answer(number, operation).is_none();
        if (sleeps && awake.len() == 1) || self.model.is_a_race(number, operation) {
            return Ok(());
        }
        self.step(number, operation)
    }

    fn step(&mut self, number: usize, operation: &Operation<S>) -> Result<(), TestCaseError> {
        let mut expected = BTreeMap::new();
        match self.model.answer(number, operation) {
            Some(answer) => drop(expected.insert(number, answer)),
            None => self.asleep.push((number, operation.clone())),
        }
        self.settle(&mut expected);
        self.actors[number].orders.send(operation.clone()).unwrap();
        let mut came = BTreeMap::new();
        while came.len() < expected.len() {
            let Ok((who, answer)) = self.told.recv_timeout(LOST) else {
                return self.fail(number, operation, &came, &expected);
            };
            came.insert(who, answer);
        }
        let is_as_expected = came == expected && self.falls_asleep(number);
        if is_as_expected { Ok(()) } else { self.fail(number, operation, &came, &expected) }
    }

    /// Who of those that sleep returns now, one after the other.
    fn settle(&mut self, expected: &mut BTreeMap<usize, Answer>) {
        while let Some((at, answer)) = self.next_to_return() {
            let (number, _) = self.asleep.remove(at);
            expected.insert(number, answer);
        }
    }

    fn next_to_return(&mut self) -> Option<(usize, Answer)> {
        let Self { model, asleep, .. } = self;
        asleep.iter().enumerate().find_map(|(at, (number, operation))| {
            model.apply(*number, operation).map(|answer| (at, answer))
        })
    }

    /// Comes back when the thread sleeps, if it is to; `false` when it, or another, returned instead.
    fn falls_asleep(&self, number: usize) -> bool {
        let limit = Deadline::after(LOST);
        let id = self.actors[number].id;
        let sleeps = || threads().iter().any(|facts| facts.id == id && facts.waiting.is_some());
        let is_to = self.asleep.iter().any(|(asleep, _)| *asleep == number);
        while is_to && !sleeps() {
            if limit.is_past() {
                return false;
            }
            yield_now();
        }
        self.told.try_recv().is_err()
    }

    fn wake_all(&mut self) -> Result<(), TestCaseError> {
        while !self.asleep.is_empty() {
            let (number, operation) = self.model.rescue();
            let number = number.unwrap_or_else(|| self.awake()[0]);
            self.step(number, &operation)?;
        }
        Ok(())
    }

    fn fail(
        &self,
        number: usize,
        operation: &Operation<S>,
        came: &BTreeMap<usize, Answer>,
        expected: &BTreeMap<usize, Answer>,
    ) -> Result<(), TestCaseError> {
        let asleep = &self.asleep;
        Err(TestCaseError::fail(format!(
            "thread {number}: {operation:?}: came back: {came:?}; expected: {expected:?}, asleep: {asleep:?}"
        )))
    }
}

/// How many threads, and what is done: one operation after the other, with a number that chooses the thread.
pub(crate) fn steps<O: Debug>(
    operation: impl Strategy<Value = O>,
) -> impl Strategy<Value = (usize, Vec<(usize, O)>)> {
    (1..=4_usize, prop::collection::vec((any::<usize>(), operation), 1..=30))
}
