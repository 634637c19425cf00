//! Observation for `ironthread run`: switching it on and off, and what was seen.

use ironthread::observe::registry::{self, ThreadFacts, Waiting};
use ironthread::observe::{Tally, origin};
use ironthread::thread::ThreadId;
use ironthread::wait::{Kind, Origin, watch};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// Begin recording waits, and the source line of every primitive made from now on.
#[pyfunction]
pub(crate) fn watch_start(py: Python<'_>) -> PyResult<()> {
    crate::origin::prepare(py)?;
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

/// Return what was recorded: waits by line, threads, and the seconds since recording began.
#[pyfunction]
pub(crate) fn watch_snapshot(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let snapshot = PyDict::new(py);
    let waits = PyList::empty(py);
    for (kind, origin, tally) in watch::waits() {
        waits.append(wait_row(py, kind, origin, tally)?)?;
    }
    let threads = PyList::empty(py);
    for facts in registry::threads().into_iter().filter(|facts| !facts.helper) {
        threads.append(thread_row(py, &facts)?)?;
    }
    snapshot.set_item("waits", waits)?;
    snapshot.set_item("threads", threads)?;
    snapshot.set_item("elapsed", since_start(ironthread::wait::clock::now()))?;
    Ok(snapshot)
}

/// Nanoseconds as seconds.
#[expect(clippy::cast_precision_loss, reason = "a report needs microseconds, not all 64 bits")]
pub(crate) fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// Seconds from the begin of the recording to a moment of the engine's clock.
fn since_start(moment: u64) -> f64 {
    seconds(moment.saturating_sub(watch::since()))
}

fn tally_into(row: &Bound<'_, PyDict>, tally: Tally) -> PyResult<()> {
    row.set_item("count", tally.count)?;
    row.set_item("total", seconds(tally.total))?;
    row.set_item("longest", seconds(tally.longest))
}

fn wait_row(
    py: Python<'_>,
    kind: Kind,
    origin: Option<Origin>,
    tally: Tally,
) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("kind", kind.name())?;
    let made = origin.and_then(origin::line);
    row.set_item("objects", made.as_ref().map_or(0, |(_, objects)| *objects))?;
    row.set_item("origin", made.map(|(line, _)| (line.file.to_string(), line.number)))?;
    tally_into(&row, tally)?;
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
    row.set_item("cpu", facts.cpu.map(|cpu| cpu.as_secs_f64()))?;
    let waited = PyDict::new(py);
    for (kind, tally) in Kind::ALL.into_iter().zip(facts.waits) {
        if tally.count > 0 {
            let entry = PyDict::new(py);
            tally_into(&entry, tally)?;
            waited.set_item(kind.name(), entry)?;
        }
    }
    row.set_item("waited", waited)?;
    let waiting = facts.waiting.map(|waiting| waiting_row(py, waiting)).transpose()?;
    if let Some(waiting) = &waiting {
        waiting.set_item("holder", facts.holder.map(ThreadId::get))?;
    }
    row.set_item("waiting", waiting)?;
    Ok(row)
}

pub(crate) fn waiting_row(py: Python<'_>, waiting: Waiting) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("kind", waiting.site.kind().name())?;
    let made = waiting.site.origin().and_then(origin::line);
    row.set_item("origin", made.map(|(line, _)| (line.file.to_string(), line.number)))?;
    row.set_item("since", since_start(waiting.since))?;
    Ok(row)
}
