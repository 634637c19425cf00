//! The order in which locks were taken while others were held, and the circles in it.
//!
//! A node is a lock, or the line that made it (its class); an edge says that the second was taken by a thread
//! that held the first. Edges of locks are exact. Edges of classes also join what was seen of different objects:
//! an account's lock before a journal's here, another journal's before another account's there. Two locks of one
//! class in a row say nothing about the class: a program may well take them in an order of its own.
//!
//! A circle of edges is an inversion: threads that take its edges at the same time can wait for one another for ever.
//! It is told if that can be, which is to say that there is a taking of each edge so that
//! * each is another thread's, for one thread waits once at a time, and
//! * no two were under a common lock, a *gate*, taken before: those never happen at the same time.
//!
//! So takings are kept, a few for each edge, and these are the witnesses that are told. After Linux's lockdep,
//! `tracing-mutex`, and for threads and gates Goodlock (Havelund, "Using Runtime Analysis to Guide Model Checking of
//! Java Programs", SPIN 2000).

use std::collections::{BTreeMap, BTreeSet};

use crate::thread::ThreadId;

/// Of an edge so many takings are kept.
const MOST_TAKINGS: usize = 16;

/// So many of these under the same gates: four threads leave one for each edge of a circle of four.
const MOST_ALIKE: usize = 4;

/// A circle of more steps is not looked for.
const MOST_STEPS: usize = 12;

/// So many takings are looked at, at most, for one circle.
const MOST_CHOICES: usize = 10_000;

/// A way in which an edge was taken.
#[derive(Clone, Debug)]
struct Taking<W> {
    thread: ThreadId,
    /// The locks that the thread held before the edge's first, by numbers that no other lock gets, and the lines that made
    /// them.
    gates: BTreeSet<u64>,
    witness: W,
}

/// A graph over nodes `N`, with a witness for each edge.
#[derive(Debug)]
pub(super) struct Graph<N, W> {
    edges: BTreeMap<N, BTreeMap<N, Vec<Taking<W>>>>,
    /// Where edges to a node come from.
    sources: BTreeMap<N, BTreeSet<N>>,
}

impl<N: Copy + Ord, W: Clone> Graph<N, W> {
    pub(super) const fn new() -> Self {
        Self { edges: BTreeMap::new(), sources: BTreeMap::new() }
    }

    /// Notes that `thread` took `second` while it held `first`, with the gates held before. Returns the witnesses of
    /// a harmful circle that has this taking in it, this one first. It may not be the first such circle of these nodes.
    pub(super) fn add(
        &mut self,
        first: N,
        second: N,
        gates: &BTreeSet<u64>,
        thread: ThreadId,
        witness: impl FnOnce() -> W,
    ) -> Option<Vec<(N, W)>> {
        if first == second {
            return None;
        }
        let takings = self.edges.entry(first).or_default().entry(second).or_default();
        if !makes_room(takings, gates, thread) {
            return None;
        }
        takings.push(Taking { thread, gates: gates.clone(), witness: witness() });
        self.sources.entry(second).or_default().insert(first);
        self.circle_of(first, second)
    }

    /// The shortest circle through an edge whose steps can meet, the edge's last taking among them.
    fn circle_of(&self, first: N, second: N) -> Option<Vec<(N, W)>> {
        let ways = self.leading_to(first);
        let last = self.edges.get(&first)?.get(&second)?.last()?;
        let mut search = Search { graph: self, goal: first, ways, choices: MOST_CHOICES };
        for steps in 1..=search.ways.len().min(MOST_STEPS) {
            let mut chosen = vec![(first, last)];
            if search.complete(&mut chosen, second, steps) {
                return Some(
                    chosen
                        .into_iter()
                        .map(|(node, taking)| (node, taking.witness.clone()))
                        .collect(),
                );
            }
        }
        None
    }

    /// The nodes from which there is a way to this one.
    fn leading_to(&self, node: N) -> BTreeSet<N> {
        let mut found = BTreeSet::new();
        let mut open = vec![node];
        while let Some(next) = open.pop() {
            let sources = self.sources.get(&next).into_iter().flatten().copied();
            open.extend(sources.filter(|&source| found.insert(source)));
        }
        found
    }

