//! The order in which locks were taken while others were held, and the circles in it.
//!
//! A node is a lock, or the line that made it (its class); an edge says that the second was taken by a thread
//! that held the first. Edges of locks are exact. Edges of classes also join what was seen of different objects:
//! an account's lock before a journal's here, another journal's before another account's there. Two locks of one
//! class in a row say nothing about the class: a program may well take them in an order of its own.
//!
//! A circle of edges is an inversion: threads that take its edges at the same time can wait for one another for ever.
//! It is harmless, and not told, when
//! * one thread alone took all of its edges, or
//! * all of its edges were taken under a common lock, a *gate*, taken before: they never happen at the same time.
//!
//! Of an edge that is seen again the gates that are not held any more are forgotten, and the circle is looked at
//! anew. After Linux's lockdep and `tracing-mutex`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::thread::ThreadId;

/// What is known of an edge.
#[derive(Clone, Debug)]
pub(super) struct Edge<W> {
    /// Locks that were held whenever it was taken.
    gates: BTreeSet<usize>,
    /// The thread that took it, if only one did.
    only: Option<ThreadId>,
    /// How it was taken the first time.
    pub(super) witness: W,
}

/// A graph over nodes `N`, with a witness for each edge.
#[derive(Debug)]
pub(super) struct Graph<N, W> {
    edges: BTreeMap<N, BTreeMap<N, Edge<W>>>,
    /// Where edges to a node come from.
    sources: BTreeMap<N, BTreeSet<N>>,
}

impl<N: Copy + Ord, W: Clone> Graph<N, W> {
    pub(super) const fn new() -> Self {
        Self { edges: BTreeMap::new(), sources: BTreeMap::new() }
    }

    /// Notes that `thread` took `second` while it held `first`, with the gates held before. Returns the witnesses of
    /// the circle that this closes, the new edge's first, if it is harmful and was not so before.
    pub(super) fn add(
        &mut self,
        first: N,
        second: N,
        gates: &BTreeSet<usize>,
        thread: ThreadId,
        witness: impl FnOnce() -> W,
    ) -> Option<Vec<(N, W)>> {
        if first == second {
            return None;
        }
        let out = self.edges.entry(first).or_default();
        let changed = match out.get_mut(&second) {
            None => {
                let edge = Edge { gates: gates.clone(), only: Some(thread), witness: witness() };
                out.insert(second, edge);
                self.sources.entry(second).or_default().insert(first);
                true
            }
            Some(edge) => edge.see_again(gates, thread),
        };
        if changed { self.circle_of(first, second) } else { None }
    }

    /// The shortest circle through an edge, if it is harmful.
    fn circle_of(&self, first: N, second: N) -> Option<Vec<(N, W)>> {
        let way = self.way(second, first)?;
        let nodes = std::iter::once(first).chain(way);
        let nodes: Vec<N> = nodes.collect();
        let edges: Vec<&Edge<W>> = nodes
            .iter()
            .zip(nodes.iter().cycle().skip(1))
            .take(nodes.len() - 1)
            .filter_map(|(from, to)| self.edges.get(from)?.get(to))
            .collect();
        is_harmful(&edges).then(|| {
            nodes.iter().copied().zip(edges.iter().map(|edge| edge.witness.clone())).collect()
        })
    }

    /// The shortest way, both ends included.
    fn way(&self, from: N, to: N) -> Option<Vec<N>> {
        let mut before: BTreeMap<N, N> = BTreeMap::new();
        let mut open = VecDeque::from([from]);
        while let Some(node) = open.pop_front() {
            if node == to {
                let mut way = vec![node];
                let mut last = node;
                while let Some(&previous) = before.get(&last) {
                    way.push(previous);
                    last = previous;
                    if last == from {
                        break;
                    }
                }
                way.reverse();
                return Some(way);
            }
            for &next in self.edges.get(&node).into_iter().flat_map(BTreeMap::keys) {
                if next != from && !before.contains_key(&next) {
                    before.insert(next, node);
                    open.push_back(next);
                }
            }
        }
        None
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

impl<W> Edge<W> {
    /// Returns whether it has become more harmful.
    fn see_again(&mut self, gates: &BTreeSet<usize>, thread: ThreadId) -> bool {
        let before = self.gates.len();
        self.gates.retain(|gate| gates.contains(gate));
        let one_more = self.only.is_some_and(|only| only != thread);
        if one_more {
            self.only = None;
        }
        one_more || self.gates.len() < before
    }
}

fn is_harmful<W>(edges: &[&Edge<W>]) -> bool {
    let Some((first, others)) = edges.split_first() else { return false };
    let gated = first.gates.iter().any(|gate| others.iter().all(|edge| edge.gates.contains(gate)));
    let one = first.only.is_some() && others.iter().all(|edge| edge.only == first.only);
    !gated && !one
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
        gates: &[usize],
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
    fn what_is_gone_is_in_no_circle() {
        let mut graph = Graph::new();
        assert_eq!(add(&mut graph, (1, 2), &[], 1, "ab"), None);
        graph.forget(2);
        assert_eq!(add(&mut graph, (2, 1), &[], 2, "ba"), None);
    }
}
