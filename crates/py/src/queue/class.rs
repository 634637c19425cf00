//! `queue.Queue`, the class: each method goes to the native queue or to the open one.

use std::sync::OnceLock;

use ironthread::error::{GetError, PutError};
use ironthread::queue::{Callers, Queue, Side};
use ironthread::wait::{Deadline, Kind, Origin};
use pyo3::exceptions::PyOverflowError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyFloat, PyString, PyTuple, PyType};

use super::callers::{Claim, call_all, call_next};
use super::items::{Flavor, Items};
use super::open::{self, Open};
use super::variants::{PyLifoQueue, PyPriorityQueue};
use super::{generic_alias, visit_items};
use crate::attached::WhileAttached;
use crate::collector::visit_each;
use crate::condition::PyCondition;
use crate::convert::{Truth, queue_deadline};
use crate::errors::Failure;
use crate::initialized::Initialized;
use crate::lock::PyLock;
use crate::{names, origin, program};

/// A queue for many producers and many consumers, first in, first out.
///
/// If maxsize is zero or less, the queue's size has no limit. Follows
/// https://docs.python.org/3/library/queue.html#queue-objects.
#[pyclass(frozen, subclass, dict, weakref, name = "Queue", module = "queue")]
pub(crate) struct PyQueue {
    pub(super) flavor: Flavor,
    pub(super) native: Queue<Items, WhileAttached>,
    pub(super) open: OnceLock<Open>,
    /// Who wants to be called when the queue changes; made for the first who does.
    pub(super) callers: OnceLock<Box<Callers<Py<PyAny>>>>,
    /// The line that made the queue, where that was recorded.
    pub(super) origin: Option<Origin>,
    initialized: Initialized,
}

impl PyQueue {
    pub(super) fn made_here(py: Python<'_>, flavor: Flavor, maxsize: isize) -> Self {
        let origin = origin::here(py, Kind::QueueGet);
        Self {
            flavor,
            native: Queue::guarded(Items::new(flavor), maxsize, origin),
            open: OnceLock::new(),
            callers: OnceLock::new(),
            origin,
            initialized: Initialized::YES,
        }
    }

    /// One whose items leave first in, first out, as `Queue(maxsize)` makes it.
    pub(crate) fn fifo(py: Python<'_>, maxsize: isize) -> Self {
        Self::made_here(py, Flavor::Fifo, maxsize)
    }

    fn has_limit(&self) -> bool {
        self.native.maxsize() > 0
    }

    /// The deadline of a put: its time limit counts only where the queue's size has a limit.
    fn put_deadline(&self, block: bool, timeout: Option<&Bound<'_, PyAny>>) -> PyResult<Deadline> {
        if timeout.is_some() && !self.has_limit() {
            return Ok(Deadline::NEVER);
        }
        queue_deadline(block, timeout)
    }

    /// A queue that has been shut down says so before it looks at a time limit that is wrong.
    fn or_shut_down(
        slf: &Bound<'_, Self>,
        deadline: PyResult<Deadline>,
        is_over: impl FnOnce() -> PyResult<bool>,
    ) -> PyResult<Deadline> {
        if deadline.is_err() && slf.get().is_shutdown() && is_over()? {
            return Err(Failure::QueueShutDown.into());
        }
        deadline
    }

    fn put_until(
        slf: &Bound<'_, Self>,
        item: &Bound<'_, PyAny>,
        deadline: Deadline,
    ) -> PyResult<()> {
        let spoken_for = Self::store_until(slf, item, deadline)?;
        call_next(slf, Side::Getters, spoken_for)
    }