    /// Forgets a lock that is gone: its address may become another's.
    pub(super) fn forget(&mut self, node: N) {
        for target in self.edges.remove(&node).into_iter().flat_map(BTreeMap::into_keys) {
            if let Some(sources) = self.sources.get_mut(&target) {
                sources.remove(&node);
            }
        }
        for source in self.sources.remove(&node).into_iter().flatten() {
            if let Some(out) = self.edges.get_mut(&source) {
                out.remove(&node);
            }
        }
    }
}

/// Whether a taking by `thread` under `gates` says what those that are kept do not. Those go that it says all of.
fn makes_room<W>(takings: &mut Vec<Taking<W>>, gates: &BTreeSet<u64>, thread: ThreadId) -> bool {
    if takings.iter().any(|kept| kept.thread == thread && kept.gates.is_subset(gates)) {
        return false;
    }
    takings.retain(|kept| kept.thread != thread || !gates.is_subset(&kept.gates));
    if takings.iter().filter(|kept| kept.gates == *gates).count() >= MOST_ALIKE {
        return false;
    }
    if takings.len() < MOST_TAKINGS {
        return true;
    }
    let most = takings.iter().enumerate().max_by_key(|(_, kept)| kept.gates.len());
    let most = most.filter(|(_, kept)| kept.gates.len() > gates.len()).map(|(index, _)| index);
    most.map(|index| takings.remove(index)).is_some()
}

/// Looks for the rest of a circle.
struct Search<'a, N, W> {
    graph: &'a Graph<N, W>,
    goal: N,
    /// The nodes that lead there.
    ways: BTreeSet<N>,
    /// How many more takings may be looked at.
    choices: usize,
}

