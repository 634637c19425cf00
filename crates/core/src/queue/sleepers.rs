//! One side of a queue: the threads that wait for items, or for room.
//!
//! **One wake-up in flight.** An item for a side with a thread on its way wakes nobody else: the thread
//! that arrives takes what is there and calls the next one if something is left. A burst of puts thus costs
//! one wake-up at a time instead of one an item, and under an interpreter lock the threads do not trample.
//! A thread that was called always arrives: it takes the item, or (its wait being ended by a signal) calls
//! the next one. Only a fork loses it; the fork's [`generation`](crate::wait::generation) tells.

use crate::wait::{self, Kind, Origin, Site, Unparked};

/// The threads that wait on one side of a queue, under its internal lock. The address is their site.
pub(crate) struct Sleepers {
    kind: Kind,
    origin: Option<Origin>,
    /// Whether the door's queue may have waiters. To be set by who joins it.
    pub(crate) waiting: bool,
    /// How many were called and have not arrived.
    coming: usize,
    /// The fork generation in which they were called.
    generation: u32,
}

impl Sleepers {
    pub(crate) fn new(kind: Kind, origin: Option<Origin>) -> Self {
        Self { kind, origin, waiting: false, coming: 0, generation: wait::generation() }
    }

    pub(crate) fn origin(&self) -> Option<Origin> {
        self.origin
    }

    pub(crate) fn site(&self) -> Site {
        self.site_for(self.kind)
    }

    /// The same site, for a thread that waits there for something of its own.
    pub(crate) fn site_for(&self, kind: Kind) -> Site {
        Site::at(self, kind, self.origin)
    }

    /// Calls the next thread, unless one is on its way, or the thing is spoken for.
    #[inline]
    pub(crate) fn call_one(&mut self, spoken_for: impl Fn() -> bool) -> Unparked {
        if !self.waiting || self.someone_is_coming() || spoken_for() {
            Unparked::default()
        } else {
            self.call(1)
        }
    }

    pub(crate) fn call_all(&mut self) -> Unparked {
        if self.waiting { self.call(usize::MAX) } else { Unparked::default() }
    }

    #[cold]
    fn call(&mut self, count: usize) -> Unparked {
        let address = self.site().address();
        let unparked = wait::unpark_many(address, count, |left| self.waiting = left);
        self.coming += unparked.count();
        unparked
    }

    fn someone_is_coming(&mut self) -> bool {
        if self.generation != wait::generation() {
            self.generation = wait::generation();
            self.coming = 0;
        }
        self.coming > 0
    }

    pub(crate) fn arrived(&mut self) {
        self.coming = self.coming.saturating_sub(1);
    }
}
