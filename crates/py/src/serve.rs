//! Answering questions about the running program, and serving metrics: switching it on and off.

use std::io;
use std::net::{IpAddr, SocketAddr};

use ironthread::observe::registry;
use ironthread::observe::serve;
use ironthread::wait::host::host;
use pyo3::exceptions::{PyOSError, PyValueError};
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

/// Serve metrics over HTTP at this numeric address and port from now on; return the port.
#[pyfunction]
pub(crate) fn serve_expose(address: &str, port: u16) -> PyResult<u16> {
    let address: IpAddr = address
        .parse()
        .map_err(|_| PyValueError::new_err(format!("{address:?} is no numeric address")))?;
    let address = serve::expose(SocketAddr::new(address, port)).map_err(os_error)?;
    Ok(address.port())
}

/// Serve metrics no more.
#[pyfunction]
pub(crate) fn serve_conceal() {
    serve::conceal();
}

/// The system's error, with its number: Python chooses the class by that.
fn os_error(error: io::Error) -> PyErr {
    match error.raw_os_error() {
        Some(number) => PyOSError::new_err((number, error.to_string())),
        None => error.into(),
    }
}
