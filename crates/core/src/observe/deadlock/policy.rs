//! What is looked for, and what is done about it: for the whole process.
//!
//! Relaxed throughout: a wait that begins around a change follows the old rule or the new one.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};

use crate::observe::registry;
use crate::thread::ThreadId;

/// What is done about deadlocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nothing is looked for: they last.
    Off,
    /// Certain ones end the wait of the thread that closes them; others are told.
    Report,
    /// Likely ones, too, end a wait instead of being told.
    Raise,
}

const MODES: [Mode; 3] = [Mode::Off, Mode::Report, Mode::Raise];

static MODE: AtomicU8 = AtomicU8::new(Mode::Report as u8);
static ALL_ASLEEP: AtomicBool = AtomicBool::new(false);
/// The number of the thread that was found awake last; 0: none was.
static AWAKE: AtomicU32 = AtomicU32::new(0);

/// What is done about deadlocks at present: [`Mode::Report`] at first.
#[must_use]
pub fn mode() -> Mode {
    MODES[usize::from(MODE.load(Relaxed))]
}

/// Sets what is done; returns what was done before.
pub fn set_mode(mode: Mode) -> Mode {
    MODES[usize::from(MODE.swap(mode as u8, Relaxed))]
}

pub(super) fn is_on() -> bool {
    // (In a model time does not pass, and a look is nothing to model: it changes no queue.)
    mode() != Mode::Off && cfg!(not(loom))
}

/// Whether it is told when all threads of the process wait at the door without a time limit. Not at first: every
/// wait without a time limit then has a look to make, not only those for locks, threads and jobs.
#[must_use]
pub fn tells_all_asleep() -> bool {
    ALL_ASLEEP.load(Relaxed)
}

/// Sets whether that is told; returns whether it was before.
pub fn tell_all_asleep(tell: bool) -> bool {
    ALL_ASLEEP.swap(tell, Relaxed)
}

/// Whether all may be asleep: the thread that was found awake last is not awake any more. So that a thousand
/// threads that go to sleep beside one that works do not look through all thousand each.
pub(super) fn may_be_all_asleep() -> bool {
    let Some(awake) = ThreadId::from_word(AWAKE.load(Relaxed)) else { return true };
    match registry::sleeper(awake) {
        Some(sleeper) => sleeper.waiting.unlimited,
        None => !registry::is_alive(awake),
    }
}

pub(super) fn note_awake(thread: ThreadId) {
    AWAKE.store(thread.get(), Relaxed);
}
