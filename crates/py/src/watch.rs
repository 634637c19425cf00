//! Observation for `ironthread run`: switching it on and off, and what was seen.

use ironthread::observe::metrics::{self, WaitFacts};
use ironthread::observe::origin;
use ironthread::observe::registry::{self, ThreadFacts, Waiting};
use ironthread::thread::ThreadId;
use ironthread::wait::{Origin, watch};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::figures::{self, origin_into, spread_into, tally_into, waits_by_kind};

/// Begin recording waits, and the source line of every primitive made from now on.
#[pyfunction]
pub(crate) fn watch_start(py: Python<'_>) -> PyResult<()> {
    crate::origin::prepare(py)?;
    #[cfg(target_os = "linux")]
    crate::gil_words::prepare(py);
    watch::start();
    Ok(())
}

/// Stop recording; what was recorded stays.
#[pyfunction]
pub(crate) fn watch_stop() {
    watch::stop();
}

/// Return whether waits are recorded.
#[pyfunction]
pub(crate) fn watch_is_on() -> bool {
    watch::is_on()
}

/// Return what was recorded: waits, locks and queues by line, pools, threads, and the seconds since recording began.
#[pyfunction]
pub(crate) fn watch_snapshot(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let snapshot = PyDict::new(py);
    let waits = PyList::empty(py);
    for facts in metrics::waits() {
        waits.append(wait_row(py, facts)?)?;
    }
    let threads = PyList::empty(py);
    for facts in registry::threads().into_iter().filter(|facts| !facts.helper) {
        threads.append(thread_row(py, &facts)?)?;
    }
    snapshot.set_item("waits", waits)?;
    snapshot.set_item("locks", figures::locks(py)?)?;
    snapshot.set_item("queues", figures::queues(py)?)?;
    snapshot.set_item("pools", figures::pools(py)?)?;
    snapshot.set_item("threads", threads)?;
    snapshot.set_item("ended", figures::ended(py)?)?;
    snapshot.set_item("gil", figures::interpreter(py)?)?;
    snapshot.set_item("processors", figures::processors(py)?)?;
    snapshot.set_item("elapsed", since_start(ironthread::wait::clock::now()))?;
    Ok(snapshot)
}

/// Nanoseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "a report needs microseconds, not all 64 bits")]
pub(crate) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// Seconds from the begin of the recording to a moment of the engine's clock.
pub(crate) fn since_start(moment: u64) -> f64 {
    seconds(moment.saturating_sub(watch::since()))
}

fn wait_row(py: Python<'_>, facts: WaitFacts) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("kind", facts.kind.name())?;
    origin_into(&row, facts.origin)?;
    tally_into(&row, facts.tally)?;
    spread_into(&row, facts.spread)?;
    row.set_item("occupied", seconds(facts.occupied))?;
    Ok(row)
}

fn thread_row<'py>(py: Python<'py>, facts: &ThreadFacts) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("id", facts.id.get())?;
    row.set_item("ident", facts.ident)?;
    row.set_item("native_id", facts.native_id)?;
    row.set_item("name", facts.name.as_deref())?;
    row.set_item("alive", facts.ended.is_none())?;
    row.set_item("started", since_start(facts.started))?;
    row.set_item("ended", facts.ended.map(since_start))?;
    row.set_item("origin", line_of(facts.origin))?;
    row.set_item("cpu", facts.cpu.map(|cpu| cpu.as_secs_f64()))?;
    row.set_item("waited", waits_by_kind(py, &facts.waits, &facts.attaching)?)?;
    row.set_item("gil_held", seconds(facts.sampled.holding))?;
    row.set_item("gil_waited", seconds(facts.sampled.waiting))?;
    row.set_item("accepting", seconds(facts.sampled.accepting))?;
    row.set_item("overtaken", facts.overtaken)?;
    let waiting = facts.waiting.map(|waiting| waiting_row(py, waiting)).transpose()?;
    if let Some(waiting) = &waiting {
        waiting.set_item("holder", facts.holder.map(ThreadId::get))?;
    }
    row.set_item("waiting", waiting)?;
    Ok(row)
}

fn line_of(origin: Option<Origin>) -> Option<(String, u32)> {
    origin.and_then(origin::line).map(|(line, _)| (line.file.to_string(), line.number))
}

pub(crate) fn waiting_row(py: Python<'_>, waiting: Waiting) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("kind", waiting.site.kind().name())?;
    row.set_item("origin", line_of(waiting.site.origin()))?;
    row.set_item("since", since_start(waiting.since))?;
    Ok(row)
}
