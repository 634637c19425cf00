//! When a thread looks, for how long, and what it learns of it.

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