    /// Stores an item. Returns whether no thread was called for it because a caller claims it.
    fn store_until(
        slf: &Bound<'_, Self>,
        item: &Bound<'_, PyAny>,
        deadline: Deadline,
    ) -> PyResult<bool> {
        let this = slf.get();
        if let Some(open) = this.open.get() {
            return open.put(slf, item, deadline).map(|()| false);
        }
        let claim = Claim::new(slf, Side::Getters);
        // What comes back with an error is dropped here, outside the queue.
        match this.native.put_for(item.clone().unbind(), deadline, || claim.is_made()) {
            Ok(()) => Ok(claim.was_made()),
            Err(PutError::Full(_)) => Err(Failure::QueueFull.into()),
            Err(PutError::Interrupted(_)) => Err(Failure::Interrupted.into()),
            Err(PutError::Undecided(_)) => Open::of(slf)?.put(slf, item, deadline).map(|()| false),
            Err(PutError::ShutDown(_)) => match this.open.get() {
                Some(open) => open.put(slf, item, deadline).map(|()| false),
                None => Err(Failure::QueueShutDown.into()),
            },
        }
    }

    fn get_until<'py>(slf: &Bound<'py, Self>, deadline: Deadline) -> PyResult<Bound<'py, PyAny>> {
        let (item, spoken_for) = Self::take_until(slf, deadline)?;
        call_next(slf, Side::Putters, spoken_for)?;
        Ok(item)
    }

    /// Takes an item. Returns also whether no thread was called for its slot because a caller claims it.
    fn take_until<'py>(
        slf: &Bound<'py, Self>,
        deadline: Deadline,
    ) -> PyResult<(Bound<'py, PyAny>, bool)> {
        let this = slf.get();
        if let Some(open) = this.open.get() {
            return open.get(slf, deadline).map(|item| (item, false));
        }
        let claim = Claim::new(slf, Side::Putters);
        match this.native.get_for(deadline, || claim.is_made()) {
            Ok(item) => Ok((item.into_bound(slf.py()), claim.was_made())),
            Err(GetError::Empty) => Err(Failure::QueueEmpty.into()),
            Err(GetError::Interrupted) => Err(Failure::Interrupted.into()),
            Err(GetError::Undecided) => Open::of(slf)?.get(slf, deadline).map(|item| (item, false)),
            Err(GetError::ShutDown) => match this.open.get() {
                Some(open) => open.get(slf, deadline).map(|item| (item, false)),
                None => Err(Failure::QueueShutDown.into()),
            },
        }
    }

    fn count_done(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        if let Some(open) = this.open.get() {
            return open.task_done(slf.py());
        }
        match (this.native.task_done(), this.open.get()) {
            (Ok(()), _) => Ok(()),
            (Err(_), Some(open)) => open.task_done(slf.py()),
            (Err(_), None) => Err(Failure::TooManyDone.into()),
        }
    }

    /// Calls those who wait for the last task, if that was it. As for threads that join, another one may
    /// have come meanwhile.
    fn call_joiners(slf: &Bound<'_, Self>) -> PyResult<()> {
        if slf.get().callers.get().is_some_and(|callers| callers.any(Side::Joiners))
            && slf.get().unfinished_tasks() == 0
        {
            call_all(slf, Side::Joiners)?;
        }
        Ok(())
    }

    fn shut_down(slf: &Bound<'_, Self>, immediate: bool) -> PyResult<()> {
        if let Some(open) = slf.get().open.get() {
            return open.shut_down(slf, immediate);
        }
        program::discard(slf.py(), slf.get().native.shut_down(immediate));
        slf.get().open.get().map_or(Ok(()), |open| open.shut_down(slf, immediate))
    }

    /// Whether the object's class stores items its own way.
    pub(super) fn is_customized(slf: &Bound<'_, Self>) -> PyResult<bool> {
        if slf.is_exact_instance_of::<Self>()
            || slf.is_exact_instance_of::<PyLifoQueue>()
            || slf.is_exact_instance_of::<PyPriorityQueue>()
        {
            return Ok(false);
        }
        let (py, class) = (slf.py(), slf.get_type());
        let base = py.get_type::<Self>();
        for hook in hooks(py) {
            if !class.getattr(hook)?.is(&base.getattr(hook)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The argument `maxsize`.
#[derive(Clone, Copy)]
struct Limit(isize);

impl<'py> FromPyObject<'_, 'py> for Limit {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, 'py, PyAny>) -> PyResult<Self> {
        limit_of(&object).map(Self)
    }
}

/// A queue's limit: any number. What is too large for the machine is a limit that is never reached; of a
/// fraction the next whole number is, since that is when the queue is as long.
fn limit_of(maxsize: &Bound<'_, PyAny>) -> PyResult<isize> {
    if let Ok(number) = maxsize.cast::<PyFloat>() {
        // The cast saturates, and what is not a number becomes zero.
        #[expect(clippy::cast_possible_truncation, reason = "that is what is wanted")]
        return Ok(number.value().ceil() as isize);
    }
    match maxsize.extract::<isize>() {
        Err(error) if error.is_instance_of::<PyOverflowError>(maxsize.py()) => {
            Ok(if maxsize.gt(0)? { isize::MAX } else { 0 })
        }
        limit => limit,
    }
}

/// Whether the object's class has this method from the queue.
fn inherits(slf: &Bound<'_, PyQueue>, name: &Bound<'_, PyString>) -> PyResult<bool> {
    if slf.is_exact_instance_of::<PyQueue>() {
        return Ok(true);
    }
    let own = slf.get_type().getattr(name)?;
    Ok(own.is(&slf.py().get_type::<PyQueue>().getattr(name)?))
}

/// A subclass's own `put` or `get`, with `block=False`.
fn without_waiting<'py>(
    slf: &Bound<'py, PyQueue>,
    name: &Bound<'py, PyString>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let keywords = PyDict::new(slf.py());
    keywords.set_item(names::block(slf.py()), false)?;
    program::call_with(&program::get(slf, name)?, arguments, Some(&keywords))
}

