//! An open queue: the items in a Python object, under a lock and conditions that the program can reach.
//!
//! The algorithm is the one that the standard library documents by its attributes: every method holds
//! `mutex`; `not_empty`, `not_full` and `all_tasks_done` are conditions over it; the items are stored and
//! taken by `_put` and `_get`, a subclass's own if it has them.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicIsize, Ordering::Relaxed};

use ironthread::error::WaitError;
use ironthread::observe::metrics::flow;
use ironthread::queue::{Guarded, Guarding};
use ironthread::sync::{Condition, Lock};
use ironthread::wait::{Deadline, Kind, watch};
use pyo3::exceptions::PyAttributeError;
use pyo3::gc::{PyTraverseError, PyVisit};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyType};

use super::class::PyQueue;
use super::heap::list as heap;
use super::items::Flavor;
use crate::attached::WhileAttached;
use crate::condition::PyCondition;
use crate::errors::Failure;
use crate::lock::PyLock;
use crate::{names, once, program};

/// See the module's description. `unfinished` and `shut_down` change with `mutex` held, as the standard
/// library's attributes do; that lock orders them.
pub(super) struct Open {
    pub(super) mutex: Py<PyLock>,
    pub(super) not_empty: Py<PyCondition>,
    pub(super) not_full: Py<PyCondition>,
    pub(super) all_tasks_done: Py<PyCondition>,
    /// The attribute `queue`. Held only to copy the reference.
    items: Slot,
    unfinished: AtomicIsize,
    shut_down: AtomicBool,
    /// Whether the class, or this object, has its own ways to store items.
    customized: AtomicBool,
}

type Slot = <WhileAttached as Guarding>::Guarded<Option<Py<PyAny>>>;

/// The calling thread has acquired `mutex`.
struct Held<'a>(&'a Lock);

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // The program may have released it: the lock is in its hands as well.
        let _ = self.0.release();
    }
}

/// A new object to hold items.
pub(super) fn new_items(py: Python<'_>, flavor: Flavor) -> PyResult<Bound<'_, PyAny>> {
    static DEQUE: OnceLock<Py<PyType>> = OnceLock::new();
    let load = || -> PyResult<_> {
        Ok(py.import("collections")?.getattr("deque")?.cast_into::<PyType>()?.unbind())
    };
    match flavor {
        Flavor::Fifo => program::call(once::filled(&DEQUE, load)?.bind(py), &[]),
        Flavor::Lifo | Flavor::Priority => Ok(PyList::empty(py).into_any()),
    }
}

/// Stores an item in the flavor's way.
pub(super) fn store(
    flavor: Flavor,
    items: &Bound<'_, PyAny>,
    item: &Bound<'_, PyAny>,
) -> PyResult<()> {
    match flavor {
        Flavor::Fifo | Flavor::Lifo => {
            program::call_method(items, names::append(items.py()), &[item]).map(drop)
        }
        Flavor::Priority => heap::push(items.cast()?, item),
    }
}

/// Takes out the next item in the flavor's way.
pub(super) fn take<'py>(flavor: Flavor, items: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    let py = items.py();
    match flavor {
        Flavor::Fifo => program::call_method(items, names::popleft(py), &[]),
        Flavor::Lifo => program::call_method(items, names::pop(py), &[]),
        Flavor::Priority => heap::pop(items.cast()?),
    }
}

impl Open {
    /// Opens the queue if it is not open yet.
    pub(super) fn of<'a>(queue: &'a Bound<'_, PyQueue>) -> PyResult<&'a Self> {
        let (py, this) = (queue.py(), queue.get());
        if let Some(open) = this.open.get() {
            return Ok(open);
        }
        let fresh = Self::fresh(queue)?;
        let mutex = fresh.mutex.clone_ref(py);
        // Whoever finds the new state must wait until the items have moved.
        mutex.get().lock.acquire(Deadline::NEVER).map_err(Failure::from)?;
        let held = Held(&mutex.get().lock);
        let open = this.open.get_or_init(|| fresh);
        if open.mutex.is(&mutex) {
            open.move_in(queue)?;
        } else {
            // Another thread was first; it may still be moving.
            drop(open.hold(py)?);
        }
        drop(held);
        Ok(open)
    }

