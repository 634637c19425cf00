//! Jobs in a deque per worker, and workers that steal from one another.
//!
//! A worker puts the jobs it makes at the end of its own deque and takes them from that end: the last
//! first, while what they need is still in its cache. One that has none takes from what came from outside,
//! in its order, and then from the other end of somebody else's deque: the oldest, which in work that
//! divides itself is the largest. See Blumofe and Leiserson, *Scheduling Multithreaded Computations by Work
//! Stealing* (1999); the deque is that of Chase and Lev (2005), from the crate `crossbeam-deque`.
//!
//! Jobs are taken one at a time, never in batches: a batch on its way from one deque to another is seen by
//! nobody, and a worker that looked in that moment would sleep although there is work.

use std::iter;
use std::sync::Arc;

use crossbeam_deque::{Injector, Steal, Stealer, Worker};

use super::seats::{Rise, Seats};
use crate::error::Interrupted;
use crate::facade::{Mutex, lock};
use crate::wait::{Deadline, Origin, Wake};

/// The jobs of a number of workers.
pub struct Crew<J> {
    outside: Injector<J>,
    /// A worker's own end of its deque. The lock is the worker's alone; it makes a place movable between
    /// threads.
    own: Box<[Mutex<Worker<J>>]>,
    others: Box<[Stealer<J>]>,
    /// The places that no worker has taken, the first one last.
    vacant: Mutex<Vec<usize>>,
    seats: Seats,
}

/// What a worker that waited is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Next<J> {
    /// A job.
    Job(J),
    /// There is no job, but news.
    News,
    /// There is neither, and the time is up.
    TimedOut,
}

impl<J> Crew<J> {
    /// A crew without jobs, and with places for so many workers.
    #[must_use]
    pub fn new(workers: usize) -> Arc<Self> {
        Self::made_at(workers, None)
    }

    /// The same, made by a known line of the program.
    #[must_use]
    pub fn made_at(workers: usize, origin: Option<Origin>) -> Arc<Self> {
        let deques: Vec<_> = iter::repeat_with(Worker::new_lifo).take(workers).collect();
        Arc::new(Self {
            outside: Injector::new(),
            others: deques.iter().map(Worker::stealer).collect(),
            own: deques.into_iter().map(Mutex::new).collect(),
            vacant: Mutex::new((0..workers).rev().collect()),
            seats: Seats::made_at(workers, origin),
        })
    }

    /// Takes a worker's place; `None` when all are taken.
    #[must_use]
    pub fn join(self: &Arc<Self>) -> Option<Hand<J>> {
        let number = lock(&self.vacant).pop()?;
        Some(Hand { crew: Arc::clone(self), number })
    }

    /// Adds a job from outside. Returns whether a worker slept and was called for it.
    pub fn submit(&self, job: J) -> bool {
        self.outside.push(job);
        self.seats.call_one()
    }

    /// There are news for this worker: wakes it, if it sleeps.
    pub fn nudge(&self, worker: usize) {
        self.seats.nudge(worker);
    }

    /// There are news for all workers.
    pub fn nudge_all(&self) {
        self.seats.nudge_all();
    }

    /// Takes any job, for who is no worker: the oldest from outside, then the oldest of a deque.
    #[must_use]
    pub fn take(&self) -> Option<J> {
        self.steal(0)
    }

    /// How many jobs there are, at some moment.
    #[must_use]
    pub fn len(&self) -> usize {
        self.outside.len() + self.others.iter().map(Stealer::len).sum::<usize>()
    }

    /// Whether there were no jobs, at some moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes a job from outside or from a deque; looks at that of the worker `first` first.
    fn steal(&self, first: usize) -> Option<J> {
        let (before, after) = self.others.split_at(first);
        until_sure(|| self.outside.steal())
            .or_else(|| after.iter().chain(before).find_map(|deque| until_sure(|| deque.steal())))
    }
}

/// Tries again for as long as another thread comes in between, which then got something itself.
fn until_sure<J>(steal: impl Fn() -> Steal<J>) -> Option<J> {
    iter::repeat_with(steal).find(|outcome| !outcome.is_retry())?.success()
}

/// A worker's place in a crew. Dropping it leaves the place to another; its jobs stay there.
pub struct Hand<J> {
    crew: Arc<Crew<J>>,
    number: usize,
}

impl<J> Hand<J> {
    /// The crew.
    #[must_use]
    pub fn crew(&self) -> &Arc<Crew<J>> {
        &self.crew
    }

    /// The worker's number in its crew, from 0.
    #[must_use]
    pub fn number(&self) -> usize {
        self.number
    }

    /// Adds a job that the worker made. Returns whether another worker slept and was called for it.
    pub fn push(&self, job: J) -> bool {
        lock(&self.crew.own[self.number]).push(job);
        self.crew.seats.call_one()
    }

    /// Takes a job without waiting: the worker's own last, one from outside, or another worker's.
    #[must_use]
    pub fn take(&self) -> Option<J> {
        let own = lock(&self.crew.own[self.number]).pop();
        own.or_else(|| self.crew.steal(self.number + 1))
    }

    /// Changes with every nudge, and shows what was done before it.
    #[must_use]
    pub fn news(&self) -> u32 {
        self.crew.seats.news(self.number)
    }

    /// Waits until there is a job, the [news](Self::news) are others than those that have been `seen`, or
    /// the deadline has come. News come first.
    ///
    /// # Errors
    /// [`Interrupted`] when a signal handler ended the wait.
    pub fn next(&self, seen: u32, deadline: Deadline) -> Result<Next<J>, Interrupted> {
        let seats = &self.crew.seats;
        loop {
            seats.announce(self.number);
            if let Some(next) = self.ready(seen) {
                // Whatever it was called for meanwhile, it has something else now.
                self.pass_on(seats.rise(self.number));
                return Ok(next);
            }
            let wake = seats.sleep(self.number, deadline);
            let rise = seats.rise(self.number);
            if let Wake::Interrupted { .. } | Wake::Signalled { .. } = wake {
                self.pass_on(rise);
                return Err(Interrupted);
            }
            let next = match self.ready(seen) {
                Some(Next::Job(job)) => return Ok(Next::Job(job)),
                Some(next) => next,
                None if wake == Wake::TimedOut => Next::TimedOut,
                None => continue,
            };
            self.pass_on(rise);
            return Ok(next);
        }
    }

    fn ready(&self, seen: u32) -> Option<Next<J>> {
        if self.news() != seen {
            return Some(Next::News);
        }
        self.take().map(Next::Job)
    }

    fn pass_on(&self, rise: Rise) {
        if rise == Rise::Called {
            self.crew.seats.call_one();
        }
    }
}

impl<J> Drop for Hand<J> {
    fn drop(&mut self) {
        lock(&self.crew.vacant).push(self.number);
    }
}
