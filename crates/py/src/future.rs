//! `concurrent.futures.Future`, the native part.
//!
//! Like the queues, a future is native until its inside is asked for (`_condition`, `_waiters`), which
//! the standard `wait()` and `as_completed()` do. From then on whoever ends the job also does what the
//! standard future does there: under `_condition`, it tells each of `_waiters`.

use std::sync::atomic::{Ordering, fence};
use std::sync::{Mutex, MutexGuard, PoisonError};

use ironthread::error::InvalidState;
use ironthread::exec::Future;
use ironthread::exec::future::State;
use ironthread::wait::Kind;
use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};
use pyo3::{PyTypeInfo, intern};

use crate::condition::PyCondition;
use crate::convert::wait_deadline;
use crate::errors::{Failure, futures, invalid_state};
use crate::queue::{PySimpleQueue, generic_alias};
use crate::{origin, program};

/// What came of a job. Of the two the exception counts.
#[derive(Default)]
struct Outcome {
    result: Option<Py<PyAny>>,
    exception: Option<Py<PyAny>>,
}

/// What the standard library's own functions look at.
struct Inside {
    condition: Py<PyCondition>,
    waiters: Py<PyList>,
}

/// The outcome of a job, which may not be there yet.
///
/// Follows https://docs.python.org/3/library/concurrent.futures.html#future-objects.
#[pyclass(frozen, subclass, name = "Future", module = "concurrent.futures._base")]
pub(crate) struct PyFuture {
    future: Future<(), Py<PyAny>>,
    outcome: Mutex<Outcome>,
    /// Who is given the future at its end, when a cancellation has been noticed as well.
    tellers: Mutex<Vec<Py<PySimpleQueue>>>,
    inside: PyOnceLock<Inside>,
}

impl PyFuture {
    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tellers(&self) -> MutexGuard<'_, Vec<Py<PySimpleQueue>>> {
        self.tellers.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the end has come and everybody knows.
    fn is_over(&self) -> bool {
        matches!(self.future.state(), State::Finished | State::CancelledAndNotified)
    }

    /// The end has come: gives the future to those who wait for that.
    fn tell(slf: &Bound<'_, Self>) -> PyResult<()> {
        let tellers = std::mem::take(&mut *slf.get().tellers());
        let give =
            |queue: &Py<PySimpleQueue>| queue.get().put_nowait(slf.clone().into_any().unbind());
        tellers.iter().try_for_each(give)
    }

    /// The inside, if anybody has asked for it. After a step of the state: either this sees that
    /// somebody asked, or who asks sees the step.
    fn inside(&self, py: Python<'_>) -> Option<&Inside> {
        fence(Ordering::SeqCst);
        self.inside.get(py)
    }

    fn open(&self, py: Python<'_>) -> PyResult<&Inside> {
        let inside = self.inside.get_or_try_init(py, || {
            let condition = PyCondition::type_object(py).call0()?.cast_into::<PyCondition>()?;
            let waiters = PyList::empty(py).unbind();
            Ok::<_, PyErr>(Inside { condition: condition.unbind(), waiters })
        });
        fence(Ordering::SeqCst);
        inside
    }

    /// Waits until the job has finished. Raises when it was cancelled, or the time is up before.
    fn finished(&self, timeout: Option<f64>) -> PyResult<()> {
        let mut state = self.future.state();
        if !state.is_done() {
            let deadline = wait_deadline(timeout)?;
            state = self.future.wait(deadline).map_err(Failure::from)?;
        }
        match state {
            State::Finished => Ok(()),
            State::Cancelled | State::CancelledAndNotified => Err(Failure::Cancelled.into()),
            State::Pending | State::Running => Err(PyTimeoutError::new_err(())),
        }
    }

    fn invalid(slf: &Bound<'_, Self>) -> PyErr {
        let state = name_of(slf.get().future.state());
        match slf.repr() {
            Ok(shown) => invalid_state(format!("{state}: {shown}")),
            Err(error) => error,
        }
    }