    fn fresh(queue: &Bound<'_, PyQueue>) -> PyResult<Self> {
        let py = queue.py();
        // Waits go under the queue's name, as those of a native queue do.
        let origin = queue.get().origin;
        let mutex = Py::new(py, PyLock { lock: Lock::made_at(origin) })?;
        let condition = |kind| {
            let condition = Condition::part_of(kind, origin);
            PyCondition::over_lock(py, condition, mutex.clone_ref(py))
        };
        Ok(Self {
            not_empty: condition(Kind::QueueGet)?,
            not_full: condition(Kind::QueuePut)?,
            all_tasks_done: condition(Kind::QueueJoin)?,
            items: Guarded::new(Some(new_items(py, queue.get().flavor)?.unbind())),
            unfinished: AtomicIsize::new(0),
            shut_down: AtomicBool::new(false),
            customized: AtomicBool::new(PyQueue::is_customized(queue)?),
            mutex,
        })
    }

    /// Takes over what the native queue holds; whoever waits there wakes and comes here.
    fn move_in(&self, queue: &Bound<'_, PyQueue>) -> PyResult<()> {
        let py = queue.py();
        let contents = queue.get().native.close();
        self.unfinished.store(contents.unfinished.cast_signed(), Relaxed);
        self.shut_down.store(contents.shut_down, Relaxed);
        let items = self.items(py)?;
        let entering = PyList::new(py, contents.items)?;
        program::call_method(&items, names::extend(py), &[&entering]).map(drop)
    }

