//! The families of metrics, for the libraries that Python exports them to.

use ironthread::observe::metrics::families::{self, Family, Labels, Value};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

/// Return all families of metrics: name, meaning, type, and the samples as pairs of labels and value.
///
/// The value of a summary is the triple of count, sum, and the quantiles by quantile.
#[pyfunction]
pub(crate) fn metric_families(py: Python<'_>) -> PyResult<Bound<'_, PyList>> {
    let families = py_families(py, families::gather())?;
    PyList::new(py, families)
}

type Row<'py> = (&'static str, &'static str, &'static str, Bound<'py, PyList>);

fn py_families(py: Python<'_>, families: Vec<Family>) -> PyResult<Vec<Row<'_>>> {
    let row = |family: Family| {
        let samples: Vec<_> = (family.samples.iter())
            .map(|(labels, value)| Ok((py_labels(py, labels)?, py_value(py, *value)?)))
            .collect::<PyResult<_>>()?;
        Ok((family.name, family.help, family.kind.name(), PyList::new(py, samples)?))
    };
    families.into_iter().map(row).collect()
}

fn py_labels<'py>(py: Python<'py>, labels: &Labels) -> PyResult<Bound<'py, PyDict>> {
    let row = PyDict::new(py);
    for (name, value) in labels {
        row.set_item(name, value)?;
    }
    Ok(row)
}

fn py_value(py: Python<'_>, value: Value) -> PyResult<Bound<'_, PyAny>> {
    match value {
        Value::Count(count) => Ok(count.into_pyobject(py)?.into_any()),
        Value::Seconds(seconds) => Ok(seconds.into_pyobject(py)?.into_any()),
        Value::Summary { count, sum, quantiles } => {
            let row = PyDict::new(py);
            for (quantile, value) in quantiles.into_iter().flatten() {
                row.set_item(quantile, value)?;
            }
            Ok((count, sum, row).into_pyobject(py)?.into_any())
        }
    }
}
