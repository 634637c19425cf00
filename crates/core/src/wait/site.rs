//! What a thread waits for: an address, the kind of thing that lives there, and where it was made.

use std::num::NonZeroU32;

/// The kinds of things a thread can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A [`Lock`](crate::sync::Lock) to be free.
    Lock,
    /// A [`RLock`](crate::sync::RLock) to be free.
    RLock,
    /// A [`Condition`](crate::sync::Condition) to be notified.
    Condition,
    /// A [`Semaphore`](crate::sync::Semaphore) to be above zero.
    Semaphore,
    /// An [`Event`](crate::sync::Event) to be set.
    Event,
    /// The other parties of a [`Barrier`](crate::sync::Barrier).
    Barrier,
    /// An item in a [`Queue`](crate::queue::Queue).
    QueueGet,
    /// A free slot in a [`Queue`](crate::queue::Queue).
    QueuePut,
    /// All items of a [`Queue`](crate::queue::Queue) to be done.
    QueueJoin,
    /// A thread that was started to begin.
    ThreadStart,
    /// A thread's [`Life`](crate::thread::Life) to be over.
    ThreadJoin,
    /// A [`Future`](crate::exec::Future) to be done.
    Future,
    /// The next item of an [`Agenda`](crate::timer::Agenda) to be due.
    Timer,
    /// A job for a worker of a pool.
    Work,
    /// A place in a [`Backlog`](crate::exec::Backlog) that is full.
    BacklogPlace,
    /// The moment at which a [`Rate`](crate::exec::Rate) allows the next start.
    Rate,
}

impl Kind {
    /// Every kind, in the order of [`Kind::index`].
    pub const ALL: [Self; 16] = [
        Self::Lock,
        Self::RLock,
        Self::Condition,
        Self::Semaphore,
        Self::Event,
        Self::Barrier,
        Self::QueueGet,
        Self::QueuePut,
        Self::QueueJoin,
        Self::ThreadStart,
        Self::ThreadJoin,
        Self::Future,
        Self::Timer,
        Self::Work,
        Self::BacklogPlace,
        Self::Rate,
    ];

    /// The kind's place in [`Kind::ALL`].
    #[must_use]
    pub fn index(self) -> usize {
        self as usize
    }

    /// Whether one thread is known that has to bring it about: who holds the lock, who is joined, who runs
    /// the job.
    #[must_use]
    pub fn has_owner(self) -> bool {
        matches!(self, Self::Lock | Self::RLock | Self::ThreadJoin | Self::Future)
    }

    /// Whether nobody but that thread can bring it about. (Any thread may release a plain lock.)
    #[must_use]
    pub fn is_owners_alone(self) -> bool {
        self.has_owner() && self != Self::Lock
    }

    /// The name a user knows it by.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Lock => "Lock",
            Self::RLock => "RLock",
            Self::Condition => "Condition",
            Self::Semaphore => "Semaphore",
            Self::Event => "Event",
            Self::Barrier => "Barrier",
            Self::QueueGet => "Queue.get",
            Self::QueuePut => "Queue.put",
            Self::QueueJoin => "Queue.join",
            Self::ThreadStart => "Thread.start",
            Self::ThreadJoin => "Thread.join",
            Self::Future => "Future",
            Self::Timer => "Timer",
            Self::Work => "work",
            Self::BacklogPlace => "submit",
            Self::Rate => "RateLimit",
        }
    }
}

/// The place in a program's source that made a primitive: a number of the table in
/// [`observe::origin`](crate::observe::origin).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(pub(crate) NonZeroU32);

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Site {
    address: usize,
    kind: Kind,
    origin: Option<Origin>,
}

impl Site {
    /// The site at the address of `place`, which must stay put while a thread waits there.
    pub fn at<T>(place: &T, kind: Kind, origin: Option<Origin>) -> Self {
        debug_assert!(size_of::<T>() > 0, "things without size share addresses");
        Self { address: std::ptr::from_ref(place).addr(), kind, origin }
    }

    /// The address, the key of the queue of waiters.
    #[must_use]
    pub fn address(&self) -> usize {
        self.address
    }

    /// What lives at the address.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Where in the program it was made, when that was recorded.
    #[must_use]
    pub fn origin(&self) -> Option<Origin> {
        self.origin
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_kind_is_known_by_its_name() {
        let names: HashSet<_> = Kind::ALL.into_iter().map(Kind::name).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        assert!(!names.contains(""));
    }

    #[test]
    fn what_anybody_may_bring_about_has_no_owner() {
        for kind in [Kind::Event, Kind::Semaphore, Kind::Condition, Kind::QueueGet, Kind::Work] {
            assert!(!kind.has_owner() && !kind.is_owners_alone(), "{kind:?}");
        }
        assert!(Kind::Lock.has_owner() && !Kind::Lock.is_owners_alone());
        assert!(Kind::RLock.is_owners_alone());
    }

    #[test]
    fn every_kind_stands_at_its_index() {
        for (place, kind) in Kind::ALL.into_iter().enumerate() {
            assert_eq!(kind.index(), place);
        }
    }
}