    /// Ends the job with an outcome, and does what follows from that.
    fn finish(slf: &Bound<'_, Self>, outcome: Outcome, told: &str) -> PyResult<()> {
        let this = slf.get();
        let mut old = None;
        let callbacks = this
            .future
            .finish_with(|| old = Some(std::mem::replace(&mut *this.outcome(), outcome)))
            .map_err(|_| Self::invalid(slf))?;
        drop(old);
        Self::follow(slf, callbacks, told)
    }

    /// The job is done: tells who waits for it, and calls what is to be called.
    fn follow(slf: &Bound<'_, Self>, callbacks: Vec<Py<PyAny>>, told: &str) -> PyResult<()> {
        Self::announce(slf, told)?;
        Self::call_all(slf, callbacks)
    }

    /// Everybody who waits is told, in the standard library's way (by the method `told`) and in ours.
    fn announce(slf: &Bound<'_, Self>, told: &str) -> PyResult<()> {
        if let Some(inside) = slf.get().inside(slf.py()) {
            Self::tell_waiters(slf, inside, told)?;
        }
        Self::tell(slf)
    }

    #[cold]
    fn tell_waiters(slf: &Bound<'_, Self>, inside: &Inside, told: &str) -> PyResult<()> {
        let py = slf.py();
        let condition = inside.condition.bind(py);
        program::call_method(condition, intern!(py, "acquire"), &[])?;
        let told = PyString::new(py, told);
        let waiters = inside.waiters.bind(py).iter();
        let result = waiters
            .map(|waiter| program::call_method(&waiter, &told, &[slf.as_any()]).map(drop))
            .fold(Ok(()), Result::and);
        let notified = condition.get().notify_all(py);
        program::call_method(condition, intern!(py, "release"), &[])?;
        result.and(notified)
    }

    /// Who waits for the condition sees that the job was cancelled; its waiters are told by whoever was
    /// to run it.
    fn notify(slf: &Bound<'_, Self>) -> PyResult<()> {
        match slf.get().inside(slf.py()) {
            Some(inside) => inside.condition.get().notify_all_locked(slf.py()),
            None => Ok(()),
        }
    }

    /// What follows from the attempt to begin the job.
    fn begun(slf: &Bound<'_, Self>, begins: Result<bool, InvalidState>) -> PyResult<bool> {
        match begins {
            Ok(true) => Ok(true),
            Ok(false) => {
                Self::announce(slf, "add_cancelled")?;
                Ok(false)
            }
            Err(InvalidState) => {
                let helper = futures(slf.py())?.unexpected.bind(slf.py());
                program::call(helper, &[slf.as_any()])?;
                Err(PyRuntimeError::new_err("Future in unexpected state"))
            }
        }
    }

    fn call_all(slf: &Bound<'_, Self>, callbacks: Vec<Py<PyAny>>) -> PyResult<()> {
        callbacks.into_iter().try_for_each(|callback| Self::call(slf, &callback))
    }

    fn call(slf: &Bound<'_, Self>, callback: &Py<PyAny>) -> PyResult<()> {
        let py = slf.py();
        let helper = futures(py)?.call_back.bind(py);
        program::call(helper, &[slf.as_any(), callback.bind(py)]).map(drop)
    }
}

