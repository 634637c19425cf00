//! Looking for a moment before a sleep.
//!
//! To be woken takes several microseconds, and more where the processor has gone idle; two threads that answer each other
//! are often faster than that. So a thread that is about to sleep looks whether it is notified already: somewhat longer than
//! it takes to be woken here and now ([`learn`]), one thread of the process at a time, and never where there is one
//! processor. A thread whose looks are in vain looks more and more rarely ([`Luck`]). (To look as long as what is to be
//! spared would take costs at most twice the best that can be had: Karlin, Li, Manasse, Owicki, "Empirical Studies of
//! Competitive Spinning for a Shared-Memory Multiprocessor", SOSP 1991.)
//!
//! Who is notified in that time wants the interpreter next, if there is one. The notifier still has it, and mostly lets it go in
//! a moment, for a sleep of its own. To ask for it at once would be a sleep on the interpreter's lock; so the thread
//! looks on until somebody has let the interpreter go, for a moment at most.
//!
//! Who starts a thread looks longer ([`Patience::FOR_A_START`]): that the thread begins is certain, and mostly a matter of some tens
//! of microseconds. Where the thread has little to do, it is at its end before the starter would have been woken. How often
//! such looks may be in vain is a matter of its own ([`Savings`]).

use std::cell::Cell;
use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed};
use std::thread::available_parallelism;

use super::Kind;
use super::clock;
use super::host::host;

/// How long to look, in nanoseconds.
#[derive(Clone, Copy)]
struct Patience {
    /// For the notification.
    for_notice: u64,
    /// Then, for the interpreter to be let go.
    for_host: u64,
}

impl Patience {
    /// Somewhat more than it takes to wake a thread, or else of two threads that answer each other both would sleep for ever:
    /// each looks in vain while the other is being woken. And the way from a notification to the notifier's next sleep.
    fn for_answers() -> Self {
        let waking = u64::from(WAKING.load(Relaxed));
        let for_notice = (waking + waking / 4 + MARGIN).clamp(SHORTEST, LONGEST);
        Self { for_notice, for_host: 2_000 }
    }

    /// Somewhat more than the system takes to make a thread. And the way of a short one to its end, where it lets the
    /// interpreter go.
    const FOR_A_START: Self = Self { for_notice: 80_000, for_host: 60_000 };
}

/// Bounds of a look, and what it is longer than to be woken, in nanoseconds.
const SHORTEST: u64 = 12_000;
const LONGEST: u64 = 40_000;
const MARGIN: u64 = 4_000;

/// How long it lately took to be woken, in nanoseconds; 0 while nobody knows. Two that write at once lose what one learnt.
static WAKING: AtomicU32 = AtomicU32::new(0);

/// A thread was woken by another, and ran so many nanoseconds later.
#[cfg_attr(
    any(not(target_os = "linux"), feature = "portable-parker"),
    allow(dead_code, reason = "only futexes tell")
)]
pub(super) fn learn(took: u64) {
    // More than that is a machine with other things to do, which looks do not help.
    let took = u32::try_from(took.min(LONGEST)).unwrap_or(u32::MAX);
    let known = WAKING.load(Relaxed);
    let now = if known == 0 { took } else { known - known / 8 + took / 8 };
    WAKING.store(now, Relaxed);
}

/// How often a processor is asked to pause between two looks at the clock, which are dearer.
const PAUSES: u32 = 10;

/// Whether a thread looks. Relaxed, as all here: nothing hangs on it but time.
static LOOKING: AtomicBool = AtomicBool::new(false);

/// Counts how often the interpreter was let go for a sleep, or by a thread that ended.
static LET_GO: AtomicU32 = AtomicU32::new(0);

/// Whether there are several processors, once that was asked. No lock: a child that is forked while another thread
/// asks would wait for it for ever.
static PROCESSORS: AtomicU8 = AtomicU8::new(NOT_ASKED);
const NOT_ASKED: u8 = 0;
const ONE: u8 = 1;
const SEVERAL: u8 = 2;

fn are_several_processors() -> bool {
    let mut known = PROCESSORS.load(Relaxed);
    if known == NOT_ASKED {
        known = if may_use_several() { SEVERAL } else { ONE };
        PROCESSORS.store(known, Relaxed);
    }
    known == SEVERAL
}

/// Whether the calling thread may use several processors.
fn may_use_several() -> bool {
    available_parallelism().is_ok_and(|count| count.get() > 1)
}

/// When to look.
trait Habit: Copy {
    /// Whether to look this time, and what is so the next time.
    fn step(self) -> (bool, Self);

    /// What is so the next time, after a look.
    fn after(self, found: bool) -> Self;
}

/// How often a thread sleeps without a look: after each that was in vain twice as often and once more, up to
/// [`Luck::WORST`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Luck {
    skip: u32,
    /// How many of these are left.
    left: u32,
}

impl Luck {
    /// A thread that begins: those that wait once or twice in their lives wait for long.
    const FIRST: Self = Self { skip: 3, left: 3 };

    /// At the worst a thread spends forty nanoseconds on each sleep in the mean.
    const WORST: u32 = 1023;
}

