//! `concurrent.futures.Future`, the native part.
//!
//! Like the queues, a future is native until its inside is asked for (`_condition`, `_waiters`), which
//! the standard `wait()` and `as_completed()` do. From then on whoever ends the job does as the standard
//! future: it holds `_condition` over the step to the new state and over telling each of `_waiters`. Whether
//! it is open is part of the step (see the core's future), so of an end that was reached while it was not
//! nobody is told who has looked at the state under `_condition` and seen it.

use ironthread::error::InvalidState;
use ironthread::exec::Future;
use ironthread::exec::future::State;
use ironthread::observe::deadlock::Workers;
use ironthread::queue::{Guarded, Guarding};
use ironthread::wait::{self, Deadline, Kind};
use pyo3::PyTypeInfo;
use pyo3::exceptions::{PyRuntimeError, PyTimeoutError, PyValueError};
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList, PyString, PyTuple, PyType};

use crate::attached::WhileAttached;
use crate::condition::PyCondition;
use crate::convert::wait_deadline;
use crate::errors::{Failure, Futures, futures, invalid_state};
use crate::queue::{PySimpleQueue, generic_alias};
use crate::{origin, program};

/// What came of a job. Of the two the exception counts.
#[derive(Default)]
pub(crate) struct Outcome {
    result: Option<Py<PyAny>>,
    exception: Option<Py<PyAny>>,
}

impl Outcome {
    pub(crate) fn of_result(result: Py<PyAny>) -> Self {
        Self { result: Some(result), exception: None }
    }

    /// By Python's rules None is none.
    pub(crate) fn of_exception(py: Python<'_>, exception: Py<PyAny>) -> Self {
        Self { result: None, exception: Some(exception).filter(|it| !it.is_none(py)) }
    }

    /// The method by which `_waiters` are told.
    fn told_by(&self) -> &'static str {
        if self.result.is_some() { "add_result" } else { "add_exception" }
    }
}

/// What the standard library's own functions look at.
struct Inside {
    condition: Py<PyCondition>,
    waiters: Py<PyList>,
}

type Kept<T> = <WhileAttached as Guarding>::Guarded<T>;

/// The outcome of a job, which may not be there yet.
///
/// Follows https://docs.python.org/3/library/concurrent.futures.html#future-objects.
#[pyclass(frozen, subclass, name = "Future", module = "concurrent.futures._base")]
pub(crate) struct PyFuture {
    future: Future<(), Py<PyAny>>,
    outcome: Kept<Outcome>,
    /// Who is given the future at its end, when a cancellation has been noticed as well.
    tellers: Kept<Vec<Py<PySimpleQueue>>>,
    /// Where there is no memory for the dictionary of an object, 3.11 drops the object with all its bytes zero. So that has to be
    /// an empty cell, and of `std`'s it is a full one.
    inside: PyOnceLock<Inside>,
}

impl PyFuture {
    /// None but these workers will begin the job.
    pub(crate) fn await_workers(&self, workers: &Workers) {
        self.future.await_workers(workers);
    }

    /// The result, if it is there.
    #[inline]
    pub(crate) fn result_if_there(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        if self.future.state() != State::Finished {
            return None;
        }
        let outcome = self.outcome.hold();
        if outcome.exception.is_some() {
            return None;
        }
        Some(outcome.result.as_ref().map_or_else(|| py.None(), |it| it.clone_ref(py)))
    }

    /// Whether the job was cancelled or has finished.
    #[inline]
    pub(crate) fn is_done(&self) -> bool {
        self.future.state().is_done()
    }

    /// The end has come: gives the future to those who wait for that.
    fn tell(slf: &Bound<'_, Self>) -> PyResult<()> {
        let tellers = std::mem::take(&mut *slf.get().tellers.hold());
        let give =
            |queue: &Py<PySimpleQueue>| queue.get().put_nowait(slf.clone().into_any().unbind());
        tellers.iter().try_for_each(give)
    }

    /// The inside. From now on the steps of the state are made under its condition.
    fn open(&self, py: Python<'_>) -> PyResult<&Inside> {
        loop {
            if let Some(inside) = self.inside.get(py) {
                self.future.open();
                return Ok(inside);
            }
            // Made before it is put there (see `once`): of two that are made at once, the first stays.
            let condition = PyCondition::type_object(py).call0()?.cast_into::<PyCondition>()?;
            let waiters = PyList::empty(py).unbind();
            let _ = self.inside.set(py, Inside { condition: condition.unbind(), waiters });
        }
    }

    /// Runs a step of an open future, with its condition held. The thread may hold it already.
    #[cold]
    fn holding<R>(&self, py: Python<'_>, step: impl FnOnce(&Inside) -> PyResult<R>) -> PyResult<R> {
        let inside = self.open(py)?;
        let condition = inside.condition.get();
        condition.hold(py)?;
        let result = step(inside);
        condition.let_go(py)?;
        result
    }

