//! What was counted and measured of locks, queues and pools, as JSON: a part of the answer to `stats`.

use serde_json::{Value, json};

use super::answer::{place, seconds, tally_json};
use super::picture::MOST;
use crate::observe::metrics::{self, Distribution, LockFacts, PoolFacts, QueueFacts, Spread};
use crate::observe::origin;
use crate::observe::tally::Tally;
use crate::wait::Origin;

/// Adds them, the most used first.
pub(super) fn add_to(answer: &mut Value) {
    answer["locks"] = rows(metrics::locks(), |facts| facts.acquired, lock);
    answer["queues"] = rows(metrics::queues(), |facts| facts.puts, queue);
    answer["pools"] = rows(metrics::pools(), |facts| facts.submitted, pool);
}

fn rows<T>(mut facts: Vec<T>, uses: impl Fn(&T) -> u64, row: impl Fn(&T) -> Value) -> Value {
    facts.sort_by_key(|each| std::cmp::Reverse(uses(each)));
    facts.iter().take(MOST).map(row).collect()
}

fn made(origin: Option<Origin>) -> (Value, u64) {
    let (line, objects) = origin.and_then(origin::line).unzip();
    (place(line), objects.unwrap_or_default())
}

/// Times with their percentiles.
pub(super) fn times(tally: Tally, spread: Spread) -> Value {
    let mut row = tally_json(tally);
    row["p50"] = seconds(spread.p50).into();
    row["p95"] = seconds(spread.p95).into();
    row["p99"] = seconds(spread.p99).into();
    row
}

fn spread_out(times_of: &Distribution) -> Value {
    times(times_of.tally(), times_of.spread())
}

fn lock(facts: &LockFacts) -> Value {
    let (made_at, objects) = made(facts.origin);
    json!({
        "kind": facts.kind.name(),
        "made_at": made_at,
        "objects": objects,
        "acquired": facts.acquired,
        "contended": facts.contended,
        "held": times(facts.holds, facts.spread),
    })
}

fn queue(facts: &QueueFacts) -> Value {
    let (made_at, objects) = made(facts.origin);
    json!({
        "made_at": made_at,
        "objects": objects,
        "puts": facts.puts,
        "gets": facts.gets,
        "deepest": facts.deepest,
        "typical": facts.depth.p50,
        "full": seconds(facts.full),
        "empty": seconds(facts.empty),
    })
}

fn pool(facts: &PoolFacts) -> Value {
    let saturation = facts.saturation;
    json!({
        "name": facts.name,
        "made_at": place(facts.line.clone()),
        "pools": facts.pools,
        "workers": facts.workers,
        "now": {
            "workers": facts.present.workers,
            "busy": facts.present.busy,
            "queued": facts.present.queued,
        },
        "submitted": facts.submitted,
        "failed": facts.failed,
        "cancelled": facts.cancelled,
        "deepest": facts.depths.tally().longest,
        "typical": facts.depths.spread().p50,
        "queued": spread_out(&facts.waits),
        "ran": spread_out(&facts.runs),
        "busy": seconds(facts.busy),
        "capacity": seconds(facts.capacity),
        "saturated": seconds(saturation.total),
        "saturated_longest": seconds(saturation.longest),
        "saturated_waiting": saturation.waiting,
    })
}
