//! What pools tell of their calls, while the program is watched.

use std::sync::Arc;

use ironthread::observe::metrics::{PoolMeter, Task};
use ironthread::wait::watch;
use pyo3::prelude::*;

use crate::origin;

/// What one pool tells of its calls.
#[pyclass(frozen, name = "PoolMeter", module = "ironthread._core")]
pub(crate) struct PyPoolMeter(Arc<PoolMeter>);

/// A call of a watched pool. Dropped before its begin it was cancelled.
#[pyclass(frozen, name = "PoolTask", module = "ironthread._core")]
pub(crate) struct PyPoolTask(Task);

/// Return what a pool of this name, made by the line that runs now, is to tell of its calls; None when nobody
/// wants to know.
#[pyfunction]
pub(crate) fn pool_meter(py: Python<'_>, name: &str, workers: u64) -> Option<PyPoolMeter> {
    watch::is_on()
        .then(|| PyPoolMeter(Arc::new(PoolMeter::new(origin::program_line(py), name, workers))))
}

#[pymethods]
impl PyPoolMeter {
    /// Note that a call has come in.
    fn submit(&self) -> PyPoolTask {
        PyPoolTask(self.0.submit())
    }
}

#[pymethods]
impl PyPoolTask {
    /// Note that the calling thread begins the call: a worker, or else who submitted it.
    #[pyo3(signature = (by_worker=true))]
    pub(crate) fn begin(&self, by_worker: bool) {
        self.0.begin(by_worker);
    }

    /// Note that the calling thread has ended the call that it began, in the same role; whether it raised.
    #[pyo3(signature = (failed, by_worker=true))]
    pub(crate) fn end(&self, failed: bool, by_worker: bool) {
        self.0.end(failed, by_worker);
    }
}
