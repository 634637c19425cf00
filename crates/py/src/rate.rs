//! `RateLimit`.

use std::sync::Arc;

use ironthread::error::RateError;
use ironthread::exec::rate::{Pace, Rate, RateLimit};
use ironthread::wait::Kind;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::convert::{Count, Number, wait_deadline};
use crate::errors::Failure;
use crate::origin;

/// At most so many starts per second, and so many at once after a pause.
///
/// A token bucket: it holds burst tokens at first, each start takes one, and rate of them come back per
/// second, up to burst. So in any t seconds there are at most burst + rate * t starts. May be shared: given as
/// rate_limit to several pools, and used by acquire() beside them. Who gets a token is not promised: whoever
/// comes first when it is there.
#[pyclass(frozen, weakref, name = "RateLimit", module = "ironthread")]
pub(crate) struct PyRateLimit {
    limit: RateLimit,
    rate: f64,
    burst: u32,
}

impl PyRateLimit {
    pub(crate) fn pace(&self) -> Arc<dyn Pace> {
        Arc::<Rate>::clone(self.limit.rate())
    }
}

#[pymethods]
impl PyRateLimit {
    /// At most rate starts per second (any number from 1e-6 to 1e9), and burst (1 or more) at once.
    #[new]
    #[pyo3(signature = (rate, burst=Count(1)), text_signature = "(rate, burst=1)")]
    fn new(py: Python<'_>, rate: Number, burst: Count) -> PyResult<Self> {
        let (rate, burst) = (rate.0, burst.0);
        let bucket = Rate::new(rate, burst).map_err(|error| match error {
            RateError::PerSecond => PyValueError::new_err(format!(
                "rate must be a number of starts per second, from 1e-6 to 1e9, not {rate:?}"
            )),
            RateError::Burst => PyValueError::new_err("burst must be 1 or more"),
        })?;
        let limit = RateLimit::made_at(bucket, origin::here(py, Kind::Rate));
        Ok(Self { limit, rate, burst })
    }

    /// Wait for a token and take it; return whether there was one within timeout seconds (None: wait as
    /// long as it takes; 0 or less: do not wait).
    #[pyo3(signature = (timeout=None))]
    fn acquire(&self, timeout: Option<f64>) -> PyResult<bool> {
        let deadline = wait_deadline(timeout)?;
        Ok(self.limit.acquire(deadline).map_err(Failure::from)?)
    }

    /// How many starts per second.
    #[getter]
    fn rate(&self) -> f64 {
        self.rate
    }

    /// How many at once.
    #[getter]
    fn burst(&self) -> u32 {
        self.burst
    }

    fn __repr__(&self) -> String {
        format!("RateLimit({}, burst={})", self.rate, self.burst)
    }
}
