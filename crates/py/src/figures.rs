//! What was counted and measured, as rows for the report.

use ironthread::observe::metrics::{
    self, Blocker, LockFacts, PoolFacts, QueueFacts, Spread, Taker,
};
use ironthread::observe::{Tally, origin};
use ironthread::thread::ThreadId;
use ironthread::wait::{Kind, Origin};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use crate::watch::seconds;

/// Number, sum and maximum of times.
pub(crate) fn tally_into(row: &Bound<'_, PyDict>, tally: Tally) -> PyResult<()> {
    row.set_item("count", tally.count)?;
    row.set_item("total", seconds(tally.total))?;
    row.set_item("longest", seconds(tally.longest))
}

/// The percentiles of times.
pub(crate) fn spread_into(row: &Bound<'_, PyDict>, spread: Spread) -> PyResult<()> {
    row.set_item("p50", seconds(spread.p50))?;
    row.set_item("p95", seconds(spread.p95))?;
    row.set_item("p99", seconds(spread.p99))
}

/// The line that made something, and how many objects it made.
pub(crate) fn origin_into(row: &Bound<'_, PyDict>, origin: Option<Origin>) -> PyResult<()> {
    let made = origin.and_then(origin::line);
    row.set_item("objects", made.as_ref().map_or(0, |(_, objects)| *objects))?;
    row.set_item("origin", made.map(|(line, _)| (line.file.to_string(), line.number)))
}

/// Waits by kind, of a thread or of several.
pub(crate) fn waits_by_kind<'py>(
    py: Python<'py>,
    waits: &[Tally; Kind::ALL.len()],
    attaching: &[u64; Kind::ALL.len()],
) -> PyResult<Bound<'py, PyDict>> {
    let waited = PyDict::new(py);
    for kind in Kind::ALL {
        let tally = waits[kind.index()];
        if tally.count > 0 {
            let entry = PyDict::new(py);
            tally_into(&entry, tally)?;
            entry.set_item("gil", seconds(attaching[kind.index()]))?;
            waited.set_item(kind.name(), entry)?;
        }
    }
    Ok(waited)
}

/// The threads that have ended and are not told one by one.
pub(crate) fn ended(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let facts = metrics::ended();
    let row = PyDict::new(py);
    row.set_item("count", facts.count)?;
    row.set_item("peak", facts.peak)?;
    row.set_item("lived", seconds(facts.lived))?;
    row.set_item("cpu", facts.cpu.as_secs_f64())?;
    row.set_item("waited", waits_by_kind(py, &facts.waits, &facts.attaching)?)?;
    row.set_item("gil_waited", seconds(facts.sampled_waiting))?;
    row.set_item("overtaken", facts.overtaken)?;
    Ok(row)
}

/// How the interpreter's lock was used; none where it was not looked at.
pub(crate) fn interpreter(py: Python<'_>) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(facts) = metrics::interpreter() else { return Ok(None) };
    let row = PyDict::new(py);
    row.set_item("looks", facts.looks)?;
    row.set_item("observed", seconds(facts.observed))?;
    row.set_item("held", seconds(facts.held))?;
    row.set_item("contended", seconds(facts.contended))?;
    row.set_item("waited", seconds(facts.waited))?;
    row.set_item("blocked", seconds(facts.blocked))?;
    row.set_item("handed", seconds(facts.handed))?;
    row.set_item("told", seconds(facts.told))?;
    // Below zero by chance only.
    row.set_item("taken", seconds(u64::try_from(facts.taken).unwrap_or_default()))?;
    row.set_item("computed", seconds(facts.computed))?;
    row.set_item("stalled", seconds(facts.stalled))?;
    row.set_item("away", seconds(facts.away))?;
    Ok(Some(row))
}