impl Habit for Luck {
    fn step(self) -> (bool, Self) {
        match self.left.checked_sub(1) {
            Some(left) => (false, Self { left, ..self }),
            None => (true, self),
        }
    }

    fn after(self, found: bool) -> Self {
        let skip = if found { 0 } else { (self.skip * 2 + 1).min(Self::WORST) };
        Self { skip, left: skip }
    }
}

/// What a thread that starts others may spend on looks in vain: each costs what [`Savings::PRICE`] starts earn, so that
/// looks cost five microseconds a start at the worst, in the mean. So many starts pass after one. What was saved before is for
/// who starts many, one after the other: it looks each time.
///
/// A system may put a new thread on the processor that its starter looks on, where it waits for the look to end while the
/// other processor is idle, until the starter has been busy for some time: then each look is in vain, up to a hundred times and
/// more, and none after that. That pays for who starts many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Savings {
    /// Starts that have been saved up.
    saved: u32,
    /// Starts since a look was in vain.
    since: u32,
    /// When the last one was, in nanoseconds.
    last: u64,
    /// How many there were in a row.
    row: u32,
}

impl Savings {
    const PRICE: u32 = 16;
    const MOST: u32 = 256 * Self::PRICE;

    /// Starts that are no longer apart than that, in nanoseconds, are in a row.
    const APART: u64 = 1_000_000;
    /// So many in a row are many.
    const MANY: u32 = 32;

    const FIRST: Self = Self { saved: Self::MOST, since: Self::PRICE, last: 0, row: 0 };

    fn step_at(self, now: u64) -> (bool, Self) {
        let saved = (self.saved + 1).min(Self::MOST);
        let since = self.since.saturating_add(1);
        let in_a_row = now.saturating_sub(self.last) <= Self::APART;
        let row = if in_a_row { self.row.saturating_add(1) } else { 0 };
        let looks = since >= Self::PRICE || row >= Self::MANY && saved >= Self::PRICE;
        (looks, Self { saved, since, last: now, row })
    }
}

impl Habit for Savings {
    fn step(self) -> (bool, Self) {
        self.step_at(clock::now())
    }

    fn after(self, found: bool) -> Self {
        if found {
            return self;
        }
        Self { saved: self.saved.saturating_sub(Self::PRICE), since: 0, ..self }
    }
}

thread_local! {
    static LUCK: Cell<Luck> = const { Cell::new(Luck::FIRST) };
    static SAVINGS: Cell<Savings> = const { Cell::new(Savings::FIRST) };
}

/// Looks whether `is_notified`. Called by a thread in its wait for something of this kind, without the interpreter.
pub(super) fn before_sleep(kind: Kind, is_notified: impl Fn() -> bool) -> bool {
    note_let_go();
    if kind == Kind::ThreadStart {
        SAVINGS.with(|savings| look_with(savings, Patience::FOR_A_START, is_notified))
    } else {
        LUCK.with(|luck| look_with(luck, Patience::for_answers(), is_notified))
    }
}

/// Looks for a moment whether a thread that is at its end `is_gone`, with the interpreter let go.
#[cfg(target_os = "linux")]
pub(crate) fn for_an_end(is_gone: impl Fn() -> bool + Sync) {
    if is_gone() || !are_several_processors() || LOOKING.swap(true, Relaxed) {
        return;
    }
    host().detached(&mut || {
        look(Patience::FOR_A_START.for_notice, &is_gone);
        // Before the interpreter is taken back, which may last.
        LOOKING.store(false, Relaxed);
    });
}

/// The calling thread has let the interpreter go for a sleep, or for ever.
pub(crate) fn note_let_go() {
    if host().has_lock() {
        LET_GO.fetch_add(1, Relaxed);
    }
}

fn look_with<H: Habit>(own: &Cell<H>, patience: Patience, is_notified: impl Fn() -> bool) -> bool {
    let (looks, habit) = own.get().step();
    own.set(habit);
    if !looks {
        return false;
    }
    if !are_several_processors() || LOOKING.swap(true, Relaxed) {
        return false;
    }
    let let_go_before = look(patience.for_notice, is_notified);
    LOOKING.store(false, Relaxed);
    own.set(habit.after(let_go_before.is_some()));
    if let Some(before) = let_go_before
        && host().has_lock()
    {
        await_host(patience.for_host, before);
    }
    let_go_before.is_some()
}

/// How often the interpreter had been let go before the notification, if that came in so many nanoseconds.
fn look(longest: u64, is_notified: impl Fn() -> bool) -> Option<u32> {
    let end = clock::now() + longest;
    loop {
        // In this order: the notifier lets go after it has notified.
        let before = LET_GO.load(Relaxed);
        if is_notified() {
            return Some(before);
        }
        if clock::now() >= end {
            return None;
        }
        (0..PAUSES).for_each(|_| spin_loop());
    }
}

fn await_host(longest: u64, let_go_before: u32) {
    let end = clock::now() + longest;
    while LET_GO.load(Relaxed) == let_go_before && clock::now() < end {
        spin_loop();
    }
}

/// In a forked child nobody looks.
#[cfg(unix)]
pub(super) fn after_fork() {
    LOOKING.store(false, Relaxed);
}

#[cfg(test)]
mod tests;
