//! What a model is, and what it is held against.

use std::fmt::Debug;
use std::hash::Hash;
use std::time::Duration;

use ironthread::wait::Deadline;
use proptest::prelude::*;

/// What an operation came back with.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Answer {
    Done,
    Flag(bool),
    Count(usize),
    Item(u8),
    Items(Vec<u8>),
    Refused(&'static str),
}

/// How long an operation may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Patience {
    Nothing,
    /// Long enough to sleep; what it waits for may come in time.
    Short,
    Forever,
}

impl Patience {
    pub(crate) fn deadline(self) -> Deadline {
        match self {
            Self::Nothing => Deadline::PAST,
            Self::Short => Deadline::after(Duration::from_micros(200)),
            Self::Forever => Deadline::NEVER,
        }
    }

    /// What comes of a wait that ended at its limit; none of a wait that has none.
    pub(crate) fn ended(self, answer: Answer) -> Option<Answer> {
        (self != Self::Forever).then_some(answer)
    }

    pub(crate) fn any() -> impl Strategy<Value = Self> + Clone {
        prop_oneof![Just(Self::Nothing), Just(Self::Short), Just(Self::Forever)]
    }

    /// For threads of which none is sure to bring what another waits for.
    pub(crate) fn limited() -> impl Strategy<Value = Self> + Clone {
        prop_oneof![Just(Self::Nothing), Just(Self::Short)]
    }
}

/// A sequential model: what a primitive is when nothing happens at once.
pub(crate) trait Model: Clone + Eq + Hash {
    type Operation: Clone + Debug + Send + Sync + 'static;

    /// What the operation comes back with now; `None` when it has to wait. Asked again, of a thread that waits, whenever
    /// something changed.
    fn apply(&mut self, thread: usize, operation: &Self::Operation) -> Option<Answer>;

    /// What it comes back with when its limit has passed; `None` when it has no limit. After an `apply` that said `None`.
    fn give_up(&mut self, thread: usize, operation: &Self::Operation) -> Option<Answer>;

    /// An operation, of a certain thread or of any, that brings those who wait nearer to their return.
    fn rescue(&self) -> (Option<usize>, Self::Operation);

    /// Whether the outcome depends on which of two threads is faster, though only one operation is begun.
    fn is_a_race(&self, _thread: usize, _operation: &Self::Operation) -> bool {
        false
    }

    /// What the operation comes back with if it does not wait without limit.
    fn answer(&mut self, thread: usize, operation: &Self::Operation) -> Option<Answer> {
        self.apply(thread, operation).or_else(|| self.give_up(thread, operation))
    }
}

/// The real thing.
pub(crate) trait Subject: Send + Sync + 'static {
    type Model: Model;

    fn perform(&self, operation: &<Self::Model as Model>::Operation) -> Answer;
}
