//! The Python binding of ironthread: the extension module `ironthread._core`.
//!
//! Every method converts its arguments, makes one call into the engine, and turns the answer into Python's.
//! Waiting, and letting the interpreter go meanwhile, is the engine's and its host's ([`host`]) business.
//!
//! The classes pose as the standard library's (`threading.Event`, `_thread.lock`), so that a program, a
//! log or a test that looks at names and representations sees what it always saw.

#![allow(clippy::doc_markdown, reason = "the classes' comments are Python docstrings")]

mod attached;
mod backlog;
mod barrier;
mod collector;
mod condition;
mod convert;
mod crew;
mod deadlock;
mod errors;
mod event;
mod families;
mod figures;
mod foreign;
mod future;
#[cfg(target_os = "linux")]
mod gil_words;
mod given;
mod host;
mod hot;
mod initialized;
mod job;
mod jobs;
mod lock;
mod made;
mod make;
mod meter;
mod names;
mod once;
mod order;
mod origin;
#[cfg(target_os = "linux")]
mod possession;
mod program;
mod queue;
mod quick;
mod rate;
mod reentrant;
mod represent;
mod rlock;
mod semaphore;
#[cfg(target_os = "linux")]
mod serve;
mod stack;
mod submit;
mod thread;
mod timeline;
mod timer;
mod watch;

use pyo3::prelude::*;

/// The native part of ironthread. Use it through `ironthread`, `ironthread.threading`, `ironthread.queue`.
#[pymodule(gil_used = false)]
mod _core {
    use super::{
        Bound, PyAnyMethods, PyModule, PyModuleMethods, PyResult, errors, host, made, names, quick,
    };
    #[pymodule_export]
    use super::{
        backlog::{PyBacklog, PyBacklogKey, PyPlace},
        barrier::PyBarrier,
        condition::PyCondition,
        crew::{PyCrew, PyHand},
        deadlock::{
            PyPoolWorkers, deadlock_mode, deadlock_words, set_deadlock_mode, set_tell_all_asleep,
            thread_is_over,
        },
        event::PyEvent,
        families::metric_families,
        future::PyFuture,
        job::PyJob,
        jobs::PyJobs,
        lock::PyLock,
        make::prepare_futures,
        meter::{PyPoolMeter, PyPoolTask, pool_meter},
        order::{lock_order_words, set_lock_order},
        queue::{PyLifoQueue, PyPriorityQueue, PyQueue, PySimpleQueue},
        queue::{queue_call_next, queue_enlist, queue_is_done, queue_leave, queue_withdraw},
        rate::PyRateLimit,
        reentrant::PyReentrant,
        rlock::PyRLock,
        semaphore::{PyBoundedSemaphore, PySemaphore},
        submit::prepare_pool,
        thread::{PyLife, start_event, start_os_thread},
        thread::{name_os_thread, thread_ended, thread_helps, thread_named, thread_waiting},
        timeline::{timeline_snapshot, timeline_start, timeline_stop},
        timer::{PyAgenda, PyKey, end_timer},
        watch::{watch_is_on, watch_snapshot, watch_start, watch_stop},
    };

    #[cfg(target_os = "linux")]
    #[pymodule_export]
    use super::serve::{serve_close, serve_conceal, serve_dump_on, serve_expose, serve_listen};

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        names::prepare(module.py());
        host::install(module.py())?;
        errors::prepare(module.py())?;
        quick::install(module.py())?;
        made::install(module.py());
        // The class poses as `_thread.lock`; here it goes by the name programs use.
        let lock = module.getattr("lock")?;
        module.delattr("lock")?;
        module.index()?.call_method1("remove", ("lock",))?;
        module.add("Lock", lock)
    }
}
