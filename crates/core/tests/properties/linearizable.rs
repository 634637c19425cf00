//! Whether a history is linearizable: whether each operation can have happened at one moment between its call and its
//! return, so that a sequential model, taking them in the order of these moments, answers the same.
//!
//! The search is Wing & Gong's ("Testing and Verifying Concurrent Objects", 1993): of the operations that may come first,
//! one whose answer is the model's is taken, and the rest is searched. That a set of operations led to a state
//! from which there was no way on is kept (Lowe, "Testing for linearizability", 2017): most orders meet again.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::history::{Entry, record};
use crate::model::{Model, Subject};

/// How often the same operations are done: threads differ each time in who is faster.
const ROUNDS: usize = 4;

/// Whether the model, in an order that the moments of the history allow, answers as the history says.
pub(crate) fn is_linearizable<M: Model>(model: &M, history: &[Entry<M::Operation>]) -> bool {
    assert!(history.len() < 64, "a history is a set of bits");
    explore(model, history, 0, &mut HashSet::new())
}

/// `done` are the operations that were taken, as bits.
fn explore<M: Model>(
    model: &M,
    history: &[Entry<M::Operation>],
    done: u64,
    dead_ends: &mut HashSet<(u64, M)>,
) -> bool {
    let left = || history.iter().enumerate().filter(|(at, _)| done & (1 << at) == 0);
    // Who was called after another had returned comes after it.
    let Some(first_return) = left().map(|(_, entry)| entry.returned).min() else { return true };
    if dead_ends.contains(&(done, model.clone())) {
        return false;
    }
    for (at, entry) in left().filter(|(_, entry)| entry.invoked < first_return) {
        let mut next = model.clone();
        if next.answer(entry.thread, &entry.operation).as_ref() == Some(&entry.answer)
            && explore(&next, history, done | (1 << at), dead_ends)
        {
            return true;
        }
    }
    dead_ends.insert((done, model.clone()));
    false
}

/// Does the operations at once, a few times over, and judges each history.
pub(crate) fn check<S: Subject>(
    make: impl Fn() -> (S, S::Model),
    plans: &[Vec<<S::Model as Model>::Operation>],
) -> Result<(), TestCaseError> {
    for _ in 0..ROUNDS {
        let (subject, model) = make();
        let history = record(&subject, plans);
        prop_assert!(is_linearizable(&model, &history), "not linearizable: {history:#?}");
    }
    Ok(())
}

/// Lists of operations for two to four threads, 24 operations at the most.
pub(crate) fn plans<O: std::fmt::Debug>(
    operation: impl Strategy<Value = O> + Clone,
) -> impl Strategy<Value = Vec<Vec<O>>> {
    let plan = prop::collection::vec(operation, 1..=6);
    prop::collection::vec(plan, 2..=4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Answer::{self, Done, Item, Refused};
    use crate::model::Patience::Nothing;
    use crate::queue::{Leaving, Operation, QueueModel};

    fn put(thread: usize, item: u8, invoked: usize, returned: usize) -> Entry<Operation> {
        Entry { thread, operation: Operation::Put(item, Nothing), invoked, returned, answer: Done }
    }

    fn get(thread: usize, answer: Answer, invoked: usize, returned: usize) -> Entry<Operation> {
        Entry { thread, operation: Operation::Get(Nothing), invoked, returned, answer }
    }

    fn judge(history: &[Entry<Operation>]) -> bool {
        is_linearizable(&QueueModel::new(Leaving::FirstInFirstOut, 0), history)
    }

    #[test]
    fn an_order_that_the_moments_allow_is_found() {
        // The puts overlap, so either may have been first.
        let puts = [put(0, 1, 0, 3), put(1, 2, 1, 2)];
        for first in [1, 2] {
            let gets = [get(0, Item(first), 4, 5), get(1, Item(3 - first), 6, 7)];
            assert!(judge(&[puts.clone(), gets].concat()));
        }
        assert!(judge(&[get(0, Item(1), 0, 3), put(1, 1, 1, 2)]));
    }

    #[test]
    fn items_out_of_order_are_found_out() {
        let puts = [put(0, 1, 0, 1), put(1, 2, 2, 3)];
        let gets = [get(0, Item(2), 4, 5), get(1, Item(1), 6, 7)];
        assert!(!judge(&[puts, gets].concat()));
    }

    #[test]
    fn an_item_that_two_took_is_found_out() {
        assert!(!judge(&[put(0, 1, 0, 5), get(1, Item(1), 1, 4), get(2, Item(1), 2, 3)]));
    }

    #[test]
    fn an_item_that_was_taken_before_it_was_put_is_found_out() {
        assert!(!judge(&[get(0, Item(1), 0, 1), put(1, 1, 2, 3)]));
    }

    #[test]
    fn a_queue_that_was_never_empty_and_called_so_is_found_out() {
        let history = [put(0, 1, 0, 1), get(1, Refused("empty"), 2, 5), put(0, 2, 3, 4)];
        assert!(!judge(&history));
    }
}
