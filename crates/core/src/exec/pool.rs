//! A pool of native threads that steal work from one another.
//!
//! A thread that waits for a task of its own pool works meanwhile, so work that divides itself needs no
//! more threads than there are processors, and a pool of one thread is enough for any depth. It runs the
//! awaited closure itself if nobody has begun it, which is a call like any other; while another thread runs
//! it, it takes other jobs, on top of its stack. [`MOST_HELP`] bounds how many of these lie on one another.
//! Beyond that it just waits, and that is safe: what it waits for has begun in another thread, and for
//! tasks that wait for what they submitted themselves the chain of those who wait for one another ends.
//!
//! Those other jobs are strangers to the closure beneath them. So it must not hold a lock while it waits: one
//! of them may want it, on the same stack, and would wait for ever. (The same holds for rayon.)

use std::cell::{Cell, RefCell};
use std::num::NonZeroUsize;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release, SeqCst};
use std::thread::{self, JoinHandle};
use std::{fmt, io};

use super::future::{Future, State};
use super::steal::{Crew, Hand, Next};
use super::task::{Job, Task};
use crate::error::WaitEnded;
use crate::facade::{AtomicBool, fence};
use crate::observe::registry;
use crate::thread::Life;
use crate::wait::Deadline;

/// How many jobs a waiting thread takes on top of one another.
pub const MOST_HELP: usize = 32;

/// How many workers a pool may have: their places are made with it.
pub const MOST_WORKERS: usize = 1 << 15;

thread_local! {
    /// The pool's place that the calling thread has.
    static HAND: RefCell<Option<Rc<Hand<Job>>>> = const { RefCell::new(None) };
    /// How many jobs the thread runs while it waits for others.
    static HELPS: Cell<usize> = const { Cell::new(0) };
}

/// Hands closures to a [`Pool`], from any thread. Clones are the same.
#[derive(Clone)]
pub struct Spawner {
    crew: Arc<Crew<Job>>,
    /// The pool's threads are to end when there is nothing left to do.
    closing: Arc<AtomicBool>,
    /// They have ended.
    closed: Arc<AtomicBool>,
}

impl Spawner {
    /// Has the pool run `call`. Once the pool is gone, the task is cancelled.
    pub fn spawn<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Task<T> {
        let task = Task::new(&self.crew, call);
        match my_hand(&self.crew) {
            Some(hand) => hand.push(task.job()),
            None => self.crew.submit(task.job()),
        };
        // Either the pool's end sees the job, or this sees that the pool has ended.
        fence(SeqCst);
        if self.closed.load(Relaxed) {
            self.abandon();
        }
        task
    }

    fn abandon(&self) {
        while let Some(job) = self.crew.take() {
            job.abandon();
        }
    }

    fn work(&self, hand: &Rc<Hand<Job>>) {
        HAND.set(Some(Rc::clone(hand)));
        loop {
            let seen = hand.news();
            // Before the look at jobs, which then sees all that came before the end.
            let closing = self.closing.load(Acquire);
            if let Some(job) = hand.take() {
                job.run();
            } else if closing {
                break;
            } else if let Ok(Next::Job(job)) = hand.next(seen, Deadline::NEVER) {
                job.run();
            }
        }
        HAND.set(None);
    }
}

/// Threads that run closures, and steal them from one another. Dropping it waits until all have been run.
///
/// ```
/// use ironthread::exec::{Pool, Spawner};
///
/// // The sum of a range, by halves.
/// fn sum(pool: &Spawner, from: u64, to: u64) -> u64 {
///     if to - from <= 1000 {
///         return (from..to).sum();
///     }
///     let middle = from.midpoint(to);
///     let upper = pool.spawn({
///         let pool = pool.clone();
///         move || sum(&pool, middle, to)
///     });
///     sum(pool, from, middle) + upper.join().unwrap()
/// }
///
/// let pool = Pool::new()?;
/// assert_eq!(sum(pool.spawner(), 0, 1_000_000), 499_999_500_000);
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// A closure must not hold a lock while it [joins](Task::join): its thread takes other jobs meanwhile, and
/// one of them may want the lock.
///
/// Panics come back to who joins:
///
/// ```
/// use ironthread::error::TaskError;
/// use ironthread::exec::Pool;
///
/// let pool = Pool::with_workers(1)?;
/// let task = pool.spawn(|| -> u32 { panic!("not today") });
/// assert!(matches!(task.join(), Err(TaskError::Panicked(_))));
/// # Ok::<(), std::io::Error>(())
/// ```
pub struct Pool {
    spawner: Spawner,
    threads: Vec<(JoinHandle<()>, Arc<Life>)>,
}

