//! The order in which threads take locks, and where two orders can meet in a deadlock.
//!
//! A deadlock of locks needs a schedule that may come once a year. The orders that make it possible are there in every
//! run: one thread takes A and then B, another takes B and then A, be it hours apart. So while this is on, every
//! lock that is taken, as long as it is held, stands in a list of its thread with the stack that took it; taking one with
//! others held adds edges to two graphs (`graph.rs`), of locks and of the lines that made them; and an edge that
//! closes a harmful circle is told, once, with all stacks.
//!
//! What is taken without waiting, or with a time limit, waits for nobody for ever and adds no edge; but what is taken
//! while it is held does. Taking an `RLock` again is no step.
//!
//! Everything is behind one lock, and a stack is asked of the host for every lock taken: this is for tests and for a
//! look, not for every day. Off, it costs the relaxed load by which a lock that is taken learns whether the program is
//! watched.

mod graph;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::stack::Stack;
use super::{origin, registry};
use crate::thread::ThreadId;
use crate::wait::host::host;
use crate::wait::{Kind, Origin, Site, watch};
use graph::Graph;

/// A lock, as it was taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// `Lock` or `RLock`.
    pub kind: Kind,
    /// Which one, among those that live.
    pub address: usize,
    /// The line that made it, where that was recorded: its class.
    pub class: Option<Origin>,
    /// Where it was taken, where the host tells.
    pub stack: Option<Arc<Stack>>,
}

/// One lock taken while another was held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The thread.
    pub id: ThreadId,
    /// Its name, when somebody told.
    pub thread: Option<String>,
    /// The host's identifier of it, which may be that of another thread when it has ended.
    pub ident: u64,
    /// What was held.
    pub held: Taken,
    /// What was taken.
    pub taken: Taken,
}

impl Step {
    /// Whether the thread has not ended yet.
    #[must_use]
    pub fn thread_is_alive(&self) -> bool {
        registry::is_alive(self.id)
    }
}

/// Locks taken in orders that can meet in a deadlock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inversion {
    /// Each takes what the next one holds, the last what the first one holds.
    pub steps: Vec<Step>,
    /// Whether it is of these very locks, or of others that the same lines made.
    pub is_of_locks: bool,
}

/// What a thread holds.
struct Held {
    site: Site,
    /// The lock's number.
    lock: u64,
    /// The number of the line that made it, where that is known.
    line: Option<u64>,
    stack: Option<Arc<Stack>>,
}

/// Locks that are told of as one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    MadeAt(Origin),
    /// Where it was made is not known.
    Itself(usize),
}

struct State {
    held: BTreeMap<ThreadId, Vec<Held>>,
    /// The numbers of the locks that live, by their addresses, which are used again.
    numbers: BTreeMap<usize, u64>,
    /// Those of the lines that made locks.
    lines: BTreeMap<Origin, u64>,
    next_number: u64,
    locks: Graph<usize, Step>,
    classes: Graph<Origin, Step>,
    /// The circles that have been told: of a thousand pairs of one kind, one is; and whether of these very locks.
    told: BTreeSet<(Vec<Class>, bool)>,
}

static STATE: Mutex<State> = Mutex::new(State::new());

impl State {
    const fn new() -> Self {
        Self {
            held: BTreeMap::new(),
            numbers: BTreeMap::new(),
            lines: BTreeMap::new(),
            next_number: 0,
            locks: Graph::new(),
            classes: Graph::new(),
            told: BTreeSet::new(),
        }
    }
}

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock of what is known, held over a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) struct OrderGuard(
    #[expect(dead_code, reason = "held, not used")] MutexGuard<'static, State>,
);

/// Locks what is known for the time of a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) fn freeze() -> OrderGuard {
    OrderGuard(state())
}

/// Whether the order of locks is looked at.
#[inline]
#[must_use]
pub fn is_on() -> bool {
    watch::sees_order()
}

/// Begins to look, with nothing known, or ends. Returns whether it was on.
#[allow(clippy::must_use_candidate, reason = "what it was before is for those who mean to go back")]
pub fn set_on(on: bool) -> bool {
    if on && !is_on() {
        *state() = State::new();
    }
    watch::see_order(on)
}

/// The calling thread has taken a lock. `waited`: it would have waited for it for ever. `mark` marks the lock as one
/// whose release is to be told here; it is `false` if another thread has released it meanwhile.
///
/// Called by a thread that has the interpreter, with no lock of the engine held.
#[cold]
pub(crate) fn taken(me: ThreadId, site: Site, waited: bool, mark: impl FnOnce() -> bool) {
    let stack = host().stack().map(Arc::new);
    let found = note(&mut state(), me, site, waited, stack);
    if !mark() {
        released(me, site.address());
    }
    for inversion in found {
        host().tell_inversion(&inversion);
    }
}