#[pymethods]
impl PyFuture {
    /// Arguments are for the `__init__` of subclasses.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "()")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Self {
        Self {
            future: Future::made_at(origin::here(py, Kind::Future)),
            outcome: Mutex::default(),
            tellers: Mutex::default(),
            inside: PyOnceLock::new(),
        }
    }

    fn __init__(&self) {
        let _ = self;
    }

    /// Cancel the job if it has not begun; return whether it is cancelled.
    fn cancel(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let was_done = slf.get().future.state().is_done();
        let (cancelled, callbacks) = slf.get().future.cancel();
        if cancelled && !was_done {
            Self::notify(slf)?;
        }
        Self::call_all(slf, callbacks)?;
        Ok(cancelled)
    }

    /// Return whether the job was cancelled.
    fn cancelled(&self) -> bool {
        matches!(self.future.state(), State::Cancelled | State::CancelledAndNotified)
    }

    /// Return whether the job is running now.
    fn running(&self) -> bool {
        self.future.state() == State::Running
    }

    /// Return whether the job was cancelled or has finished.
    fn done(&self) -> bool {
        self.future.state().is_done()
    }

    /// Return what the job returned, or raise what it raised, waiting at most timeout seconds (None:
    /// without limit) for its end.
    ///
    /// TimeoutError is raised when the time is up, CancelledError when the job was cancelled.
    #[pyo3(signature = (timeout=None))]
    fn result(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Py<PyAny>> {
        self.finished(timeout)?;
        let outcome = self.outcome();
        match &outcome.exception {
            Some(exception) => Err(PyErr::from_value(exception.bind(py).clone())),
            None => Ok(outcome.result.as_ref().map_or_else(|| py.None(), |it| it.clone_ref(py))),
        }
    }

    /// Return the exception that the job raised, or None, waiting as result() does.
    #[pyo3(signature = (timeout=None))]
    fn exception(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Py<PyAny>>> {
        self.finished(timeout)?;
        Ok(self.outcome().exception.as_ref().map(|it| it.clone_ref(py)))
    }

    /// Have fn called with the future when the job is done: by the thread that ends it, in the order of
    /// these calls; at once if it is done already. What fn raises is logged.
    #[pyo3(name = "add_done_callback")]
    fn add_done_callback(slf: &Bound<'_, Self>, r#fn: Py<PyAny>) -> PyResult<()> {
        match slf.get().future.add_callback(r#fn) {
            Ok(()) => Ok(()),
            Err(callback) => Self::call(slf, &callback),
        }
    }

    /// Have the future put into a SimpleQueue when the job has finished, or whoever was to run it knows
    /// that it was cancelled; at once if that is so.
    fn _tell(slf: &Bound<'_, Self>, queue: Py<PySimpleQueue>) -> PyResult<()> {
        let mut tellers = slf.get().tellers();
        // Whoever ends the job does so first and then takes the tellers, under this lock.
        if slf.get().is_over() {
            drop(tellers);
            return queue.get().put_nowait(slf.clone().into_any().unbind());
        }
        tellers.push(queue);
        Ok(())
    }

    /// Take back one _tell() with that queue, if it has not happened.
    fn _tell_no_more(&self, queue: &Bound<'_, PySimpleQueue>) {
        let mut tellers = self.tellers();
        let place = tellers.iter().position(|teller| teller.is(queue));
        let removed = place.map(|place| tellers.remove(place));
        drop(tellers);
        drop(removed);
    }

    /// Begin the job; return False when it was cancelled. To be called by executors, once.
    fn set_running_or_notify_cancel(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::begun(slf, slf.get().future.start())
    }

    /// The same by the thread that will end the job: who waits for it in a circle is told so.
    fn _start_here(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::begun(slf, slf.get().future.start_here())
    }

    /// End the job with its result. InvalidStateError is raised when it has ended or was cancelled.
    fn set_result(slf: &Bound<'_, Self>, result: Py<PyAny>) -> PyResult<()> {
        let outcome = Outcome { result: Some(result), exception: None };
        Self::finish(slf, outcome, "add_result")
    }

    /// End the job with an exception. InvalidStateError is raised when it has ended or was cancelled.
    fn set_exception(slf: &Bound<'_, Self>, exception: Py<PyAny>) -> PyResult<()> {
        let exception = Some(exception).filter(|it| !it.is_none(slf.py()));
        Self::finish(slf, Outcome { result: None, exception }, "add_exception")
    }

    /// Return (done, cancelled, result, exception) of one moment, without waiting.
    fn _get_snapshot(&self, py: Python<'_>) -> (bool, bool, Option<Py<PyAny>>, Option<Py<PyAny>>) {
        match self.future.state() {
            State::Finished => (true, false, self.result_now(py), self.exception_now(py)),
            State::Cancelled | State::CancelledAndNotified => (true, true, None, None),
            State::Pending | State::Running => (false, false, None, None),
        }
    }

    /// The state's name in the standard library.
    #[getter]
    fn _state(&self) -> &'static str {
        name_of(self.future.state())
    }

    #[setter(_state)]
    fn force_state(&self, name: &str) -> PyResult<()> {
        let Some(&(state, _)) = NAMES.iter().find(|(_, known)| *known == name) else {
            let known: Vec<_> = NAMES.iter().map(|(_, name)| *name).collect();
            let message = format!("no state of a future: {name:?}; one of {}", known.join(", "));
            return Err(PyValueError::new_err(message));
        };
        self.future.force(state);
        Ok(())
    }

    #[getter(_result)]
    fn result_now(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.outcome().result.as_ref().map(|it| it.clone_ref(py))
    }

    #[setter(_result)]
    fn force_result(&self, result: Py<PyAny>) {
        let old = self.outcome().result.replace(result);
        drop(old);
    }

    #[getter(_exception)]
    fn exception_now(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.outcome().exception.as_ref().map(|it| it.clone_ref(py))
    }

    #[setter(_exception)]
    fn force_exception(&self, exception: Option<Py<PyAny>>) {
        let old = std::mem::replace(&mut self.outcome().exception, exception);
        drop(old);
    }

    /// The condition under which the standard functions look at the state.
    #[getter]
    fn _condition(&self, py: Python<'_>) -> PyResult<Py<PyCondition>> {
        Ok(self.open(py)?.condition.clone_ref(py))
    }

    /// What the standard functions want told.
    #[getter]
    fn _waiters(&self, py: Python<'_>) -> PyResult<Py<PyList>> {
        Ok(self.open(py)?.waiters.clone_ref(py))
    }

    /// The callables of add_done_callback() that are to be called yet.
    #[getter]
    fn _done_callbacks(&self, py: Python<'_>) -> Vec<Py<PyAny>> {
        self.future.with_callbacks(|callbacks| {
            callbacks.iter().map(|callback| callback.clone_ref(py)).collect()
        })
    }

    fn __repr__(slf: &Bound<'_, Self>) -> PyResult<String> {
        let (this, py) = (slf.get(), slf.py());
        let (class, address) = (slf.get_type().name()?, slf.as_ptr() as usize);
        let state = match this.future.state() {
            State::Pending => "pending",
            State::Running => "running",
            State::Cancelled | State::CancelledAndNotified => "cancelled",
            State::Finished => "finished",
        };
        let kind = |object: &Py<PyAny>| object.bind(py).get_type().name();
        let end = match (this.exception_now(py), this.result_now(py)) {
            _ if state != "finished" => String::new(),
            (Some(exception), _) => format!(" raised {}", kind(&exception)?),
            (None, result) => {
                format!(" returned {}", kind(&result.unwrap_or_else(|| py.None()))?)
            }
        };
        Ok(format!("<{class} at {address:#x} state={state}{end}>"))
    }

    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        generic_alias(cls, item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if let Ok(outcome) = self.outcome.try_lock() {
            visit.call(&outcome.result)?;
            visit.call(&outcome.exception)?;
        }
        let mut seen = Ok(());
        self.future.try_with_callbacks(|callbacks| {
            seen = callbacks.iter().try_for_each(|callback| visit.call(callback));
        });
        if let Ok(tellers) = self.tellers.try_lock() {
            tellers.iter().try_for_each(|teller| visit.call(teller))?;
        }
        seen
    }

    fn __clear__(&self) {
        let outcome = std::mem::take(&mut *self.outcome());
        let callbacks = self.future.with_callbacks(std::mem::take);
        let tellers = std::mem::take(&mut *self.tellers());
        drop((outcome, callbacks, tellers));
    }
}

const NAMES: [(State, &str); 5] = [
    (State::Pending, "PENDING"),
    (State::Running, "RUNNING"),
    (State::Cancelled, "CANCELLED"),
    (State::CancelledAndNotified, "CANCELLED_AND_NOTIFIED"),
    (State::Finished, "FINISHED"),
];

fn name_of(state: State) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == state).map_or("", |(_, name)| name)
}
