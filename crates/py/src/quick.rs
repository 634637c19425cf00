//! The quick steps: what the most-called methods do when nothing stands in their way (see `hot.rs`).

use std::sync::OnceLock;

use ironthread::observe::order;
use pyo3::prelude::*;

use crate::condition::PyCondition;
use crate::errors;
use crate::event::PyEvent;
use crate::future::PyFuture;
use crate::hot::{Alone, Answer, Hot, Original, WithItem, any, item, none, optional};
use crate::lock::PyLock;
use crate::queue::{PyQueue, PySimpleQueue};
use crate::rlock::PyRLock;
use crate::semaphore::{PyBoundedSemaphore, PySemaphore};

macro_rules! hot {
    ($name:ident, $class:ty, |$slf:ident| $quick:expr) => {
        hot!(@method $name, $class);

        impl Alone for $name {
            #[inline]
            fn quick($slf: Borrowed<'_, '_, $class>) -> Option<Answer> {
                $quick
            }
        }
    };
    ($name:ident, $class:ty, |$slf:ident, $item:ident| $quick:expr) => {
        hot!(@method $name, $class);

        impl WithItem for $name {
            #[inline]
            fn quick(
                $slf: Borrowed<'_, '_, $class>,
                $item: Borrowed<'_, '_, PyAny>,
            ) -> Option<Answer> {
                $quick
            }
        }
    };
    (@method $name:ident, $class:ty) => {
        struct $name;

        impl Hot for $name {
            type Class = $class;

            fn original() -> &'static OnceLock<Original> {
                static ORIGINAL: OnceLock<Original> = OnceLock::new();
                &ORIGINAL
            }
        }
    };
}

hot!(LockAcquire, PyLock, |slf| taken(|| slf.get().lock.try_acquire()));
hot!(LockEnter, PyLock, |slf| taken(|| slf.get().lock.try_enter()));
hot!(LockRelease, PyLock, |slf| done(slf.get().lock.release().is_ok()));
hot!(LockExit, PyLock, |slf| done(slf.get().lock.release().is_ok()));
hot!(LockLocked, PyLock, |slf| Some(Answer::Bool(slf.get().lock.is_locked())));

hot!(RLockAcquire, PyRLock, |slf| taken(|| slf.get().lock.try_acquire()));
hot!(RLockEnter, PyRLock, |slf| taken(|| slf.get().lock.try_acquire()));
hot!(RLockRelease, PyRLock, |slf| done(slf.get().lock.release().is_ok()));
hot!(RLockExit, PyRLock, |slf| done(slf.get().lock.release().is_ok()));

hot!(SemaphoreAcquire, PySemaphore, |slf| yes(slf.get().semaphore.try_acquire()));
hot!(SemaphoreEnter, PySemaphore, |slf| yes(slf.get().semaphore.try_acquire()));
hot!(SemaphoreRelease, PySemaphore, |slf| done(slf.get().semaphore.release(1, None).is_ok()));
// A subclass's release() is called where it has one.
hot!(SemaphoreExit, PySemaphore, |slf| done(
    slf.is_exact_instance_of::<PySemaphore>() && slf.get().semaphore.release(1, None).is_ok()
));
hot!(BoundedRelease, PyBoundedSemaphore, |slf| done(PyBoundedSemaphore::release_one(&slf)));
hot!(BoundedExit, PyBoundedSemaphore, |slf| done(
    slf.is_exact_instance_of::<PyBoundedSemaphore>() && PyBoundedSemaphore::release_one(&slf)
));

hot!(EventIsSet, PyEvent, |slf| Some(Answer::Bool(slf.get().event.is_set())));
hot!(EventSet, PyEvent, |slf| done(slf.get().set_quickly()));
hot!(EventClear, PyEvent, |slf| {
    slf.get().event.clear();
    Some(Answer::None)
});
hot!(EventWait, PyEvent, |slf| yes(slf.get().event.is_set()));

hot!(ConditionAcquire, PyCondition, |slf| taken(|| slf.get().try_acquire()));
hot!(ConditionEnter, PyCondition, |slf| taken(|| slf.get().try_enter()));
hot!(ConditionRelease, PyCondition, |slf| done(slf.get().try_release()));
hot!(ConditionExit, PyCondition, |slf| done(slf.get().try_release()));
hot!(ConditionNotify, PyCondition, |slf| done(slf.get().try_notify(1)));
hot!(ConditionNotifyAll, PyCondition, |slf| done(slf.get().try_notify(usize::MAX)));

hot!(QueuePut, PyQueue, |slf, item| done(slf.get().try_put(item)));
hot!(QueueGet, PyQueue, |slf| slf.get().try_get().map(Answer::Object));
// A subclass's put() or get() is called where it has one.
hot!(QueuePutNowait, PyQueue, |slf, item| done(is_plain(slf) && slf.get().try_put(item)));
hot!(QueueGetNowait, PyQueue, |slf| {
    if is_plain(slf) { slf.get().try_get().map(Answer::Object) } else { None }
});
hot!(QueueTaskDone, PyQueue, |slf| done(slf.get().try_task_done()));
hot!(QueueSize, PyQueue, |slf| slf.get().native_len().map(Answer::Number));
hot!(QueueEmpty, PyQueue, |slf| slf.get().native_len().map(|len| Answer::Bool(len == 0)));

