//! Following the wait-for graph from one thread.

use std::collections::VecDeque;

use super::circle::Nature;
use super::workers;
use crate::observe::registry::{self, Sleeper};
use crate::sync::{is_scoped, named_by};
use crate::thread::ThreadId;
use crate::wait::Kind;

/// Where a walk came to an end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// At its begin, and nowhere else: these threads wait for one another. Or the first thread, alone, waits for an
    /// [orphan](is_orphan).
    Circle(Vec<Sleeper>),
    /// At a thread that waits, without a time limit, for what any thread may bring about.
    Anybody,
    /// At a thread that does not wait, or not for ever; or in a circle that the first thread is not in, which is for
    /// those in it to find.
    Awake,
}

/// Walks from a thread that waits: to whom it waits for, to whom that one waits for, until all on the way are known.
/// (Mostly each waits for one other. Who waits for the workers of a pool waits for all of them.)
pub(super) fn from(me: ThreadId) -> End {
    let mut way: Vec<Sleeper> = Vec::new();
    let mut ahead = VecDeque::from([me]);
    let mut comes_back = false;
    while let Some(thread) = ahead.pop_front() {
        if way.iter().any(|passed| passed.thread == thread) {
            continue;
        }
        let Some(sleeper) = registry::sleeper(thread).filter(|one| one.waiting.unlimited) else {
            return End::Awake;
        };
        // (Nor is it known whose end a thread waits for that is over itself.)
        let Some(word) = sleeper.word else { return End::Anybody };
        if is_orphan(sleeper.waiting.site.kind(), word) {
            // (Further on the way it is for the thread before it to find.)
            return if thread == me { End::Circle(vec![sleeper]) } else { End::Awake };
        }
        if is_anybodys(sleeper.waiting.site.kind(), word) {
            return End::Anybody;
        }
        let Some(owners) = owners(&sleeper, word) else { return End::Awake };
        comes_back |= owners.contains(&me);
        ahead.extend(owners);
        way.push(sleeper);
    }
    if comes_back { End::Circle(way) } else { End::Awake }
}

/// Of whom each could end a thread's wait, and nobody else; `None` when somebody who is awake will.
fn owners(sleeper: &Sleeper, word: u32) -> Option<Vec<ThreadId>> {
    if workers::are_named(sleeper.waiting.site.kind(), word) {
        return workers::of(word);
    }
    // Free, or a job that nobody has begun, or a thread that has not begun either.
    let owner = named_by(word)?;
    let in_vain = owner != sleeper.thread || waits_for_itself(sleeper, word);
    in_vain.then(|| vec![owner])
}

/// Whether an `RLock` is held by a thread that has ended: nobody else can let it go.
pub(super) fn is_orphan(kind: Kind, word: u32) -> bool {
    kind == Kind::RLock && named_by(word).is_some_and(has_ended)
}

/// Whether any thread may bring about what a word tells of, for nobody is about to: a job that is nobody's, or what was
/// left by a thread that has ended. (The end of such a thread is under way to those who join it.)
fn is_anybodys(kind: Kind, word: u32) -> bool {
    match kind {
        Kind::Future => {
            word == 0 || (!workers::are_named(kind, word) && named_by(word).is_some_and(has_ended))
        }
        Kind::Lock => named_by(word).is_some_and(has_ended),
        _ => false,
    }
}

fn has_ended(thread: ThreadId) -> bool {
    !registry::is_alive(thread)
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
    // (A job that has not begun may still be cancelled, or a pool be given more workers.)
    let is_certain = |sleeper: &Sleeper| {
        let kind = sleeper.waiting.site.kind();
        kind.is_owners_alone() && !sleeper.word.is_some_and(|word| workers::are_named(kind, word))
    };
    if circle.iter().all(is_certain) { Nature::Certain } else { Nature::Likely }
}
