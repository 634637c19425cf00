//! The jobs of a pool whose workers steal from one another, for the Python threads that do the work.
//!
//! Both classes can stand where a pool has its queue: None put into it has the workers look whether they
//! are to end, and is what they get then.

use std::sync::Arc;
use std::sync::atomic::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
};

use ironthread::exec::steal::{Crew, Hand, Next};
use ironthread::wait::{Deadline, Kind};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::wait_deadline;
use crate::errors::Failure;
use crate::origin;

/// The jobs of a number of workers. (A collection does not see them: what is in a deque that others take
/// from cannot be walked through.)
#[pyclass(frozen, name = "Crew", module = "ironthread._core")]
pub(crate) struct PyCrew {
    crew: Arc<Crew<Py<PyAny>>>,
    /// How often the workers were told to look. It is raised before the news are told, and read after
    /// them: the news order it.
    looks: Arc<AtomicU32>,
}

/// A worker's place in a crew: for one thread.
#[pyclass(frozen, name = "Hand", module = "ironthread._core")]
pub(crate) struct PyHand {
    hand: Hand<Py<PyAny>>,
    looks: Arc<AtomicU32>,
    /// How often get() has told the worker to look.
    told: AtomicU32,
}

#[pymethods]
impl PyCrew {
    #[new]
    fn new(py: Python<'_>, workers: usize) -> PyResult<Self> {
        if workers == 0 {
            return Err(PyValueError::new_err("a crew has at least one worker"));
        }
        let crew = Crew::made_at(workers, origin::here(py, Kind::Work));
        Ok(Self { crew, looks: Arc::default() })
    }

    /// Take a worker's place.
    fn join(&self) -> PyResult<PyHand> {
        let told = AtomicU32::new(self.looks.load(Relaxed));
        let hand = self.crew.join().ok_or_else(|| PyValueError::new_err("all places are taken"))?;
        Ok(PyHand { hand, looks: Arc::clone(&self.looks), told })
    }

    /// Add a job from outside.
    fn put(&self, job: Option<Py<PyAny>>) {
        put(&self.crew, &self.looks, job, |job| self.crew.submit(job));
    }

    /// Take any job without waiting; Empty is raised when there is none.
    fn get_nowait(&self) -> PyResult<Py<PyAny>> {
        Ok(self.crew.take().ok_or(Failure::QueueEmpty)?)
    }

    /// Tell one worker that there are news.
    fn nudge(&self, worker: usize) {
        self.crew.nudge(worker);
    }

    /// Return how many jobs there are, at some moment.
    fn qsize(&self) -> usize {
        self.crew.len()
    }
}

#[pymethods]
impl PyHand {
    /// The worker's number in its crew.
    #[getter]
    fn number(&self) -> usize {
        self.hand.number()
    }

    /// Add a job that the worker made.
    fn put(&self, job: Option<Py<PyAny>>) {
        put(self.hand.crew(), &self.looks, job, |job| self.hand.push(job));
    }

    /// Take a job without waiting; Empty is raised when there is none.
    fn get_nowait(&self) -> PyResult<Py<PyAny>> {
        Ok(self.hand.take().ok_or(Failure::QueueEmpty)?)
    }

    /// Wait for a job; return None when there is none and the worker is to look whether it should end.
    fn get(&self) -> PyResult<Option<Py<PyAny>>> {
        loop {
            let news = self.hand.news();
            // What was put before None comes before it: the look at jobs is made later.
            let looks = self.looks.load(Acquire);
            if let Some(job) = self.hand.take() {
                return Ok(Some(job));
            }
            if self.told.swap(looks, Relaxed) != looks {
                return Ok(None);
            }
            if let Next::Job(job) = self.hand.next(news, Deadline::NEVER).map_err(Failure::from)? {
                return Ok(Some(job));
            }
        }
    }

    /// A number that changes with every nudge.
    fn news(&self) -> u32 {
        self.hand.news()
    }

    /// Wait for a job, at most timeout seconds (None: without limit). Return None when there are other
    /// news than those seen, or the time is up.
    #[pyo3(signature = (seen, timeout=None))]
    fn get_unless_news(&self, seen: u32, timeout: Option<f64>) -> PyResult<Option<Py<PyAny>>> {
        let deadline = wait_deadline(timeout)?;
        match self.hand.next(seen, deadline).map_err(Failure::from)? {
            Next::Job(job) => Ok(Some(job)),
            Next::News | Next::TimedOut => Ok(None),
        }
    }
}

fn put(
    crew: &Crew<Py<PyAny>>,
    looks: &AtomicU32,
    job: Option<Py<PyAny>>,
    add: impl FnOnce(Py<PyAny>) -> bool,
) {
    if let Some(job) = job {
        add(job);
    } else {
        looks.fetch_add(1, Release);
        crew.nudge_all();
    }
}
