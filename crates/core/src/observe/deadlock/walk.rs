//! Following the wait-for graph from one thread.

use super::circle::Nature;
use crate::observe::registry::{self, Sleeper};
use crate::sync::{is_scoped, named_by};
use crate::thread::ThreadId;
use crate::wait::Kind;

/// Where a walk came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At its begin: these threads wait for one another.
    Circle(Vec<Sleeper>),
    /// At a thread that waits, without a time limit, for what any thread may bring about.
    Anybody,
    /// At a thread that does not wait, or not for ever; or in a circle that the first thread is not in, which is for
    /// those in it to find.
    Awake,
}

/// Walks from a thread that waits.
pub(super) fn from(me: ThreadId) -> End {
    let mut way: Vec<Sleeper> = Vec::new();
    let mut thread = me;
    loop {
        let Some(sleeper) = registry::sleeper(thread).filter(|one| one.waiting.unlimited) else {
            return End::Awake;
        };
        // (Nor is it known whose end a thread waits for that is over itself.)
        let Some(word) = sleeper.word else { return End::Anybody };
        // Free, or a job that nobody has begun, or a thread that has not begun either: somebody is awake who will.
        let Some(owner) = named_by(word) else { return End::Awake };
        if owner == thread && !waits_for_itself(&sleeper, word) {
            return End::Awake;
        }
        way.push(sleeper);
        if owner == me {
            return End::Circle(way);
        }
        if way.iter().any(|passed| passed.thread == owner) {
            return End::Awake;
        }
        thread = owner;
    }
}

/// Whether a thread that is named by what it waits for will not be helped by another.
///
/// An `RLock` that names its own waiter was handed over to it. A plain lock that its holder waits for may be a
/// signal that another thread is to give; not so if it was taken for a block.
fn waits_for_itself(sleeper: &Sleeper, word: u32) -> bool {
    match sleeper.waiting.site.kind() {
        Kind::Lock => is_scoped(word),
        Kind::RLock => false,
        _ => true,
    }
}

/// Whether a circle can be opened by nobody, or by somebody outside.
pub(super) fn nature(circle: &[Sleeper]) -> Nature {
    let certain = circle.iter().all(|sleeper| sleeper.waiting.site.kind().is_owners_alone());
    if certain { Nature::Certain } else { Nature::Likely }
}
