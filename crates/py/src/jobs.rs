//! A pool's queue: the calls that wait for a worker, and the worker's way of making them.
//!
//! A call may come in quickly, without the pool's Python locks (`submit.rs`), while the queue is *open*: it is until a
//! `None` is put, which is how a pool, its collection and the interpreter's exit tell its workers to end. Whether it
//! is open is asked under the lock of the queue, so a call that came in quickly comes before that `None`, and
//! a worker makes it. Later calls go the slow way, which looks under the pool's locks whether it takes any.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ironthread::error::GetError;
use ironthread::queue::{Order, Queue, Room};
use ironthread::wait::{Deadline, Kind};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

use crate::attached::WhileAttached;
use crate::deadlock::PyPoolWorkers;
use crate::errors::Failure;
use crate::future::PyFuture;
use crate::job::{Job, Work};
use crate::meter::PyPoolTask;
use crate::origin;
use crate::semaphore::PySemaphore;

/// How many calls are made between two looks of the interpreter's at what else it has to do: who waits for it, say.
/// Calls of Python functions look themselves.
const CALLS: usize = 16;

/// First in, first out; open until it was told to have workers look.
struct Line {
    items: VecDeque<Work>,
    open: bool,
}

impl Order for Line {
    type Item = Work;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn push(&mut self, item: Work) -> Result<(), Work> {
        self.open &= !matches!(item, Work::Look);
        self.items.push_back(item);
        Ok(())
    }

    fn pop(&mut self) -> Option<Work> {
        self.items.pop_front()
    }

    fn has_spare_room(&self) -> bool {
        self.items.has_spare_room()
    }

    fn give_back(&mut self) {
        self.items.give_back();
    }

    fn iter(&self) -> impl Iterator<Item = &Work> {
        self.items.iter()
    }
}

/// The calls of a pool that wait for a worker. None put into it has a worker look whether it should end.
#[pyclass(frozen, name = "PoolJobs", module = "ironthread._core")]
pub(crate) struct PyJobs {
    queue: Queue<Line, WhileAttached>,
    /// Counts the workers that found no call, as the standard pool's `_idle_semaphore` does.
    idle: Py<PySemaphore>,
    workers: Py<PyPoolWorkers>,
    /// Whether calls may come in without the pool's being asked.
    quick: bool,
    /// Whether the pool has all the threads it may have.
    staffed: AtomicBool,
}

#[pymethods]
impl PyJobs {
    /// Make it for a pool with that semaphore and those workers. With quick, calls may come in without its being asked.
    #[new]
    fn new(py: Python<'_>, idle: Py<PySemaphore>, workers: Py<PyPoolWorkers>, quick: bool) -> Self {
        let line = Line { items: VecDeque::new(), open: true };
        let queue = Queue::guarded(line, 0, origin::here(py, Kind::QueueGet));
        Self { queue, idle, workers, quick, staffed: AtomicBool::new(false) }
    }

    /// Note that the pool gets no more threads: no call has to ask for one.
    fn note_staffed(&self) {
        self.staffed.store(true, Relaxed);
    }

    /// Add a call, for a future that nobody knows yet.
    fn add(
        &self,
        future: Py<PyFuture>,
        function: Py<PyAny>,
        arguments: Py<PyTuple>,
        keywords: Option<Py<PyDict>>,
        task: Option<Py<PyPoolTask>>,
    ) {
        future.get().await_workers(self.workers.get().all());
        self.put_work(Work::Job(Job::new(future, function, arguments).with(keywords, task)));
    }

    /// Put an object with a method run(), or None.
    fn put(&self, work: Option<Py<PyAny>>) {
        self.put_work(work.map_or(Work::Look, Work::Other));
    }

    /// Remove and return what is next, waiting for it as long as it takes: an object with a method run(), or None.
    fn get(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.next(Deadline::NEVER)?.into_python(py)
    }

    /// The same without waiting; Empty is raised when there is nothing.
    fn get_nowait(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.next(Deadline::PAST)?.into_python(py)
    }

    /// Make some of the calls, or wait for one and make it. Return whether the worker is to look whether it should end.
    fn make(&self, py: Python<'_>) -> PyResult<bool> {
        for _ in 0..CALLS {
            let work = self.queue.try_get(|| true);
            // Whom an outcome wakes may submit the next call: by then a worker without another one counts as idle.
            let work = work.map_or_else(|| self.wait(), Ok)?;
            if work.make(py, || self.queue.is_empty())? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Return how many calls wait, at this moment.
    fn qsize(&self) -> usize {
        self.queue.len()
    }

    /// Return whether none does, at this moment.
    fn empty(&self) -> bool {
        self.queue.is_empty()
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        let mut seen = Ok(());
        self.queue.try_visit(|work| {
            if seen.is_ok() {
                seen = work.traverse(&visit);
            }
        });
        seen
    }

    fn __clear__(&self) {
        Python::attach(|py| {
            while let Some(work) = self.queue.try_get(|| true) {
                work.discard(py);
            }
        });
    }
}

impl PyJobs {
    /// Whether one more call may come in without the pool's being asked: a worker is there for it, or there can be no
    /// more of them.
    pub(crate) fn has_worker(&self) -> bool {
        self.quick && (self.idle.get().semaphore.try_acquire() || self.staffed.load(Relaxed))
    }

    /// Puts a call, if the queue is open; for a future that nobody knows yet.
    pub(crate) fn put_if_open(
        &self,
        py: Python<'_>,
        future: &Bound<'_, PyFuture>,
        job: Job,
    ) -> bool {
        future.get().await_workers(self.workers.get().all());
        match self.queue.try_put_if(Work::Job(job), |line| line.open) {
            Ok(()) => true,
            Err(refused) => {
                refused.discard(py);
                false
            }
        }
    }

    fn put_work(&self, work: Work) {
        // There is room without limit, and it is shut down with the last reference to it.
        let put = self.queue.try_put(work, || true);
        debug_assert!(put.is_ok());
    }

    /// Waits for what is next, as a worker that is idle.
    #[cold]
    fn wait(&self) -> PyResult<Work> {
        // Its count has room for every worker.
        let _ = self.idle.get().semaphore.release(1, None);
        self.next(Deadline::NEVER)
    }

    fn next(&self, deadline: Deadline) -> PyResult<Work> {
        Ok(self.queue.get(deadline).map_err(|error| match error {
            GetError::Interrupted => Failure::Interrupted,
            _ => Failure::QueueEmpty,
        })?)
    }
}

impl Drop for PyJobs {
    fn drop(&mut self) {
        let items = self.queue.close().items;
        if !items.is_empty() {
            Python::attach(|py| items.into_iter().for_each(|work| work.discard(py)));
        }
    }
}
