//! Locks and semaphores.

use super::{Family, FamilyKind, Rows, Value, made_at, summary};
use crate::observe::metrics;

pub(super) fn families() -> Vec<Family> {
    let mut acquired = Rows::new(
        "ironthread_lock_acquisitions_total",
        FamilyKind::Counter,
        "Acquisitions of locks and semaphores.",
    );
    let mut contended = Rows::new(
        "ironthread_lock_contended_acquisitions_total",
        FamilyKind::Counter,
        "Acquisitions of locks and semaphores that were taken when a thread came.",
    );
    let mut held = Rows::new(
        "ironthread_lock_hold_seconds",
        FamilyKind::Summary,
        "How long locks were held: of the holds that are timed, one in 64 and the first few.",
    );
    for facts in metrics::locks() {
        let labels =
            vec![("kind", facts.kind.name().to_owned()), ("made_at", made_at(facts.origin))];
        acquired.add(&labels, Value::Count(facts.acquired));
        contended.add(&labels, Value::Count(facts.contended));
        if facts.holds.count > 0 {
            held.add(&labels, summary(facts.holds, facts.spread));
        }
    }
    [acquired, contended, held].map(Rows::finish).into()
}