hot!(SimplePut, PySimpleQueue, |slf, item| done(slf.get().try_put(item)));
hot!(SimpleGet, PySimpleQueue, |slf| simple_get(slf.get()));
hot!(SimplePutNowait, PySimpleQueue, |slf, item| done(slf.get().try_put(item)));
hot!(SimpleGetNowait, PySimpleQueue, |slf| {
    simple_get(slf.get()).or_else(|| errors::empty().map(Answer::Raise))
});
hot!(SimpleSize, PySimpleQueue, |slf| Some(Answer::Number(slf.get().queue.len())));
hot!(SimpleEmpty, PySimpleQueue, |slf| Some(Answer::Bool(slf.get().queue.is_empty())));

hot!(FutureResult, PyFuture, |slf| slf.get().result_if_there(slf.py()).map(Answer::Object));
hot!(FutureDone, PyFuture, |slf| Some(Answer::Bool(slf.get().is_done())));
hot!(FutureSetResult, PyFuture, |slf, result| done(slf.get().set_result_quickly(result)));

/// A lock that is taken if it is free. Where the order of locks is looked at that is no quick step: it asks the
/// interpreter for the stack, and may tell of what it found.
#[inline]
fn taken(take: impl FnOnce() -> bool) -> Option<Answer> {
    yes(!order::is_on() && take())
}

/// The answer of a method that says whether it did it.
#[inline]
fn yes(done: bool) -> Option<Answer> {
    done.then_some(Answer::Bool(true))
}

/// The answer of a method that returns nothing.
#[inline]
fn done(done: bool) -> Option<Answer> {
    done.then_some(Answer::None)
}

/// Whether no class of the program's can have methods of its own.
#[inline]
fn is_plain(queue: Borrowed<'_, '_, PyQueue>) -> bool {
    queue.is_exact_instance_of::<PyQueue>()
}

/// The next item. First in, first out, and never shut down: if there is none the queue is empty.
#[inline]
fn simple_get(queue: &PySimpleQueue) -> Option<Answer> {
    queue.queue.try_get(|| true).map(Answer::Object)
}

/// Puts the quick steps in front of the methods of their classes.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    locks(py)?;
    others(py)?;
    queues(py)?;
    futures(py)
}

fn futures(py: Python<'_>) -> PyResult<()> {
    optional::<FutureResult>(py, "result")?;
    none::<FutureDone>(py, "done")?;
    item::<FutureSetResult>(py, "set_result")
}

fn locks(py: Python<'_>) -> PyResult<()> {
    optional::<LockAcquire>(py, "acquire")?;
    none::<LockEnter>(py, "__enter__")?;
    none::<LockRelease>(py, "release")?;
    any::<LockExit>(py, "__exit__")?;
    none::<LockLocked>(py, "locked")?;
    optional::<RLockAcquire>(py, "acquire")?;
    none::<RLockEnter>(py, "__enter__")?;
    none::<RLockRelease>(py, "release")?;
    any::<RLockExit>(py, "__exit__")
}

fn others(py: Python<'_>) -> PyResult<()> {
    optional::<SemaphoreAcquire>(py, "acquire")?;
    none::<SemaphoreEnter>(py, "__enter__")?;
    optional::<SemaphoreRelease>(py, "release")?;
    any::<SemaphoreExit>(py, "__exit__")?;
    optional::<BoundedRelease>(py, "release")?;
    any::<BoundedExit>(py, "__exit__")?;
    none::<EventIsSet>(py, "is_set")?;
    none::<EventSet>(py, "set")?;
    none::<EventClear>(py, "clear")?;
    optional::<EventWait>(py, "wait")?;
    optional::<ConditionAcquire>(py, "acquire")?;
    none::<ConditionEnter>(py, "__enter__")?;
    none::<ConditionRelease>(py, "release")?;
    any::<ConditionExit>(py, "__exit__")?;
    optional::<ConditionNotify>(py, "notify")?;
    none::<ConditionNotifyAll>(py, "notify_all")
}

fn queues(py: Python<'_>) -> PyResult<()> {
    item::<QueuePut>(py, "put")?;
    optional::<QueueGet>(py, "get")?;
    item::<QueuePutNowait>(py, "put_nowait")?;
    none::<QueueGetNowait>(py, "get_nowait")?;
    none::<QueueTaskDone>(py, "task_done")?;
    none::<QueueSize>(py, "qsize")?;
    none::<QueueEmpty>(py, "empty")?;
    item::<SimplePut>(py, "put")?;
    optional::<SimpleGet>(py, "get")?;
    item::<SimplePutNowait>(py, "put_nowait")?;
    none::<SimpleGetNowait>(py, "get_nowait")?;
    none::<SimpleSize>(py, "qsize")?;
    none::<SimpleEmpty>(py, "empty")
}