impl<'a, N: Copy + Ord, W> Search<'a, N, W> {
    /// Completes a circle from `node` on with so many steps, of takings no two of which exclude each other.
    fn complete(&mut self, chosen: &mut Vec<(N, &'a Taking<W>)>, node: N, steps: usize) -> bool {
        let graph = self.graph;
        for (&next, takings) in graph.edges.get(&node).into_iter().flatten() {
            let ends = next == self.goal;
            if ends != (steps == 1) || !(ends || self.ways.contains(&next)) {
                continue;
            }
            if !ends && chosen.iter().any(|&(passed, _)| passed == next) {
                continue;
            }
            for taking in takings {
                if self.choices == 0 {
                    return false;
                }
                self.choices -= 1;
                if !chosen.iter().all(|(_, other)| taking.can_meet(other)) {
                    continue;
                }
                chosen.push((node, taking));
                if ends || self.complete(chosen, next, steps - 1) {
                    return true;
                }
                chosen.pop();
            }
        }
        false
    }
}

impl<W> Taking<W> {
    /// Whether both can happen at the same time.
    fn can_meet(&self, other: &Self) -> bool {
        self.thread != other.thread && self.gates.is_disjoint(&other.gates)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn thread(number: u32) -> ThreadId {
        ThreadId::from_word(number).unwrap()
    }

    fn add(
        graph: &mut Graph<u8, &'static str>,
        (first, second): (u8, u8),
        gates: &[u64],
        by: u32,
        witness: &'static str,
    ) -> Option<Vec<(u8, &'static str)>> {
        let gates = gates.iter().copied().collect();
        graph.add(first, second, &gates, thread(by), || witness)
    }

    #[test]
    fn two_orders_by_two_threads_are_an_inversion_told_once() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "ab"), None);
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "again"), None);
        assert_eq!(add(&mut graph, (2, 1), &[], 2, "ba"), Some(vec![(2, "ba"), (1, "ab")]));
        assert_eq!(add(&mut graph, (2, 1), &[], 2, "again"), None);
    }

    #[test]
    fn a_circle_of_three_is_found_whole() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "ab"), None);
        assert_eq!(add(&mut graph, (2, 3), &[], 2, "bc"), None);
        let circle = add(&mut graph, (3, 1), &[], 3, "ca");
        assert_eq!(circle, Some(vec![(3, "ca"), (1, "ab"), (2, "bc")]));
    }

    #[test]
    fn one_thread_alone_and_a_common_gate_are_harmless() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "ab"), None);
        assert_eq!(add(&mut graph, (2, 1), &[], 1, "ba"), None);
        // Another thread takes one of them.
        assert!(add(&mut graph, (2, 1), &[], 2, "ba").is_some());

        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[7, 8], 1, "ab"), None);
        assert_eq!(add(&mut graph, (2, 1), &[8, 9], 2, "ba"), None);
        // Once without the gate is enough.
        assert!(add(&mut graph, (1, 2), &[7], 1, "ab").is_some());
    }

    #[test]
    fn different_gates_do_not_help() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[7], 1, "ab"), None);
        assert!(add(&mut graph, (2, 1), &[8], 2, "ba").is_some());
    }

    #[test]
    fn gates_of_two_edges_are_enough() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[7], 1, "ab"), None);
        assert_eq!(add(&mut graph, (2, 3), &[7], 2, "bc"), None);
        assert_eq!(add(&mut graph, (3, 1), &[], 3, "ca"), None);
        // Once without it.
        assert!(add(&mut graph, (2, 3), &[], 4, "bc").is_some());
    }

    #[test]
    fn as_many_threads_are_needed_as_there_are_edges() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "ab"), None);
        assert_eq!(add(&mut graph, (2, 3), &[], 1, "bc"), None);
        assert_eq!(add(&mut graph, (3, 1), &[], 2, "ca"), None);
        assert!(add(&mut graph, (2, 3), &[], 3, "bc").is_some());
    }

    #[test]
    fn the_witnesses_are_those_that_can_meet() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "ab by 1"), None);
        assert_eq!(add(&mut graph, (2, 1), &[], 1, "ba by 1"), None);
        let circle = add(&mut graph, (2, 1), &[], 2, "ba by 2");
        assert_eq!(circle, Some(vec![(2, "ba by 2"), (1, "ab by 1")]));

        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[7], 1, "gated ab"), None);
        assert_eq!(add(&mut graph, (2, 1), &[7], 2, "gated ba"), None);
        let circle = add(&mut graph, (1, 2), &[], 3, "bare ab");
        assert_eq!(circle, Some(vec![(1, "bare ab"), (2, "gated ba")]));
    }

    #[test]
    fn of_many_takings_those_with_the_fewest_gates_are_kept() {
        let mut graph = Graph::new();
        for thread in 1..=20 {
            assert_eq!(add(&mut graph, (1, 2), &[7, 8], thread, "gated"), None);
        }
        assert_eq!(add(&mut graph, (1, 2), &[], 21, "bare"), None);
        assert_eq!(graph.edges[&1][&2].len(), MOST_ALIKE + 1);
        let circle = add(&mut graph, (2, 1), &[7], 22, "back");
        assert_eq!(circle, Some(vec![(2, "back"), (1, "bare")]));
    }

    #[test]
    fn takings_under_other_gates_have_room_beside_many_alike() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (2, 1), &[7], 30, "ba"), None);
        for thread in 1..=20 {
            assert_eq!(add(&mut graph, (1, 2), &[7], thread, "gated ab"), None);
        }
        let circle = add(&mut graph, (1, 2), &[8], 21, "otherwise gated ab");
        assert_eq!(circle, Some(vec![(1, "otherwise gated ab"), (2, "ba")]));
    }

    #[test]
    fn many_takings_leave_those_with_the_most_gates() {
        let mut graph = Graph::new();
        for thread in 1..=40 {
            assert_eq!(add(&mut graph, (1, 2), &[7, 100 + u64::from(thread)], thread, "two"), None);
        }
        assert_eq!(graph.edges[&1][&2].len(), MOST_TAKINGS);
        assert_eq!(add(&mut graph, (1, 2), &[7], 41, "one"), None);
        assert_eq!(graph.edges[&1][&2].len(), MOST_TAKINGS);
        assert!(graph.edges[&1][&2].iter().any(|kept| kept.witness == "one"));
    }

    #[test]
    fn a_longer_way_is_tried_where_the_shorter_one_is_harmless() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[7], 1, "gated ab"), None);
        assert_eq!(add(&mut graph, (1, 3), &[], 2, "ac"), None);
        assert_eq!(add(&mut graph, (3, 2), &[], 3, "cb"), None);
        let circle = add(&mut graph, (2, 1), &[7], 4, "gated ba");
        assert_eq!(circle, Some(vec![(2, "gated ba"), (1, "ac"), (3, "cb")]));
    }

    #[test]
    fn what_is_gone_is_in_no_circle() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "ab"), None);
        graph.forget(2);
        assert_eq!(add(&mut graph, (2, 1), &[], 2, "ba"), None);
    }
}
