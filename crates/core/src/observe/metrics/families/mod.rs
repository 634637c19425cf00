//! What is recorded, as families of metrics: the names, types and meanings that all exports share.
//!
//! The text for Prometheus is made of them here; Python hands them to the libraries that it exports to. So no two
//! exports can differ.
//!
//! **Bounded.** A sample is of a line of the program, never of an object. The first [`TOLD_APART`] lines that the
//! engine has met are told apart, the rest share one row a kind ([`OTHERS`]): a line never changes rows, so
//! no counter falls. Pools are told apart by the ledger's bound.
//!
//! **Counters never fall** within a recording. Times that are not over count until now, and the moment is taken with the
//! ledger locked, as it is when they end. A new recording begins at zero, as a new process does. While nothing is
//! recorded, threads that end are not kept: then only what does not depend on a recording has samples.

mod locks;
mod pools;
mod queues;
mod rows;
mod threads;
mod waits;

use rows::Rows;

use super::distribution::{Distribution, Spread};
use crate::observe::{Tally, origin};
use crate::wait::{Origin, watch};

/// So many lines are told apart.
pub const TOLD_APART: u32 = 1000;
/// What stands for the lines that are not.
pub const OTHERS: &str = "(others)";
/// What stands for the line of things that were made unseen: before the recording, or by native code.
pub const UNKNOWN: &str = "(unknown)";

/// How the values of a family are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FamilyKind {
    /// Only grows.
    Counter,
    /// Of this moment.
    Gauge,
    /// Number, sum and quantiles.
    Summary,
}

impl FamilyKind {
    /// As Prometheus calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Summary => "summary",
        }
    }
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// A number of things.
    Count(u64),
    /// Seconds.
    Seconds(f64),
    /// A distribution, in seconds.
    Summary {
        /// How many.
        count: u64,
        /// Their sum.
        sum: f64,
        /// Quantile and value; none of a row that stands for several lines.
        quantiles: Option<[(f64, f64); 3]>,
    },
}

/// Names and values that tell the samples of a family apart.
pub type Labels = Vec<(&'static str, String)>;

/// Metrics of one name.
#[derive(Clone, Debug)]
pub struct Family {
    /// The name.
    pub name: &'static str,
    /// What it means, in a line.
    pub help: &'static str,
    /// How it is to be read.
    pub kind: FamilyKind,
    /// The samples, each with other labels.
    pub samples: Vec<(Labels, Value)>,
}

/// All families; always the same ones in the same order, with samples or without.
#[must_use]
pub fn gather() -> Vec<Family> {
    let mut families = threads::families(watch::is_on());
    families.extend(waits::families());
    families.extend(locks::families());
    families.extend(queues::families());
    families.extend(pools::families());
    if !watch::is_on() {
        let depends = |family: &&mut Family| !threads::ALWAYS.contains(&family.name);
        families.iter_mut().filter(depends).for_each(|family| family.samples.clear());
    }
    families
}

#[expect(clippy::cast_precision_loss, reason = "microseconds are enough")]
fn seconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1e9
}

fn summary(tally: Tally, spread: Spread) -> Value {
    let quantiles = [(0.5, spread.p50), (0.95, spread.p95), (0.99, spread.p99)];
    let quantiles = Some(quantiles.map(|(quantile, value)| (quantile, seconds(value))));
    Value::Summary { count: tally.count, sum: seconds(tally.total), quantiles }
}

fn summary_of(distribution: &Distribution) -> Value {
    summary(distribution.tally(), distribution.spread())
}

/// A line, as a label says it.
fn made_at(origin: Option<Origin>) -> String {
    match origin {
        Some(origin) if origin.0.get() > TOLD_APART => OTHERS.to_owned(),
        origin => place(origin.and_then(origin::line).map(|(line, _)| line).as_ref()),
    }
}

fn place(line: Option<&origin::Line>) -> String {
    line.map_or_else(|| UNKNOWN.to_owned(), |line| format!("{}:{}", line.file, line.number))
}