impl Pool {
    /// A pool with a thread for each processor that the process may use.
    ///
    /// # Errors
    /// The system's, when it has no more threads.
    pub fn new() -> io::Result<Self> {
        Self::with_workers(thread::available_parallelism().map_or(1, NonZeroUsize::get))
    }

    /// A pool with so many threads; at least one, and at most [`MOST_WORKERS`].
    ///
    /// # Errors
    /// The system's, when it has no more threads; [`InvalidInput`](io::ErrorKind::InvalidInput) for a
    /// number above the limit.
    pub fn with_workers(workers: usize) -> io::Result<Self> {
        let workers = workers.max(1);
        if workers > MOST_WORKERS {
            let message = format!("a pool has at most {MOST_WORKERS} workers, not {workers}");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
        let crew = Crew::new(workers);
        let flag = || Arc::new(AtomicBool::new(false));
        let mut pool = Self {
            spawner: Spawner { crew, closing: flag(), closed: flag() },
            threads: Vec::with_capacity(workers),
        };
        for number in 0..workers {
            let name = format!("worker-{number}");
            let (spawner, life) = (pool.spawner.clone(), Arc::new(Life::new()));
            let lived = Arc::clone(&life);
            let thread = thread::Builder::new().name(name.clone()).spawn(move || {
                registry::set_name(&name);
                lived.begin();
                if let Some(hand) = spawner.crew.join() {
                    spawner.work(&Rc::new(hand));
                }
            })?;
            pool.threads.push((thread, life));
        }
        Ok(pool)
    }

    /// Has the pool run `call`.
    pub fn spawn<T: Send + 'static>(&self, call: impl FnOnce() -> T + Send + 'static) -> Task<T> {
        self.spawner.spawn(call)
    }

    /// What jobs take with them to hand more jobs to the pool.
    #[must_use]
    pub fn spawner(&self) -> &Spawner {
        &self.spawner
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pool").field("workers", &self.threads.len()).finish_non_exhaustive()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.spawner.closing.store(true, Release);
        self.spawner.crew.nudge_all();
        let me = thread::current().id();
        for (thread, life) in self.threads.drain(..) {
            // A job may be the last to hold its pool. (No signal interrupts this: a pool that is
            // dropped is waited for.)
            if thread.thread().id() != me {
                while life.join(Deadline::NEVER).is_err() {}
                let _ = thread.join();
            }
        }
        self.spawner.closed.store(true, Relaxed);
        fence(SeqCst);
        self.spawner.abandon();
    }
}

/// The calling thread's place, if it is a worker of any pool.
fn my_place() -> Option<Rc<Hand<Job>>> {
    // (A thread that is being torn down is none any more.)
    HAND.try_with(|hand| hand.borrow().clone()).ok().flatten()
}

/// The calling thread's place, if it is a worker of this crew.
fn my_hand(crew: &Arc<Crew<Job>>) -> Option<Rc<Hand<Job>>> {
    my_place().filter(|hand| Arc::ptr_eq(hand.crew(), crew))
}

/// Waits until `future`, which is that of `job`, is done; a worker works for its own pool meanwhile.
pub(super) fn help(
    crew: &Arc<Crew<Job>>,
    job: &Job,
    future: &Future<()>,
    deadline: Deadline,
) -> Result<State, WaitEnded> {
    let Some(hand) = my_place() else { return future.wait(deadline) };
    if Arc::ptr_eq(hand.crew(), crew) {
        // Does nothing when another has begun it.
        job.run();
    }
    let helps = HELPS.get();
    if helps >= MOST_HELP {
        return future.wait(deadline);
    }
    let (own, number) = (Arc::clone(hand.crew()), hand.number());
    if future.add_callback(Box::new(move || own.nudge(number))).is_err() {
        return Ok(future.state());
    }
    HELPS.set(helps + 1);
    let outcome = loop {
        let seen = hand.news();
        if future.state().is_done() {
            break Ok(future.state());
        }
        match hand.next(seen, deadline) {
            Ok(Next::Job(job)) => job.run(),
            Ok(Next::News) => {}
            Ok(Next::TimedOut) => break Ok(future.state()),
            Err(interrupted) => break Err(interrupted.into()),
        }
    };
    HELPS.set(helps);
    outcome
}
