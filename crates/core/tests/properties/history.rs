//! Threads that use one thing at once, and the history of what each saw.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::{scope, yield_now};

use crate::model::{Answer, Model, Subject};

/// An operation that was done: by whom, between which moments of a logical clock, and with what outcome.
#[derive(Clone, Debug)]
pub(crate) struct Entry<O> {
    pub(crate) thread: usize,
    pub(crate) operation: O,
    pub(crate) invoked: usize,
    pub(crate) returned: usize,
    pub(crate) answer: Answer,
}

type Operation<S> = <<S as Subject>::Model as Model>::Operation;

/// Does the operations, a list for each thread, all threads at once.
pub(crate) fn record<S: Subject>(
    subject: &S,
    plans: &[Vec<Operation<S>>],
) -> Vec<Entry<Operation<S>>> {
    let (clock, ready) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let tick = || clock.fetch_add(1, SeqCst);
    let follow = |thread: usize, plan: &[Operation<S>]| -> Vec<_> {
        // All begin within nanoseconds: a thread that has to be woken first comes when the others are done.
        ready.fetch_add(1, SeqCst);
        while ready.load(SeqCst) < plans.len() {
            yield_now();
        }
        let enter = |operation: &Operation<S>| {
            let operation = operation.clone();
            let invoked = tick();
            let answer = subject.perform(&operation);
            Entry { thread, operation, invoked, returned: tick(), answer }
        };
        plan.iter().map(enter).collect()
    };
    scope(|scope| {
        let follow = &follow;
        let threads: Vec<_> = plans
            .iter()
            .enumerate()
            .map(|(thread, plan)| scope.spawn(move || follow(thread, plan)))
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}
