//! What is known of a thread.

use std::sync::Arc;
use std::time::Duration;

use crate::observe::stack::Stack;
use crate::observe::tally::Tally;
use crate::thread::ThreadId;
use crate::wait::{Kind, Origin, Site};

/// Of a thread's time elsewhere than at the door, as sampled; nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sampled {
    /// It had the interpreter.
    pub holding: u64,
    /// It waited for it.
    pub waiting: u64,
    /// It waited for somebody to connect.
    pub accepting: u64,
}

/// Where a thread waits, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// What it waits for.
    pub site: Site,
    /// When the wait began, on [`clock::now`](crate::wait::clock::now).
    pub since: u64,
    /// Whether it has no time limit.
    pub unlimited: bool,
}

/// A thread that waits, and what it waits for, of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sleeper {
    pub(crate) thread: ThreadId,
    pub(crate) ident: u64,
    pub(crate) name: Option<String>,
    pub(crate) waiting: Waiting,
    /// The word that names who has to bring it about, where there is one.
    pub(crate) word: Option<u32>,
}

/// What is known of a thread, as of the time of asking.
#[derive(Clone, Debug)]
pub struct ThreadFacts {
    /// Its number.
    pub id: ThreadId,
    /// The host's identifier of it.
    pub ident: u64,
    /// The kernel's identifier of it, where the system has one.
    pub native_id: Option<u32>,
    /// Its name, when somebody told.
    pub name: Option<String>,
    /// The line that started it, if that was recorded.
    pub origin: Option<Origin>,
    /// When it met the engine, on [`clock::now`](crate::wait::clock::now).
    pub started: u64,
    /// When it ended.
    pub ended: Option<u64>,
    /// The processor time it used since then, or since the recording began, where the system tells.
    pub cpu: Option<Duration>,
    /// What it had used before.
    pub(super) cpu_before: Duration,
    /// Whether it works for the engine, not for the program: its waits are not recorded.
    pub helper: bool,
    /// Its waits by kind, in the order of [`Kind::ALL`]; recorded while watched.
    pub waits: [Tally; Kind::ALL.len()],
    /// How much of its waits, by kind, it was awake and waited for the host to take it back (under an
    /// interpreter lock: for that); nanoseconds, recorded while watched.
    pub attaching: [u64; Kind::ALL.len()],
    /// The last time of these, until it is [taken](super::take_attaching).
    pub(super) last_attaching: u64,
    /// How often it was woken for something that another thread took first; recorded while watched.
    pub overtaken: u64,
    /// What was sampled of the time it spent elsewhere than at the door; while watched.
    pub sampled: Sampled,
    /// When it was sampled last, or seen at the door.
    #[cfg_attr(
        not(all(feature = "serve", target_os = "linux", not(loom))),
        allow(dead_code, reason = "nobody looks")
    )]
    pub(super) sampled_at: u64,
    /// What it waits for now.
    pub waiting: Option<Waiting>,
    /// The lock to whose queue it is moved when the condition that it waits for is notified.
    pub(super) moves_to: Option<Site>,
    /// Whether it is back from its sleep there, and waits for the host to take it back; while watched.
    #[cfg_attr(
        not(all(feature = "serve", target_os = "linux", not(loom))),
        allow(dead_code, reason = "nobody looks")
    )]
    pub(super) returning: bool,
    /// Who has to bring that about: the holder of the lock, the thread that is joined, who runs the job.
    pub holder: Option<ThreadId>,
    /// Where it waits, when that was noted.
    pub stack: Option<Arc<Stack>>,
}

/// Sums over all threads since the recording began.
#[derive(Clone, Copy, Debug, Default)]
pub struct ThreadTotals {
    /// The program's threads that live.
    pub alive: u64,
    /// All threads that began, and those that were there when the recording began.
    pub started: u64,
    /// How long they were awake and waited for the host to take them back, by the kind of the wait before, in the
    /// order of [`Kind::ALL`]; nanoseconds.
    pub attaching: [u64; Kind::ALL.len()],
}
