//! Threads, the interpreter's lock, deadlocks, and whether anything is recorded.

use super::{Family, FamilyKind, Rows, Value, seconds};
use crate::observe::deadlock::{Nature, told_count};
use crate::observe::registry;
use crate::wait::Kind;

/// Families that do not depend on a recording.
pub(super) const ALWAYS: [&str; 3] =
    ["ironthread_recording", "ironthread_threads", "ironthread_deadlocks_total"];

pub(super) fn families(is_recorded: bool) -> Vec<Family> {
    let none = Vec::new();
    let mut recording = Rows::new(
        "ironthread_recording",
        FamilyKind::Gauge,
        "Whether the program is recorded: 1 or 0. Most other metrics have samples only then.",
    );
    recording.add(&none, Value::Count(u64::from(is_recorded)));
    let totals = registry::totals();
    let mut alive = Rows::new(
        "ironthread_threads",
        FamilyKind::Gauge,
        "The program's threads that live, of those that the engine has met.",
    );
    alive.add(&none, Value::Count(totals.alive));
    let mut started = Rows::new(
        "ironthread_threads_started_total",
        FamilyKind::Counter,
        "Threads that the engine has met, its helpers and those at the begin of the recording included.",
    );
    started.add(&none, Value::Count(totals.started));
    let mut attaching = Rows::new(
        "ironthread_gil_wait_seconds_total",
        FamilyKind::Counter,
        "How long threads were awake after a wait of this kind and waited for the interpreter's lock.",
    );
    for (kind, nanoseconds) in Kind::ALL.into_iter().zip(totals.attaching) {
        if nanoseconds > 0 {
            let labels = vec![("kind", kind.name().to_owned())];
            attaching.add(&labels, Value::Seconds(seconds(nanoseconds)));
        }
    }
    let mut deadlocks = Rows::new(
        "ironthread_deadlocks_total",
        FamilyKind::Counter,
        "Deadlocks that were found since the process began.",
    );
    for (nature, name) in [
        (Nature::Certain, "certain"),
        (Nature::Likely, "likely"),
        (Nature::AllAsleep, "all_asleep"),
    ] {
        let labels = vec![("nature", name.to_owned())];
        deadlocks.add(&labels, Value::Count(told_count(nature)));
    }
    [recording, alive, started, attaching, deadlocks].map(Rows::finish).into()
}
