//! Waits, those that are over and those of the moment.

use super::{Family, FamilyKind, Labels, Rows, Value, made_at, seconds, summary};
use crate::observe::{metrics, registry};
use crate::wait::{Kind, Origin, clock};

fn labels(kind: Kind, origin: Option<Origin>) -> Labels {
    vec![("kind", kind.name().to_owned()), ("made_at", made_at(origin))]
}

pub(super) fn families() -> Vec<Family> {
    let mut waits = Rows::new(
        "ironthread_wait_seconds",
        FamilyKind::Summary,
        "How long threads waited, of the waits that are over.",
    );
    let mut occupied = Rows::new(
        "ironthread_wait_occupied_seconds_total",
        FamilyKind::Counter,
        "For how long at least one thread waited.",
    );
    for facts in metrics::waits() {
        let labels = labels(facts.kind, facts.origin);
        if facts.tally.count > 0 {
            waits.add(&labels, summary(facts.tally, facts.spread));
        }
        occupied.add(&labels, Value::Seconds(seconds(facts.occupied)));
    }
    let mut waiting =
        Rows::new("ironthread_waiting_threads", FamilyKind::Gauge, "Threads that wait now.");
    let mut longest = Rows::new(
        "ironthread_waiting_longest_seconds",
        FamilyKind::Gauge,
        "How long the thread has waited that waits now and came first.",
    );
    let now = clock::now();
    for wait in registry::waiting_now() {
        let labels = labels(wait.site.kind(), wait.site.origin());
        waiting.add(&labels, Value::Count(1));
        longest.add_largest(&labels, Value::Seconds(seconds(now.saturating_sub(wait.since))));
    }
    [waits, occupied, waiting, longest].map(Rows::finish).into()
}
