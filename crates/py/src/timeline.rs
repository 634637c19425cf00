//! The timeline of a watched program: switching it on and off, and when its threads waited.

use std::collections::HashMap;
use std::num::NonZeroUsize;

use ironthread::observe::origin;
use ironthread::observe::timeline::{self, Interval, Line};
use ironthread::thread::ThreadId;
use ironthread::wait::{Kind, Origin};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};

use crate::watch::{seconds, since_start};

/// Begin keeping when recorded waits were, at most `limit` of them one by one; an earlier timeline is forgotten.
///
/// Waits are recorded after watch_start(). ValueError when the limit is not positive.
#[pyfunction]
#[pyo3(signature = (limit = timeline::LIMIT as i128))]
pub(crate) fn timeline_start(limit: i128) -> PyResult<()> {
    let limit = usize::try_from(limit).ok().and_then(NonZeroUsize::new);
    let limit = limit.ok_or_else(|| PyValueError::new_err("limit must be positive"))?;
    timeline::start(limit.get());
    Ok(())
}

/// End the timeline; what was kept stays.
#[pyfunction]
pub(crate) fn timeline_stop() {
    timeline::stop();
}

/// Return when each thread waited, up to now: its intervals, and what was too short to be kept.
#[pyfunction]
pub(crate) fn timeline_snapshot(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let timeline = timeline::snapshot();
    let mut names = Names::new(py);
    let threads = PyDict::new(py);
    for (thread, line) in timeline.threads {
        threads.set_item(thread.get(), line_row(py, &line, &mut names)?)?;
    }
    let snapshot = PyDict::new(py);
    snapshot.set_item("resolution", seconds(timeline.resolution))?;
    snapshot.set_item("omitted", timeline.omitted)?;
    snapshot.set_item("threads", threads)?;
    Ok(snapshot)
}

/// Kinds and lines as Python's objects, each made once: there are many intervals.
struct Names<'py> {
    py: Python<'py>,
    kinds: [Bound<'py, PyString>; Kind::ALL.len()],
    lines: HashMap<Origin, Option<Bound<'py, PyTuple>>>,
}

impl<'py> Names<'py> {
    fn new(py: Python<'py>) -> Self {
        let kinds = Kind::ALL.map(|kind| PyString::new(py, kind.name()));
        Self { py, kinds, lines: HashMap::new() }
    }

    fn kind(&self, kind: Kind) -> Bound<'py, PyString> {
        self.kinds[kind.index()].clone()
    }

    fn line(&mut self, origin: Origin) -> PyResult<Option<Bound<'py, PyTuple>>> {
        if let Some(line) = self.lines.get(&origin) {
            return Ok(line.clone());
        }
        let pair = |line: origin::Line| (line.file.to_string(), line.number);
        let line = origin::line(origin).map(|(line, _)| pair(line).into_pyobject(self.py));
        let line = line.transpose()?;
        self.lines.insert(origin, line.clone());
        Ok(line)
    }
}

fn line_row<'py>(
    py: Python<'py>,
    line: &Line,
    names: &mut Names<'py>,
) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    let intervals: Vec<_> =
        line.intervals.iter().map(|each| interval_row(py, each, names)).collect::<PyResult<_>>()?;
    row.set_item("intervals", PyList::new(py, intervals)?)?;
    row.set_item("omitted", line.omitted.count)?;
    row.set_item("omitted_seconds", seconds(line.omitted.total))?;
    Ok(row)
}

fn interval_row<'py>(
    py: Python<'py>,
    interval: &Interval,
    names: &mut Names<'py>,
) -> PyResult<Bound<'py, PyTuple>> {
    let line = interval.origin.map(|origin| names.line(origin)).transpose()?.flatten();
    let row = (
        since_start(interval.begin),
        since_start(interval.end),
        seconds(interval.attaching),
        names.kind(interval.kind),
        line,
        interval.holder.map(ThreadId::get),
    );
    row.into_pyobject(py)
}
