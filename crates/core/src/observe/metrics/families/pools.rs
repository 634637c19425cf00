//! Pools of threads.

use super::FamilyKind::{Counter, Gauge, Summary};
use super::{Family, Rows, Value, place, seconds, summary_of};
use crate::observe::metrics::{self, PoolFacts};

/// Of each family: name, type, meaning, and its value.
type Column = (Rows, fn(&PoolFacts) -> Value);

fn columns() -> Vec<Column> {
    vec![
        (
            Rows::new(
                "ironthread_pool_workers",
                Gauge,
                "The most workers that the pools that exist may have.",
            ),
            |facts| Value::Count(facts.present.workers),
        ),
        (
            Rows::new("ironthread_pool_busy_workers", Gauge, "Workers that are in a call."),
            |facts| Value::Count(facts.present.busy),
        ),
        (
            Rows::new("ironthread_pool_queued_calls", Gauge, "Calls that wait for a worker."),
            |facts| Value::Count(facts.present.queued),
        ),
        (Rows::new("ironthread_pool_calls_total", Counter, "Calls that came in."), |facts| {
            Value::Count(facts.submitted)
        }),
        (Rows::new("ironthread_pool_failed_calls_total", Counter, "Calls that raised."), |facts| {
            Value::Count(facts.failed)
        }),
        (
            Rows::new(
                "ironthread_pool_cancelled_calls_total",
                Counter,
                "Calls that were dropped before they began.",
            ),
            |facts| Value::Count(facts.cancelled),
        ),
        (
            Rows::new(
                "ironthread_pool_queue_seconds",
                Summary,
                "How long calls waited for a worker.",
            ),
            |facts| summary_of(&facts.waits),
        ),
        (Rows::new("ironthread_pool_run_seconds", Summary, "How long calls ran."), |facts| {
            summary_of(&facts.runs)
        }),
        (
            Rows::new(
                "ironthread_pool_busy_seconds_total",
                Counter,
                "For how long workers were in calls, together.",
            ),
            |facts| Value::Seconds(seconds(facts.busy)),
        ),
        (
            Rows::new(
                "ironthread_pool_saturated_seconds_total",
                Counter,
                "For how long all workers were busy and calls waited.",
            ),
            |facts| Value::Seconds(seconds(facts.saturation.total)),
        ),
    ]
}

pub(super) fn families() -> Vec<Family> {
    let mut columns = columns();
    for facts in metrics::pools() {
        let labels = vec![("pool", facts.name.clone()), ("made_at", place(facts.line.as_ref()))];
        for (rows, value) in &mut columns {
            rows.add(&labels, value(&facts));
        }
    }
    columns.into_iter().map(|(rows, _)| rows.finish()).collect()
}