/// The methods by which a queue stores its items.
fn hooks(py: Python<'_>) -> [&Bound<'_, PyString>; 4] {
    [names::init_hook(py), names::qsize_hook(py), names::put_hook(py), names::get_hook(py)]
}

#[pymethods]
impl PyQueue {
    /// Arguments are for `__init__`, a subclass's perhaps.
    #[new]
    #[pyo3(signature = (*_args, **_kwargs), text_signature = "(maxsize=0)")]
    fn new(
        py: Python<'_>,
        _args: &Bound<'_, PyTuple>,
        _kwargs: Option<&Bound<'_, PyDict>>,
    ) -> Self {
        Self::fifo(py, 0)
    }

    #[pyo3(signature = (maxsize=Limit(0)))]
    fn __init__(slf: &Bound<'_, Self>, maxsize: Limit) -> PyResult<()> {
        slf.get().native.set_maxsize(maxsize.0);
        if Self::is_customized(slf)? {
            Open::of(slf)?;
            let maxsize = slf.get().native.maxsize().into_pyobject(slf.py())?.into_any();
            program::call_method(slf, names::init_hook(slf.py()), &[&maxsize])?;
        }
        Ok(())
    }

    /// Put an item into the queue.
    ///
    /// With block true, wait at most timeout seconds (None: without limit) for a free slot; with block
    /// false, do not wait, and timeout does not count. Full is raised when there was none, ShutDown when
    /// the queue was shut down, ValueError for a negative timeout.
    #[pyo3(signature = (item, block=Truth(true), timeout=None), text_signature = "($self, item, block=True, timeout=None)")]
    fn put(
        slf: &Bound<'_, Self>,
        item: &Bound<'_, PyAny>,
        block: Truth,
        timeout: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let deadline = slf.get().put_deadline(block.0, timeout);
        Self::put_until(slf, item, Self::or_shut_down(slf, deadline, || Ok(true))?)
    }

