//! Answering questions about the running program: switching it on and off.

use ironthread::observe::registry;
use ironthread::observe::serve;
use ironthread::wait::host::host;
use pyo3::prelude::*;

use crate::{possession, stack};

fn prepare(py: Python<'_>) -> PyResult<()> {
    stack::prepare(py)?;
    registry::announce();
    possession::prepare(py, host().thread_ident());
    Ok(())
}

/// Serve the process's socket from now on; return its path.
#[pyfunction]
pub(crate) fn serve_listen(py: Python<'_>) -> PyResult<String> {
    prepare(py)?;
    Ok(serve::listen()?.display().to_string())
}

/// Write a dump to standard error whenever this signal arrives, from now on.
#[pyfunction]
pub(crate) fn serve_dump_on(py: Python<'_>, signal: i32) -> PyResult<()> {
    prepare(py)?;
    Ok(serve::dump_on(signal)?)
}

/// End both, if they were asked for.
#[pyfunction]
pub(crate) fn serve_close() {
    serve::close();
}