/// How many threads wanted a processor; none where it was not looked at.
pub(crate) fn processors(py: Python<'_>) -> PyResult<Option<Bound<'_, PyDict>>> {
    let Some(facts) = metrics::processors() else { return Ok(None) };
    let row = PyDict::new(py);
    row.set_item("available", facts.available)?;
    row.set_item("observed", seconds(facts.observed))?;
    row.set_item("crowded", seconds(facts.crowded))?;
    row.set_item("stretched", seconds(facts.stretched))?;
    row.set_item("runnable", seconds(facts.runnable))?;
    Ok(Some(row))
}

fn times(py: Python<'_>, tally: Tally, spread: Spread) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    tally_into(&row, tally)?;
    spread_into(&row, spread)?;
    Ok(row)
}

/// The locks and semaphores.
pub(crate) fn locks(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    list(py, metrics::locks(), lock_row)
}

fn lock_row(py: Python<'_>, facts: LockFacts) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("kind", facts.kind.name())?;
    origin_into(&row, facts.origin)?;
    row.set_item("acquired", facts.acquired)?;
    row.set_item("contended", facts.contended)?;
    row.set_item("held", times(py, facts.holds, facts.spread)?)?;
    row.set_item("blockers", list(py, facts.blockers, blocker_row)?)?;
    Ok(row)
}

fn blocker_row(py: Python<'_>, blocker: Blocker) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("thread", blocker.thread.map(ThreadId::get))?;
    tally_into(&row, blocker.waits)?;
    Ok(row)
}

/// The queues.
pub(crate) fn queues(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    list(py, metrics::queues(), queue_row)
}

fn queue_row(py: Python<'_>, facts: QueueFacts) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    origin_into(&row, facts.origin)?;
    row.set_item("puts", facts.puts)?;
    row.set_item("gets", facts.gets)?;
    row.set_item("deepest", facts.deepest)?;
    row.set_item("typical", facts.depth.p50)?;
    row.set_item("full", seconds(facts.full))?;
    row.set_item("empty", seconds(facts.empty))?;
    row.set_item("takers", list(py, facts.takers, taker_row)?)?;
    Ok(row)
}

fn taker_row(py: Python<'_>, taker: Taker) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    row.set_item("thread", taker.thread.map(ThreadId::get))?;
    row.set_item("items", taker.items)?;
    Ok(row)
}

/// The pools.
pub(crate) fn pools(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    list(py, metrics::pools(), pool_row)
}

fn pool_row(py: Python<'_>, facts: PoolFacts) -> PyResult<Bound<'_, PyDict>> {
    let row = PyDict::new(py);
    let (depths, saturation) = (facts.depths.tally(), facts.saturation);
    let active = facts.first.map_or(0, |first| facts.last.saturating_sub(first));
    row.set_item("name", facts.name)?;
    row.set_item("origin", facts.line.map(|line| (line.file.to_string(), line.number)))?;
    row.set_item("pools", facts.pools)?;
    row.set_item("workers", facts.workers)?;
    row.set_item("submitted", facts.submitted)?;
    row.set_item("failed", facts.failed)?;
    row.set_item("cancelled", facts.cancelled)?;
    row.set_item("deepest", depths.longest)?;
    row.set_item("typical", facts.depths.spread().p50)?;
    row.set_item("queued", times(py, facts.waits.tally(), facts.waits.spread())?)?;
    row.set_item("ran", times(py, facts.runs.tally(), facts.runs.spread())?)?;
    row.set_item("busy", seconds(facts.busy))?;
    row.set_item("capacity", seconds(facts.capacity))?;
    row.set_item("active", seconds(active))?;
    row.set_item("saturated", seconds(saturation.total))?;
    row.set_item("saturated_longest", seconds(saturation.longest))?;
    row.set_item("saturated_waiting", saturation.waiting)?;
    Ok(row)
}

fn list<'py, T>(
    py: Python<'py>,
    facts: Vec<T>,
    row: impl Fn(Python<'py>, T) -> PyResult<Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyList>> {
    let rows: Vec<_> = facts.into_iter().map(|facts| row(py, facts)).collect::<PyResult<_>>()?;
    PyList::new(py, rows)
}