    /// Remove and return the next item.
    ///
    /// With block true, wait at most timeout seconds (None: without limit) for one; with block false, do
    /// not wait, and timeout does not count. Empty is raised when there was none, ShutDown when the queue
    /// was shut down and is empty, ValueError for a negative timeout.
    #[pyo3(signature = (block=Truth(true), timeout=None), text_signature = "($self, block=True, timeout=None)")]
    fn get<'py>(
        slf: &Bound<'py, Self>,
        block: Truth,
        timeout: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let deadline = queue_deadline(block.0, timeout);
        Self::get_until(slf, Self::or_shut_down(slf, deadline, || Self::empty(slf))?)
    }

    /// Put an item into the queue without waiting: put(item, block=False).
    fn put_nowait<'py>(
        slf: &Bound<'py, Self>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = slf.py();
        if inherits(slf, names::put(py))? {
            Self::put_until(slf, item, Deadline::PAST)?;
            return Ok(py.None().into_bound(py));
        }
        without_waiting(slf, names::put(py), &(item,).into_pyobject(py)?)
    }

    /// Remove and return the next item without waiting: get(block=False).
    fn get_nowait<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        if inherits(slf, names::get(slf.py()))? {
            return Self::get_until(slf, Deadline::PAST);
        }
        without_waiting(slf, names::get(slf.py()), &PyTuple::empty(slf.py()))
    }

    /// Mark one item as done. ValueError is raised when there were not so many.
    fn task_done(slf: &Bound<'_, Self>) -> PyResult<()> {
        Self::count_done(slf)?;
        Self::call_joiners(slf)
    }

    /// Wait until every item that was put has been marked as done.
    fn join(slf: &Bound<'_, Self>) -> PyResult<()> {
        let this = slf.get();
        if this.open.get().is_none() {
            this.native.join(Deadline::NEVER).map_err(Failure::from)?;
        }
        // It may have been opened meanwhile; the tasks are counted there then.
        this.open.get().map_or(Ok(()), |open| open.join(slf.py()))
    }

    /// Let no more items in; put() raises ShutDown, and so does get() once the queue is empty.
    ///
    /// With immediate true, the items inside are given up and count as done.
    #[pyo3(signature = (immediate=Truth(false)), text_signature = "($self, immediate=False)")]
    fn shutdown(slf: &Bound<'_, Self>, immediate: Truth) -> PyResult<()> {
        Self::shut_down(slf, immediate.0)?;
        Self::call_joiners(slf)?;
        call_all(slf, Side::Getters).and(call_all(slf, Side::Putters))
    }

    /// Return how many items are inside, at this moment.
    fn qsize(slf: &Bound<'_, Self>) -> PyResult<usize> {
        // In this order: a native queue that is being opened is empty.
        let native = slf.get().native.len();
        match slf.get().open.get() {
            Some(open) => open.size_locked(slf),
            None => Ok(native),
        }
    }

    /// Return whether no items are inside, at this moment.
    fn empty(slf: &Bound<'_, Self>) -> PyResult<bool> {
        Ok(Self::qsize(slf)? == 0)
    }

    /// Return whether put() would have to wait, at this moment.
    fn full(slf: &Bound<'_, Self>) -> PyResult<bool> {
        let limit = usize::try_from(slf.get().native.maxsize()).unwrap_or(0);
        Ok(limit > 0 && Self::qsize(slf)? >= limit)
    }

    /// How many items fit; zero or less is no limit.
    #[getter(maxsize)]
    fn maxsize(&self) -> isize {
        self.native.maxsize()
    }

    #[setter(maxsize)]
    fn set_maxsize(slf: &Bound<'_, Self>, maxsize: Limit) -> PyResult<()> {
        slf.get().native.set_maxsize(maxsize.0);
        call_all(slf, Side::Putters)
    }

    /// How many items were put and not marked as done.
    #[getter(unfinished_tasks)]
    fn unfinished_tasks(&self) -> isize {
        // In this order, as in `qsize`.
        let native = self.native.unfinished();
        match self.open.get() {
            Some(open) => open.unfinished(),
            None => isize::try_from(native).unwrap_or(isize::MAX),
        }
    }

    #[setter(unfinished_tasks)]
    fn set_unfinished_tasks(slf: &Bound<'_, Self>, count: isize) -> PyResult<()> {
        Open::of(slf)?.set_unfinished(count);
        Ok(())
    }

    /// Whether the queue was shut down.
    #[getter(is_shutdown)]
    fn is_shutdown(&self) -> bool {
        // In this order: a native queue that is being opened says yes.
        let native = self.native.is_shut_down();
        self.open.get().map_or(native, Open::is_shut_down)
    }

    #[setter(is_shutdown)]
    fn set_is_shutdown(slf: &Bound<'_, Self>, shut_down: bool) -> PyResult<()> {
        Open::of(slf)?.set_shut_down(shut_down);
        Ok(())
    }

    /// The lock of the queue. Asking for it opens the queue.
    #[getter]
    fn mutex(slf: &Bound<'_, Self>) -> PyResult<Py<PyLock>> {
        Ok(Open::of(slf)?.mutex.clone_ref(slf.py()))
    }

    /// Notified when an item was put. Asking for it opens the queue.
    #[getter]
    fn not_empty(slf: &Bound<'_, Self>) -> PyResult<Py<PyCondition>> {
        Ok(Open::of(slf)?.not_empty.clone_ref(slf.py()))
    }

    /// Notified when an item was removed. Asking for it opens the queue.
    #[getter]
    fn not_full(slf: &Bound<'_, Self>) -> PyResult<Py<PyCondition>> {
        Ok(Open::of(slf)?.not_full.clone_ref(slf.py()))
    }

    /// Notified when no task is unfinished. Asking for it opens the queue.
    #[getter]
    fn all_tasks_done(slf: &Bound<'_, Self>) -> PyResult<Py<PyCondition>> {
        Ok(Open::of(slf)?.all_tasks_done.clone_ref(slf.py()))
    }

    /// The object that holds the items. Asking for it opens the queue.
    #[getter(queue)]
    fn items<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        Open::of(slf)?.items(slf.py())
    }

    #[setter(queue)]
    fn set_items(slf: &Bound<'_, Self>, items: &Bound<'_, PyAny>) -> PyResult<()> {
        Open::of(slf)?.set_items(items);
        Ok(())
    }

    /// An object may have its own ways to store items as well as its class.
    fn __setattr__(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        program::set_plainly(slf, name, Some(value))?;
        for hook in hooks(slf.py()) {
            if name.as_any().eq(hook)? {
                Open::of(slf)?.customize();
            }
        }
        Ok(())
    }

    fn __delattr__(slf: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        program::set_plainly(slf, name, None)
    }

    /// Make the object that holds the items. For subclasses to override.
    fn _init(slf: &Bound<'_, Self>, _maxsize: &Bound<'_, PyAny>) -> PyResult<()> {
        let open = Open::of(slf)?;
        open.set_items(&open::new_items(slf.py(), slf.get().flavor)?);
        Ok(())
    }

    /// Return how many items are held. For subclasses to override.
    fn _qsize(slf: &Bound<'_, Self>) -> PyResult<usize> {
        program::len(&Open::of(slf)?.items(slf.py())?)
    }

    /// Store an item. For subclasses to override.
    fn _put(slf: &Bound<'_, Self>, item: &Bound<'_, PyAny>) -> PyResult<()> {
        open::store(slf.get().flavor, &Open::of(slf)?.items(slf.py())?, item)
    }

    /// Take out the next item. For subclasses to override.
    fn _get<'py>(slf: &Bound<'py, Self>) -> PyResult<Bound<'py, PyAny>> {
        open::take(slf.get().flavor, &Open::of(slf)?.items(slf.py())?)
    }

    /// Queue[int] and the like, for annotations.
    #[classmethod]
    fn __class_getitem__<'py>(
        cls: &Bound<'py, PyType>,
        item: &Bound<'py, PyAny>,
    ) -> PyResult<Bound<'py, PyAny>> {
        generic_alias(cls, item)
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        if !self.initialized.is_true() {
            return Ok(());
        }
        visit_items(&self.native, &visit)?;
        if let Some(callers) = self.callers.get() {
            visit_each(&visit, |each| callers.try_visit(each))?;
        }
        self.open.get().map_or(Ok(()), |open| open.traverse(visit))
    }

    fn __clear__(&self) {
        Python::attach(|py| {
            program::discard(py, self.native.close().items);
            if let Some(callers) = self.callers.get() {
                for side in [Side::Getters, Side::Putters, Side::Joiners] {
                    program::discard(py, callers.all(side));
                }
            }
            if let Some(open) = self.open.get() {
                open.clear(py);
            }
        });
    }
}

impl Drop for PyQueue {
    fn drop(&mut self) {
        // Nobody waits in what goes away. The items' finalizers may run.
        if !self.native.is_empty() {
            let items = self.native.close().items;
            Python::attach(|py| program::discard(py, items));
        }
    }
}
