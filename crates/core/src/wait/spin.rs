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
mod tests {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use super::*;

    /// How many of so many sleeps of a new thread begin with a look, if all are in vain.
    fn looks_in_vain(sleeps: u32) -> u32 {
        looks_in_vain_after(Luck::FIRST, sleeps)
    }

    fn looks_in_vain_after(mut luck: Luck, sleeps: u32) -> u32 {
        let mut count = 0;
        for _ in 0..sleeps {
            let (looks, next) = luck.step();
            luck = if looks { next.after(false) } else { next };
            count += u32::from(looks);
        }
        count
    }

    #[test]
    fn a_look_is_somewhat_longer_than_a_wake_up_takes_and_has_bounds() {
        let after = |samples: &[u64]| {
            WAKING.store(0, Relaxed);
            for &took in samples {
                learn(took);
            }
            Patience::for_answers().for_notice
        };
        assert_eq!(after(&[]), SHORTEST);
        assert_eq!(after(&[2_000]), SHORTEST);
        assert_eq!(after(&[20_000]), 29_000);
        assert_eq!(after(&[u64::MAX; 3]), LONGEST);
        // One that is late changes little, many do.
        assert!(after(&[8_000, 8_000, u64::MAX]) < 22_000);
        let slower: Vec<u64> = [[6_000; 9], [24_000; 9]].concat();
        assert!(after(&slower) > 26_000);
        let faster: Vec<u64> = [[24_000; 9], [6_000; 9]].concat();
        assert!(after(&faster) < 20_000);
    }

    #[test]
    fn a_thread_that_waits_a_few_times_does_not_look() {
        assert_eq!(looks_in_vain(3), 0);
    }

    #[test]
    fn looks_in_vain_become_rare() {
        assert_eq!(looks_in_vain(4), 1);
        assert!(looks_in_vain(1000) < 10);
        assert!(looks_in_vain_after(Luck::FIRST.after(true), 1000) < 12);
        let late = looks_in_vain(1_000_000) - looks_in_vain(500_000);
        assert!(late <= 500_000 / Luck::WORST + 1);
    }

    #[test]
    fn a_look_that_was_not_in_vain_is_followed_by_another() {
        let unlucky = Luck { skip: Luck::WORST, left: 0 };
        assert!(unlucky.after(true).step().0);
    }

    /// How many of so many starts, so many nanoseconds apart, begin with a look; and what is saved then.
    fn looks_at_starts(savings: Savings, starts: u64, apart: u64, found: bool) -> (u32, Savings) {
        let begin = savings.last + 1_000_000_000;
        (0..starts).fold((0, savings), |(count, savings), number| {
            let (looks, next) = savings.step_at(begin + number * apart);
            (count + u32::from(looks), if looks { next.after(found) } else { next })
        })
    }

    #[test]
    fn who_starts_many_threads_in_a_row_looks_each_time_until_its_savings_are_spent() {
        let (few, _) = looks_at_starts(Savings::FIRST, u64::from(Savings::MANY), 200_000, false);
        assert_eq!(few, Savings::MANY / Savings::PRICE);
        let (many, _) = looks_at_starts(Savings::FIRST, 200, 200_000, false);
        assert_eq!(many - few, 200 - Savings::MANY);
        let (most, _) = looks_at_starts(Savings::FIRST, 100_000, 200_000, false);
        assert!(most < 100_000 / Savings::PRICE + 300);
    }

    #[test]
    fn who_finds_for_a_while_has_savings_again() {
        let (_, spent) = looks_at_starts(Savings::FIRST, 10_000, 200_000, false);
        let (of_spent, _) = looks_at_starts(spent, 200, 200_000, false);
        let (_, saved) = looks_at_starts(spent, 10_000, 200_000, true);
        let (of_saved, _) = looks_at_starts(saved, 200, 200_000, false);
        assert!(of_saved > 150 && of_spent < 30, "{of_saved}, {of_spent}");
    }

    #[test]
    fn who_starts_a_thread_now_and_then_looks_at_one_start_in_so_many() {
        let (_, spent) = looks_at_starts(Savings::FIRST, 10_000, 200_000, false);
        for savings in [Savings::FIRST, spent] {
            let (looks, _) = looks_at_starts(savings, 1_600, 2 * Savings::APART, false);
            assert!(looks.abs_diff(1_600 / Savings::PRICE) <= 1);
        }
    }

    #[test]
    fn who_finds_each_time_that_it_looks_looks_each_time() {
        let (looks, _) = looks_at_starts(Savings::FIRST, 1_000, 2 * Savings::APART, true);
        assert_eq!(looks, 1_000);
    }

