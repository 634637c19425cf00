//! The quick steps of queues: on a native queue, where no coroutine waits and no thread has to.

use pyo3::prelude::*;

use super::class::PyQueue;
use super::simple::PySimpleQueue;

impl PyQueue {
    /// Whether nobody but threads waits for the queue.
    #[inline]
    fn is_alone(&self) -> bool {
        self.callers.get().is_none()
    }

    /// Puts an item into the native queue, if that is all there is to do.
    #[inline]
    pub(crate) fn try_put(&self, item: Borrowed<'_, '_, PyAny>) -> bool {
        match self.native.try_put(item.to_owned().unbind(), || self.is_alone()) {
            Ok(()) => true,
            Err(refused) => {
                give_back(item.py(), refused);
                false
            }
        }
    }

    /// Takes an item out of the native queue, if that is all there is to do.
    #[inline]
    pub(crate) fn try_get(&self) -> Option<Py<PyAny>> {
        self.native.try_get(|| self.is_alone())
    }

    /// Marks an item of the native queue as done, if that is all there is to do.
    #[inline]
    pub(crate) fn try_task_done(&self) -> bool {
        self.native.try_task_done(|| self.is_alone())
    }

    /// How many items are inside; `None` when the queue is open, where its own methods may have to be asked.
    #[inline]
    pub(crate) fn native_len(&self) -> Option<usize> {
        // In this order: a native queue that is being opened is empty.
        let len = self.native.len();
        self.open.get().is_none().then_some(len)
    }
}

impl PySimpleQueue {
    /// Puts an item. An unbounded queue that is never shut down takes everything.
    #[inline]
    pub(crate) fn try_put(&self, item: Borrowed<'_, '_, PyAny>) -> bool {
        match self.queue.try_put(item.to_owned().unbind(), || true) {
            Ok(()) => true,
            Err(refused) => {
                give_back(item.py(), refused);
                false
            }
        }
    }
}

/// Lets go of an item that the caller has a reference to, so that this is not the last one: by `Bound`, which does
/// not ask whether the thread is attached by PyO3's own account. A C function's is not.
#[cold]
fn give_back(py: Python<'_>, item: Py<PyAny>) {
    drop(item.into_bound(py));
}
