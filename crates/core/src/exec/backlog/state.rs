//! What a backlog holds, and who is to be called when that changes. All of it is under the backlog's lock.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::Key;
use crate::exec::rate::Pace;
use crate::queue::Sleepers;
use crate::wait::{self, Deadline, Kind, Origin, Site, Unparked};

/// What there is for a worker.
pub(super) enum Next<J> {
    Job(J),
    Marker,
    Nothing,
    /// Jobs, but the pace allows no start until then.
    NotBefore(Deadline),
}

pub(super) struct State<J> {
    pub(super) jobs: BTreeMap<Key, J>,
    /// The number of the last job.
    last: u64,
    pub(super) markers: usize,
    places: usize,
    /// Places whose jobs have not been put yet.
    pub(super) reserved: usize,
    /// Jobs that workers have taken and that are not done.
    pub(super) taken: usize,
    pub(super) closed: bool,
    /// Whether the door's queue may have producers.
    pub(super) producers_wait: bool,
    pub(super) workers: Sleepers,
    /// The fork generation of the worker that sleeps until the next start, from before its sleep until after.
    pub(super) pacer: Option<u32>,
    pace: Option<Arc<dyn Pace>>,
    origin: Option<Origin>,
}

impl<J> State<J> {
    pub(super) fn new(places: usize, pace: Option<Arc<dyn Pace>>, origin: Option<Origin>) -> Self {
        Self {
            jobs: BTreeMap::new(),
            last: 0,
            markers: 0,
            places,
            reserved: 0,
            taken: 0,
            closed: false,
            producers_wait: false,
            workers: Sleepers::new(Kind::Work, origin),
            pacer: None,
            pace,
            origin,
        }
    }

    pub(super) fn free(&self) -> usize {
        self.places.saturating_sub(self.reserved + self.jobs.len() + self.taken)
    }

    pub(super) fn push(&mut self, priority: i64, job: J) -> Key {
        self.last += 1;
        let key = Key { priority: Reverse(priority), number: self.last };
        self.jobs.insert(key, job);
        key
    }

    /// Takes out what is next, if the pace allows it.
    pub(super) fn next(&mut self) -> Next<J> {
        if self.jobs.is_empty() {
            let marked = self.markers > 0;
            self.markers -= usize::from(marked);
            return if marked { Next::Marker } else { Next::Nothing };
        }
        if let Some(Err(moment)) = self.pace.as_ref().map(|pace| pace.start()) {
            return Next::NotBefore(moment);
        }
        match self.jobs.pop_first() {
            Some((_, job)) => {
                self.taken += 1;
                Next::Job(job)
            }
            None => Next::Nothing,
        }
    }

    /// Whether a worker sleeps until the next start. One that a fork left behind does not count.
    pub(super) fn has_pacer(&self) -> bool {
        self.pacer == Some(wait::generation())
    }

    /// Calls a worker if there is something for one and nobody sees to it.
    #[inline]
    pub(super) fn call_next(&mut self) -> Unparked {
        let unseen = if self.jobs.is_empty() { self.markers > 0 } else { !self.has_pacer() };
        if unseen { self.workers.call_one(|| false) } else { Unparked::default() }
    }

    /// Calls the pacer if there is nothing left that it could start.
    pub(super) fn call_pacer(&mut self) -> Unparked {
        if self.jobs.is_empty() && self.has_pacer() {
            wait::unpark_all(self.pacer_site().address(), || ())
        } else {
            Unparked::default()
        }
    }

    /// Reserves free places for producers that wait, and calls these.
    #[inline]
    pub(super) fn hand_over(&mut self) -> Unparked {
        let free = if self.producers_wait && !self.closed { self.free() } else { 0 };
        if free == 0 { Unparked::default() } else { self.wake_producers(free) }
    }

    /// Calls all producers.
    pub(super) fn call_producers(&mut self) -> Unparked {
        self.wake_producers(usize::MAX)
    }

    #[cold]
    fn wake_producers(&mut self, count: usize) -> Unparked {
        let address = self.producers_site().address();
        let called = wait::unpark_many(address, count, |left| self.producers_wait = left);
        self.reserved += called.count();
        called
    }

    pub(super) fn producers_site(&self) -> Site {
        Site::at(&self.producers_wait, Kind::BacklogPlace, self.origin)
    }

    pub(super) fn pacer_site(&self) -> Site {
        Site::at(&self.pacer, Kind::Rate, self.origin)
    }
}