    #[test]
    fn who_is_notified_meanwhile_is_seen_and_who_is_not_is_left_to_sleep() {
        // A minute: three looks take longer than `FOR_ANSWERS` where the processor is slow, or another's.
        let looked = Cell::new(0);
        let notified = look(60_000_000_000, || {
            looked.set(looked.get() + 1);
            looked.get() == 3
        });
        assert_eq!(notified, Some(LET_GO.load(Relaxed)));
        assert_eq!(look(SHORTEST, || false), None);
    }

    /// Calls `look` until it has asked, which it does unless another test's thread looks at that moment. Returns how often it
    /// asked, and what it said. `None` where there is one processor, and nobody looks.
    fn once_it_looks<R>(look: impl Fn(&AtomicU32) -> R) -> Option<(u32, R)> {
        are_several_processors().then(|| {
            loop {
                let asked = AtomicU32::new(0);
                let said = look(&asked);
                let asked = asked.into_inner();
                if asked > 0 {
                    return (asked, said);
                }
            }
        })
    }

    /// For tests that look at, or change, what says that a thread looks.
    static TURN: Mutex<()> = Mutex::new(());

    fn turn() -> MutexGuard<'static, ()> {
        TURN.lock().unwrap_or_else(PoisonError::into_inner)
    }

    const BRIEF: Patience = Patience { for_notice: SHORTEST, for_host: SHORTEST };

    #[test]
    fn what_a_look_finds_says_when_the_thread_looks_next() {
        let _turn = turn();
        let due = Luck { skip: 3, left: 0 };
        for found in [true, false] {
            let own = Cell::new(due);
            let looked = once_it_looks(|asked| {
                look_with(&own, BRIEF, || {
                    asked.fetch_add(1, Relaxed);
                    assert!(LOOKING.load(Relaxed), "others would look beside this one");
                    found
                })
            });
            if let Some((_, said)) = looked {
                assert_eq!((said, own.get()), (found, due.after(found)));
            }
        }
    }

    #[test]
    fn a_thread_that_is_not_due_does_not_look() {
        let own = Cell::new(Luck { skip: 3, left: 1 });
        assert!(!look_with(&own, BRIEF, || unreachable!("it looked")));
        assert_eq!(own.get(), Luck { skip: 3, left: 0 });
    }

    #[test]
    fn a_thread_looks_at_its_first_start_and_not_at_its_first_wait() {
        for kind in [Kind::Lock, Kind::Event, Kind::ThreadJoin] {
            let waits = move || before_sleep(kind, || unreachable!("it looked"));
            assert!(!std::thread::spawn(waits).join().unwrap());
        }
        let looked = once_it_looks(|asked| {
            // Another thread each time, whose first start it is.
            std::thread::scope(|scope| {
                let look = || {
                    before_sleep(Kind::ThreadStart, || {
                        asked.fetch_add(1, Relaxed);
                        true
                    })
                };
                scope.spawn(look).join().unwrap()
            })
        });
        assert!(looked.is_none_or(|looked| looked == (1, true)));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn who_looks_for_an_end_looks_until_it_has_come() {
        let _turn = turn();
        let asked = AtomicU32::new(0);
        for_an_end(|| asked.fetch_add(1, Relaxed) == 0);
        assert_eq!(asked.into_inner(), 1, "it was gone when it was asked for the first time");
        if are_several_processors() {
            loop {
                let asked = AtomicU32::new(0);
                for_an_end(|| {
                    let before = asked.fetch_add(1, Relaxed);
                    assert!(before == 0 || LOOKING.load(Relaxed));
                    before == 2
                });
                if asked.into_inner() == 3 {
                    break;
                }
            }
        }
    }

    #[test]
    fn who_awaits_the_interpreter_does_until_it_is_let_go_or_for_a_moment() {
        let begin = clock::now();
        await_host(SHORTEST, LET_GO.load(Relaxed));
        assert!(clock::now() - begin >= SHORTEST);
        // An hour, and it had been let go before.
        await_host(3_600_000_000_000, LET_GO.load(Relaxed).wrapping_sub(1));
    }

    #[test]
    #[cfg(unix)]
    fn a_child_looks_though_another_thread_looked_as_it_was_forked() {
        let _turn = turn();
        LOOKING.store(true, Relaxed);
        after_fork();
        // (Other tests look, too.)
        while LOOKING.load(Relaxed) {
            std::thread::yield_now();
        }
    }

    #[test]
    #[cfg(all(target_os = "linux", not(miri)))]
    fn nobody_looks_who_may_use_one_processor() {
        use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

        // (The affinity is the thread's own.)
        let on_one = std::thread::spawn(|| {
            let all = sched_getaffinity(None).unwrap();
            let mut one = CpuSet::new();
            one.set((0..CpuSet::MAX_CPU).find(|&number| all.is_set(number)).unwrap());
            sched_setaffinity(None, &one).unwrap();
            may_use_several()
        });
        assert!(!on_one.join().unwrap());
        assert_eq!(are_several_processors(), available_parallelism().unwrap().get() > 1);
    }
}