    fn hold(&self, _py: Python<'_>) -> PyResult<Held<'_>> {
        let lock = &self.mutex.get().lock;
        // As a block holds it: a comparison that comes back to the queue waits for its own thread, and is told so.
        lock.enter().map_err(Failure::from)?;
        Ok(Held(lock))
    }

    /// Waits on one of the conditions; `mutex` is held before and after.
    fn wait(&self, condition: &Py<PyCondition>, deadline: Deadline) -> PyResult<bool> {
        let waited = condition.get().condition.wait(&self.mutex.get().lock, deadline);
        Ok(waited.map_err(|error| match error {
            WaitError::NotHeld => Failure::WaitUnacquired,
            WaitError::Interrupted => Failure::Interrupted,
        })?)
    }

    fn notify(&self, condition: &Py<PyCondition>, count: usize) -> PyResult<()> {
        let notified = condition.get().condition.notify(&self.mutex.get().lock, count);
        Ok(notified.map_err(|_| Failure::NotifyUnacquired)?)
    }

    pub(super) fn put(
        &self,
        queue: &Bound<'_, PyQueue>,
        item: &Bound<'_, PyAny>,
        deadline: Deadline,
    ) -> PyResult<()> {
        let _held = self.hold(queue.py())?;
        self.check_open_for_puts()?;
        while self.is_full(queue)? {
            if deadline.is_past() {
                return Err(Failure::QueueFull.into());
            }
            self.wait(&self.not_full, deadline)?;
            self.check_open_for_puts()?;
        }
        self.store(queue, item)?;
        self.unfinished.fetch_add(1, Relaxed);
        if watch::is_on() {
            self.note_put(queue)?;
        }
        self.notify(&self.not_empty, 1)
    }

    /// Methods of the program's own are called as often as ever: without them the depth is known to `get`.
    #[cold]
    fn note_put(&self, queue: &Bound<'_, PyQueue>) -> PyResult<()> {
        let plain = !self.customized.load(Relaxed);
        let inside = plain.then(|| self.size(queue)).transpose()?;
        flow::put(queue.get().origin, inside);
        Ok(())
    }

    pub(super) fn get<'py>(
        &self,
        queue: &Bound<'py, PyQueue>,
        deadline: Deadline,
    ) -> PyResult<Bound<'py, PyAny>> {
        let _held = self.hold(queue.py())?;
        let inside = loop {
            let inside = self.size(queue)?;
            if inside > 0 {
                break inside;
            }
            if self.is_shut_down() {
                return Err(Failure::QueueShutDown.into());
            }
            if deadline.is_past() {
                return Err(Failure::QueueEmpty.into());
            }
            self.wait(&self.not_empty, deadline)?;
        };
        let item = self.take(queue)?;
        if watch::is_on() {
            let unknown = self.customized.load(Relaxed);
            flow::get(queue.get().origin, unknown.then_some(inside));
        }
        self.notify(&self.not_full, 1)?;
        Ok(item)
    }

    pub(super) fn task_done(&self, py: Python<'_>) -> PyResult<()> {
        let _held = self.hold(py)?;
        let left = self.unfinished.load(Relaxed) - 1;
        if left < 0 {
            return Err(Failure::TooManyDone.into());
        }
        if left == 0 {
            self.notify(&self.all_tasks_done, usize::MAX)?;
        }
        self.unfinished.store(left, Relaxed);
        Ok(())
    }

    pub(super) fn join(&self, py: Python<'_>) -> PyResult<()> {
        let _held = self.hold(py)?;
        while self.unfinished() != 0 {
            self.wait(&self.all_tasks_done, Deadline::NEVER)?;
        }
        Ok(())
    }

    pub(super) fn shut_down(&self, queue: &Bound<'_, PyQueue>, immediate: bool) -> PyResult<()> {
        let _held = self.hold(queue.py())?;
        self.shut_down.store(true, Relaxed);
        if immediate {
            while self.size(queue)? > 0 {
                self.take(queue)?;
                self.unfinished.store((self.unfinished.load(Relaxed) - 1).max(0), Relaxed);
            }
            self.notify(&self.all_tasks_done, usize::MAX)?;
        }
        self.notify(&self.not_empty, usize::MAX)?;
        self.notify(&self.not_full, usize::MAX)
    }

    pub(super) fn size_locked(&self, queue: &Bound<'_, PyQueue>) -> PyResult<usize> {
        let _held = self.hold(queue.py())?;
        self.size(queue)
    }

    fn check_open_for_puts(&self) -> PyResult<()> {
        if self.is_shut_down() { Err(Failure::QueueShutDown.into()) } else { Ok(()) }
    }

    fn is_full(&self, queue: &Bound<'_, PyQueue>) -> PyResult<bool> {
        let limit = usize::try_from(queue.get().native.maxsize()).unwrap_or(0);
        Ok(limit > 0 && self.size(queue)? >= limit)
    }

    fn size(&self, queue: &Bound<'_, PyQueue>) -> PyResult<usize> {
        if self.customized.load(Relaxed) {
            program::call_method(queue, names::qsize_hook(queue.py()), &[])?.extract()
        } else {
            program::len(&self.items(queue.py())?)
        }
    }

    fn store(&self, queue: &Bound<'_, PyQueue>, item: &Bound<'_, PyAny>) -> PyResult<()> {
        if self.customized.load(Relaxed) {
            program::call_method(queue, names::put_hook(queue.py()), &[item]).map(drop)
        } else {
            store(queue.get().flavor, &self.items(queue.py())?, item)
        }
    }

    fn take<'py>(&self, queue: &Bound<'py, PyQueue>) -> PyResult<Bound<'py, PyAny>> {
        if self.customized.load(Relaxed) {
            program::call_method(queue, names::get_hook(queue.py()), &[])
        } else {
            take(queue.get().flavor, &self.items(queue.py())?)
        }
    }

    /// From now on the object's own methods store items.
    pub(super) fn customize(&self) {
        self.customized.store(true, Relaxed);
    }

    pub(super) fn items<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let items = self.items.hold().as_ref().map(|items| items.clone_ref(py).into_bound(py));
        items.ok_or_else(|| PyAttributeError::new_err("queue"))
    }

    pub(super) fn set_items(&self, items: &Bound<'_, PyAny>) {
        // The old object is dropped after the slot is let go: dropping may run any code.
        let old = self.items.hold().replace(items.clone().unbind());
        program::discard(items.py(), old);
    }

    pub(super) fn unfinished(&self) -> isize {
        self.unfinished.load(Relaxed)
    }

    pub(super) fn unfinished_locked(&self, py: Python<'_>) -> PyResult<isize> {
        let _held = self.hold(py)?;
        Ok(self.unfinished())
    }

    pub(super) fn set_unfinished(&self, count: isize) {
        self.unfinished.store(count, Relaxed);
    }

    pub(super) fn is_shut_down(&self) -> bool {
        self.shut_down.load(Relaxed)
    }

    pub(super) fn set_shut_down(&self, shut_down: bool) {
        self.shut_down.store(shut_down, Relaxed);
    }

    pub(super) fn traverse(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.mutex)?;
        for condition in [&self.not_empty, &self.not_full, &self.all_tasks_done] {
            visit.call(condition)?;
        }
        // Only a thread that is copying the reference has it locked, and then the queue is in use.
        match self.items.try_hold() {
            Some(items) => visit.call(items.as_ref()),
            None => Ok(()),
        }
    }

    pub(super) fn clear(&self, py: Python<'_>) {
        let old = self.items.hold().take();
        program::discard(py, old);
    }
}
