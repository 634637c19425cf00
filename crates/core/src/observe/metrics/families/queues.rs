//! Queues. How many items are inside now is the difference of the two counters, as far as it was recorded.

use super::{Family, FamilyKind, Rows, Value, made_at, seconds};
use crate::observe::metrics;

pub(super) fn families() -> Vec<Family> {
    let mut puts =
        Rows::new("ironthread_queue_puts_total", FamilyKind::Counter, "Items put into queues.");
    let mut gets =
        Rows::new("ironthread_queue_gets_total", FamilyKind::Counter, "Items got from queues.");
    let mut deepest = Rows::new(
        "ironthread_queue_deepest_items",
        FamilyKind::Gauge,
        "The most items that were inside of one of the queues.",
    );
    let mut full = Rows::new(
        "ironthread_queue_full_seconds_total",
        FamilyKind::Counter,
        "For how long queues were full and a producer waited.",
    );
    let mut empty = Rows::new(
        "ironthread_queue_empty_seconds_total",
        FamilyKind::Counter,
        "For how long queues were empty and a consumer waited.",
    );
    for facts in metrics::queues() {
        let labels = vec![("made_at", made_at(facts.origin))];
        puts.add(&labels, Value::Count(facts.puts));
        gets.add(&labels, Value::Count(facts.gets));
        deepest.add_largest(&labels, Value::Count(facts.deepest));
        full.add(&labels, Value::Seconds(seconds(facts.full)));
        empty.add(&labels, Value::Seconds(seconds(facts.empty)));
    }
    [puts, gets, deepest, full, empty].map(Rows::finish).into()
}