fn note(
    state: &mut State,
    me: ThreadId,
    site: Site,
    waited: bool,
    stack: Option<Arc<Stack>>,
) -> Vec<Inversion> {
    let State { held, numbers, lines, next_number, locks, classes, told } = state;
    let held = held.entry(me).or_default();
    let mut found = Vec::new();
    let mut gates = BTreeSet::new();
    // Where an object's locks are always taken under another one of it, so are those of the next object: for classes
    // a gate is known by its class, too. (What two objects' gates do not keep apart shows in the graph of locks.)
    let mut gates_by_class = BTreeSet::new();
    let mut number = || {
        *next_number += 1;
        *next_number
    };
    let lock = *numbers.entry(site.address()).or_insert_with(&mut number);
    let line = site.origin().map(|origin| *lines.entry(origin).or_insert_with(number));
    let new = Held { site, lock, line, stack };
    for before in held.iter().filter(|_| waited) {
        let step = || step(me, before, &new);
        let (first, second) = (before.site.address(), site.address());
        let circle = locks.add(first, second, &gates, me, step).map(steps_of);
        found.extend(circle.map(|steps| Inversion { steps, is_of_locks: true }));
        if let (Some(first), Some(second)) = (before.site.origin(), new.site.origin()) {
            let circle = classes.add(first, second, &gates_by_class, me, step).map(steps_of);
            found.extend(circle.map(|steps| Inversion { steps, is_of_locks: false }));
        }
        gates.insert(before.lock);
        gates_by_class.extend([Some(before.lock), before.line].into_iter().flatten());
    }
    held.push(new);
    found.retain(|inversion| {
        // Who is told of these very locks need not be told of their classes.
        let is_new = told.insert((inversion.classes(), false));
        if inversion.is_of_locks { told.insert((inversion.classes(), true)) } else { is_new }
    });
    found
}

fn steps_of<N>(circle: Vec<(N, Step)>) -> Vec<Step> {
    circle.into_iter().map(|(_, step)| step).collect()
}

fn step(me: ThreadId, held: &Held, taken: &Held) -> Step {
    let (ident, thread) = registry::identity(me);
    Step { id: me, thread, ident, held: held.describe(), taken: taken.describe() }
}

impl Held {
    fn describe(&self) -> Taken {
        Taken {
            kind: self.site.kind(),
            address: self.site.address(),
            class: self.site.origin(),
            stack: self.stack.clone(),
        }
    }
}

impl Inversion {
    /// Its locks, in an order that does not depend on which step came last.
    fn classes(&self) -> Vec<Class> {
        let class = |lock: &Taken| lock.class.map_or(Class::Itself(lock.address), Class::MadeAt);
        let mut classes: Vec<_> = self.steps.iter().map(|step| class(&step.held)).collect();
        classes.sort_unstable();
        classes
    }
}

/// A thread does not hold the lock any more.
#[cold]
pub(crate) fn released(holder: ThreadId, address: usize) {
    let mut state = state();
    if let Some(held) = state.held.get_mut(&holder) {
        if let Some(at) = held.iter().rposition(|held| held.site.address() == address) {
            held.remove(at);
        }
        if held.is_empty() {
            state.held.remove(&holder);
        }
    }
}

/// What a thread holds, in the order in which it took it; nothing is known while the order is not looked at.
#[must_use]
pub fn held_by(thread: ThreadId) -> Vec<Taken> {
    if !is_on() {
        return Vec::new();
    }
    state().held.get(&thread).into_iter().flatten().map(Held::describe).collect()
}

/// A lock is gone.
#[cold]
pub(crate) fn forget(address: usize) {
    let mut state = state();
    state.locks.forget(address);
    state.numbers.remove(&address);
}

impl fmt::Display for Inversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("locks are taken in orders that can end in a deadlock")?;
        for (place, Step { thread, ident, held, taken, .. }) in self.steps.iter().enumerate() {
            let lead = if place == 0 { ": " } else { "; " };
            let thread = thread.clone().unwrap_or_else(|| format!("thread {ident}"));
            write!(f, "{lead}{thread} held {held} and took {taken}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:#x}", self.kind.name(), self.address)?;
        if let Some((line, _)) = self.class.and_then(origin::line) {
            write!(f, " made at {}:{}", line.file, line.number)?;
        }
        Ok(())
    }
}