    /// Waits until the job has finished. Raises when it was cancelled, or the time is up before.
    fn finished(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<()> {
        let mut state = self.future.state();
        if !state.is_done() {
            let deadline = wait_deadline(timeout)?;
            state = match self.inside.get(py) {
                Some(inside) if inside.condition.get().is_held(py)? => {
                    self.wait_on(py, inside.condition.get(), deadline)?
                }
                _ => self.future.wait(deadline).map_err(Failure::from)?,
            };
        }
        match state {
            State::Finished => Ok(()),
            State::Cancelled | State::CancelledAndNotified => Err(Failure::Cancelled.into()),
            State::Pending | State::Running => Err(PyTimeoutError::new_err(())),
        }
    }

    /// Waits with the condition held: it is let go meanwhile, for whoever ends the job needs it.
    #[cold]
    fn wait_on(
        &self,
        py: Python<'_>,
        condition: &PyCondition,
        deadline: Deadline,
    ) -> PyResult<State> {
        while !self.future.state().is_done() && condition.wait_until(py, deadline)? {}
        Ok(self.future.state())
    }

    fn invalid(slf: &Bound<'_, Self>) -> PyErr {
        let state = name_of(slf.get().future.state());
        match slf.repr() {
            Ok(shown) => invalid_state(format!("{state}: {shown}")),
            Err(error) => error,
        }
    }

    /// Ends the job with an outcome, and does what follows from that. With `keeping`, whom it wakes gets the interpreter
    /// only when this thread waits or calls somebody (see [`wait::keeping`]).
    pub(crate) fn finish(slf: &Bound<'_, Self>, outcome: Outcome, keeping: bool) -> PyResult<()> {
        let settled = if keeping {
            wait::keeping(|| Self::settle(slf, outcome))
        } else {
            Self::settle(slf, outcome)
        };
        Self::call_all(slf, settled?)
    }

    /// Ends the job with an outcome, and tells who waits. Returns whom to call.
    fn settle(slf: &Bound<'_, Self>, mut outcome: Outcome) -> PyResult<Vec<Py<PyAny>>> {
        let this = slf.get();
        let told = outcome.told_by();
        let mut exchange = || std::mem::swap(&mut *this.outcome.hold(), &mut outcome);
        let ended = this.future.finish_if_shut(&mut exchange);
        let callbacks = match ended.map_err(|_| Self::invalid(slf))? {
            Some(callbacks) => callbacks,
            None => this.holding(slf.py(), |inside| {
                let ended = this.future.finish_with(exchange);
                let callbacks = ended.map_err(|_| Self::invalid(slf))?;
                Self::tell_waiters(slf, inside, told)?;
                inside.condition.get().notify_all(slf.py())?;
                Ok(callbacks)
            })?,
        };
        drop(outcome);
        Self::tell(slf)?;
        Ok(callbacks)
    }

    /// Ends the job with its result, if that is all there is to do: `false`, and nothing has happened, when somebody is to
    /// be told or called as well.
    #[inline]
    pub(crate) fn set_result_quickly(&self, result: Borrowed<'_, '_, PyAny>) -> bool {
        let py = result.py();
        let mut outcome = Outcome::of_result(result.to_owned().unbind());
        let exchange = || std::mem::swap(&mut *self.outcome.hold(), &mut outcome);
        let ended = self.future.finish_if_alone(exchange);
        program::discard(py, outcome.result.into_iter().chain(outcome.exception));
        ended
    }

    /// Tells `_waiters`, by the method `told`. To be called with the condition held.
    fn tell_waiters(slf: &Bound<'_, Self>, inside: &Inside, told: &str) -> PyResult<()> {
        let py = slf.py();
        let told = PyString::new(py, told);
        let waiters = inside.waiters.bind(py).iter();
        waiters
            .map(|waiter| program::call_method(&waiter, &told, &[slf.as_any()]).map(drop))
            .fold(Ok(()), Result::and)
    }

    /// Cancels the job, with the condition held; its waiters are told by whoever was to run it.
    fn cancel_open(slf: &Bound<'_, Self>) -> PyResult<(bool, Vec<Py<PyAny>>)> {
        let (this, py) = (slf.get(), slf.py());
        this.holding(py, |inside| {
            let was_done = this.future.state().is_done();
            let (cancelled, callbacks) = this.future.cancel();
            if cancelled && !was_done {
                inside.condition.get().notify_all(py)?;
            }
            Ok((cancelled, callbacks))
        })
    }

    /// The job does not begin because it was cancelled: everybody knows, and who waits for that is told.
    fn notice(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        if this.future.state() == State::Cancelled {
            this.holding(slf.py(), |inside| match this.future.acknowledge() {
                Ok(()) => Self::tell_waiters(slf, inside, "add_cancelled"),
                Err(_) => Err(Self::unexpected(slf)),
            })?;
        }
        Self::tell(slf)
    }

    fn unexpected(slf: &Bound<'_, Self>) -> PyErr {
        let log =
            |futures: &Futures| program::call(futures.unexpected.bind(slf.py()), &[slf.as_any()]);
        match futures(slf.py()).and_then(log) {
            Ok(_) => PyRuntimeError::new_err("Future in unexpected state"),
            Err(error) => error,
        }
    }

    /// What follows from the attempt to begin the job.
    fn begun(slf: &Bound<'_, Self>, begins: Result<bool, InvalidState>) -> PyResult<bool> {
        match begins {
            Ok(true) => Ok(true),
            Ok(false) => Self::notice(slf).map(|()| false),
            Err(InvalidState) => Err(Self::unexpected(slf)),
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
            outcome: Guarded::new(Outcome::default()),
            tellers: Guarded::new(Vec::new()),
            inside: PyOnceLock::new(),
        }
    }

    fn __init__(&self) {
        let _ = self;
    }

    /// Cancel the job if it has not begun; return whether it is cancelled.
    pub(crate) fn cancel(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let (cancelled, callbacks) = match slf.get().future.cancel_if_shut() {
            Some(cancelled) => cancelled,
            None => Self::cancel_open(slf)?,
        };
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
        self.finished(py, timeout)?;
        match self.exception_now(py) {
            Some(exception) => Err(PyErr::from_value(exception.into_bound(py))),
            None => Ok(self.result_now(py).unwrap_or_else(|| py.None())),
        }
    }

    /// Return the exception that the job raised, or None, waiting as result() does.
    #[pyo3(signature = (timeout=None))]
    fn exception(&self, py: Python<'_>, timeout: Option<f64>) -> PyResult<Option<Py<PyAny>>> {
        self.finished(py, timeout)?;
        Ok(self.outcome.hold().exception.as_ref().map(|it| it.clone_ref(py)))
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
        let mut tellers = slf.get().tellers.hold();
        // Whoever ends the job does so first and then takes the tellers, while nobody else has hold of them.
        if is_over(slf.get().future.follow()) {
            drop(tellers);
            return queue.get().put_nowait(slf.clone().into_any().unbind());
        }
        tellers.push(queue);
        Ok(())
    }

    /// Take back one _tell() with that queue, if it has not happened.
    fn _tell_no_more(&self, queue: &Bound<'_, PySimpleQueue>) {
        let mut tellers = self.tellers.hold();
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
    #[pyo3(name = "_start_here")]
    pub(crate) fn start_here(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Self::begun(slf, slf.get().future.start_here())
    }

    /// End the job with its result. InvalidStateError is raised when it has ended or was cancelled.
    pub(crate) fn set_result(slf: &Bound<'_, Self>, result: Py<PyAny>) -> PyResult<()> {
        Self::finish(slf, Outcome::of_result(result), false)
    }

    /// End the job with an exception. InvalidStateError is raised when it has ended or was cancelled.
    pub(crate) fn set_exception(slf: &Bound<'_, Self>, exception: Py<PyAny>) -> PyResult<()> {
        Self::finish(slf, Outcome::of_exception(slf.py(), exception), false)
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
        self.outcome.hold().result.as_ref().map(|it| it.clone_ref(py))
    }

    #[setter(_result)]
    fn force_result(&self, result: Py<PyAny>) {
        let old = self.outcome.hold().result.replace(result);
        drop(old);
    }

    #[getter(_exception)]
    fn exception_now(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        self.outcome.hold().exception.as_ref().map(|it| it.clone_ref(py))
    }

    #[setter(_exception)]
    fn force_exception(&self, exception: Option<Py<PyAny>>) {
        let old = std::mem::replace(&mut self.outcome.hold().exception, exception);
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
        if let Some(outcome) = self.outcome.try_hold() {
            visit.call(&outcome.result)?;
            visit.call(&outcome.exception)?;
        }
        let mut seen = Ok(());
        self.future.try_with_callbacks(|callbacks| {
            seen = callbacks.iter().try_for_each(|callback| visit.call(callback));
        });
        if let Some(tellers) = self.tellers.try_hold() {
            tellers.iter().try_for_each(|teller| visit.call(teller))?;
        }
        seen
    }

    fn __clear__(&self) {
        let outcome = std::mem::take(&mut *self.outcome.hold());
        let callbacks = self.future.with_callbacks(std::mem::take);
        let tellers = std::mem::take(&mut *self.tellers.hold());
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

/// Whether the end has come and everybody knows.
fn is_over(state: State) -> bool {
    matches!(state, State::Finished | State::CancelledAndNotified)
}

fn name_of(state: State) -> &'static str {
    NAMES.iter().find(|(known, _)| *known == state).map_or("", |(_, name)| name)
}
