//! Threads that wait for one another, seen from outside.
//!
//! The picture reads one thread after the other, so what it read first may be over when it reads the last. A
//! circle in it is therefore read once more: where every wait is still the same, and waits for the same thread,
//! all of them stood between the two readings (as argued in [`deadlock`](crate::observe::deadlock)).
//!
//! A thread that waits for itself is left out: a lock that was handed over to a thread that does not run yet
//! names it, too.

use std::collections::{BTreeMap, BTreeSet};

use crate::observe::deadlock::named_by;
use crate::observe::registry::{self, ThreadFacts};
use crate::thread::ThreadId;

/// The circles of waits without a time limit, each from its lowest number on.
pub(super) fn standing(threads: &[ThreadFacts]) -> Vec<Vec<ThreadId>> {
    let unlimited = |facts: &&ThreadFacts| facts.waiting.is_some_and(|waiting| waiting.unlimited);
    let waits = threads.iter().filter(unlimited);
    let waits: BTreeMap<_, _> = waits.map(|facts| (facts.id, facts)).collect();
    let edges = waits.values().filter_map(|facts| Some((facts.id, facts.holder?))).collect();
    let mut found = find(&edges);
    found.retain(|circle| circle.iter().all(|id| still_waits(waits[id])));
    found
}

fn still_waits(facts: &ThreadFacts) -> bool {
    registry::sleeper(facts.id).is_some_and(|now| {
        let holder = now.word.and_then(|word| named_by(now.waiting.site.kind(), word));
        Some(now.waiting) == facts.waiting && holder == facts.holder
    })
}

/// The circles of a graph in which each has one edge at most.
fn find(edges: &BTreeMap<ThreadId, ThreadId>) -> Vec<Vec<ThreadId>> {
    let mut passed = BTreeSet::new();
    let mut found = Vec::new();
    for &start in edges.keys() {
        let mut way = Vec::new();
        let mut thread = start;
        while passed.insert(thread) {
            way.push(thread);
            let Some(&next) = edges.get(&thread) else { break };
            thread = next;
        }
        // On this very way, it is a circle; on an earlier one, it leads into what is known.
        if let Some(begin) = way.iter().position(|&passed| passed == thread) {
            let mut circle = way.split_off(begin);
            let lowest = circle.iter().enumerate().min_by_key(|(_, id)| **id);
            let lowest = lowest.map_or(0, |(place, _)| place);
            circle.rotate_left(lowest);
            if circle.len() > 1 && edges.contains_key(&thread) {
                found.push(circle);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> ThreadId {
        ThreadId::from_word(number).unwrap()
    }

    fn circles(edges: &[(u32, u32)]) -> Vec<Vec<u32>> {
        let edges = edges.iter().map(|&(from, to)| (id(from), id(to))).collect();
        find(&edges).iter().map(|circle| circle.iter().map(|id| id.get()).collect()).collect()
    }

    #[test]
    fn circles_are_found_once_and_chains_are_none() {
        assert!(circles(&[(1, 2), (2, 3), (4, 3)]).is_empty());
        assert!(circles(&[(1, 1)]).is_empty());
        assert_eq!(circles(&[(1, 3), (2, 3), (3, 5), (5, 4), (4, 3)]), [[3, 5, 4]]);
        assert_eq!(circles(&[(9, 2), (2, 9), (4, 5), (5, 4), (7, 4)]), [[2, 9], [4, 5]]);
    }
}
