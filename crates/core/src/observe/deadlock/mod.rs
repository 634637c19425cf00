//! Threads that wait in vain: in a circle, or all of them.
//!
//! A thread that has waited for a while ([`FIRST_LOOK`]), without a time limit, looks whether its wait can end.
//! It follows the wait-for graph from itself: what it waits for, who has to bring that about, what that thread
//! waits for. The graph is what the door writes down anyway and the words of the locks themselves, so it
//! costs nothing where nobody waits, and a short wait costs nothing either.
//!
//! | the walk | is | and then |
//! |---|---|---|
//! | comes back, over things that only their owners can bring about | certain | the wait ends with [`Deadlock`] |
//! | comes back over a plain lock, or a job that no worker of its pool has begun | likely: any thread may release the one, or cancel the other | told when it has stood for [`GRACE`]; ends the wait on [`Mode::Raise`] |
//! | ends at once, at an `RLock` whose holder has ended | certain | as above |
//! | ends at a thread that waits for anybody, and so do all others | all asleep | told when it has stood for [`GRACE`] |
//! | the same, beside a thread that only the system knows | perhaps: it may have ended here a moment ago | looked at again, 5 ms to 0.6 s later |
//! | ends at a thread that does not sleep | no deadlock | nothing: whoever closes a circle later looks for itself |
//!
//! Who waits for a job that nobody has begun waits for [all workers](Workers) of its pool: the walk branches there, and
//! all branches have to end in what was walked before. (A *knot* of the graph, in Holt's words.)
//!
//! **No deadlock is missed.** A thread writes down its wait before it looks. Of those in a circle the last one to
//! look finds all others waiting. When a thread ends instead, it wakes those who wait for what it holds; and when it
//! leaves all others asleep, one of them, to look around.
//!
//! **None is invented.** A walk reads one thread after the other, and what it read first may be over when it reads
//! the last. So a circle is walked twice and has to be the same both times, down to when each wait began: then
//! each thread slept from its first reading to its second, all of them between the two walks, and
//! who sleeps neither lets a lock go nor takes one. A thread that was chosen by an unpark is as good as awake, though it
//! may be long until it has the interpreter and notes the end of its wait: so who is in no queue does not sleep. A
//! condition's waiter that was moved to the queue of its lock waits for whoever holds that. Who tells needs the
//! interpreter first, and may get it late: so it looks once more, with the interpreter, whether all still wait.
//!
//! Looks are made one at a time, and a thread whose wait will end with [`Deadlock`] is taken out of the graph within
//! its look: of two that close a circle at the same moment one goes on.
//!
//! Go tells of sleeping goroutines in a similar way (`runtime.checkdead`); circles of waits as the exact condition of a
//! deadlock are from R. C. Holt, "Some Deadlock Properties of Computer Systems", 1972.

mod circle;
pub mod policy;
mod told;
mod walk;
mod workers;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub use circle::{Deadlock, Link, Nature};
pub use policy::Mode;
pub use told::count as told_count;
pub use workers::Workers;
pub(crate) use workers::named_by;

use super::kernel;
use super::registry::{self, Sleeper, Waiting};
use crate::thread::ThreadId;
use crate::wait::{self, Deadline, Kind, clock};
use walk::End;

/// How long a thread has waited when it looks for the first time; for a plain lock it is [`GRACE`].
pub const FIRST_LOOK: Duration = Duration::from_millis(50);

/// How long a deadlock has to have stood before it is told, unless it is certain.
pub const GRACE: Duration = Duration::from_millis(500);

/// When to look again that met a thread which only the system knows: a thread that has ended here goes on being one for a
/// moment. After the last look it is taken to be a thread of the program's own, which may wake others.
const STRANGER_LOOK: Duration = Duration::from_millis(5);
const STRANGER_LOOKS: u32 = 8;

/// So many are remembered as told.
const REMEMBERED: usize = 64;

/// Which waits are deadlocked with one another: thread and begin.
type Key = Vec<(ThreadId, u64)>;

/// One look at a time; and what has been told.
static TURN: Mutex<VecDeque<Key>> = Mutex::new(VecDeque::new());

fn turn() -> MutexGuard<'static, VecDeque<Key>> {
    TURN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The lock of those who look, held over a fork.
pub(crate) struct DeadlockGuard(
    #[expect(dead_code, reason = "held, not used")] MutexGuard<'static, VecDeque<Key>>,
    #[expect(dead_code, reason = "held, not used")] MutexGuard<'static, workers::Table>,
);

/// Locks out those who look for the time of a fork.
pub(crate) fn freeze() -> DeadlockGuard {
    DeadlockGuard(turn(), workers::table())
}

/// What a look found.
enum Verdict {
    /// The wait may end.
    Hope,
    /// It looks bad, but has to stand until this moment first.
    NotBefore(u64),
    /// All threads are asleep, but for one that only the system knows.
    Stranger,
    Found(Deadlock),
}

/// The looks of one thread during one wait.
pub(crate) struct Doubts {
    next: Deadline,
    /// Whether the wait may end with an error.
    may_fail: bool,
    /// Whether it may be for an `RLock`: a waiter of a condition may have been moved to one.
    for_rlock: bool,
    /// Whether it is one of [`HOPEFUL`].
    hopeful: bool,
    /// How many looks have met a stranger.
    strangers: u32,
}

/// How many waits for an `RLock` have looked, and go on: only these have to learn of the end of who holds it. (To find them
/// takes a walk over all threads, which the end of each thread would take where thousands end.)
/// A wait is counted before it looks, and a thread leaves the registry before it asks for the count: one of the two sees
/// the other.
static HOPEFUL: AtomicUsize = AtomicUsize::new(0);

/// What a thread that waits in vain has to do.
pub(crate) enum Step {
    /// Leave the queue, and end the wait.
    Fail(Deadlock),
    /// Tell the host, if it still [stands](Deadlock::stands) then, and go on waiting.
    Tell(Deadlock),
}

impl Doubts {
    /// For a wait of a kind that began at `since`. `owned` tells of one for what a known thread has to bring about, and
    /// whether it may end with an error.
    pub(crate) fn of(kind: Kind, since: u64, unlimited: bool, owned: Option<bool>) -> Self {
        let may_fail = owned == Some(true);
        let looks = unlimited && policy::is_on() && (owned.is_some() || policy::tells_all_asleep());
        // What a look at a plain lock finds is not told before it has stood, so an earlier one would be for nothing.
        let has_to_stand = kind == Kind::Lock && !policy::tells_all_asleep();
        let first =
            Deadline::at(clock::later(since, if has_to_stand { GRACE } else { FIRST_LOOK }));
        Self {
            next: if looks { first } else { Deadline::NEVER },
            may_fail,
            for_rlock: matches!(kind, Kind::RLock | Kind::Condition),
            hopeful: false,
            strangers: 0,
        }
    }

    /// When the thread looks next.
    pub(crate) fn next_look(&self) -> Deadline {
        self.next
    }

    /// Looks. Called by the thread in its wait, without the interpreter.
    pub(crate) fn look(&mut self) -> Option<Step> {
        let me = ThreadId::current();
        let mut told = turn();
        if self.for_rlock && !std::mem::replace(&mut self.hopeful, true) {
            HOPEFUL.fetch_add(1, SeqCst);
        }
        match examine(me, self.may_fail) {
            Verdict::Hope => self.next = Deadline::NEVER,
            Verdict::NotBefore(moment) => self.next = Deadline::at(moment),
            Verdict::Stranger => {
                let pause = STRANGER_LOOK * 2_u32.pow(self.strangers);
                self.strangers += 1;
                let goes_on = self.strangers < STRANGER_LOOKS;
                self.next = if goes_on { Deadline::after(pause) } else { Deadline::NEVER };
            }
            Verdict::Found(deadlock) => {
                self.next = Deadline::NEVER;
                return self.step(deadlock, &mut told);
            }
        }
        None
    }

    fn step(&self, deadlock: Deadlock, told: &mut VecDeque<Key>) -> Option<Step> {
        let fails = match deadlock.nature() {
            Nature::Certain => true,
            Nature::Likely => policy::mode() == Mode::Raise,
            Nature::AllAsleep => false,
        };
        if fails && self.may_fail {
            deadlock.note_told();
            // Who looks next finds the circle open.
            registry::set_waiting(None);
            return Some(Step::Fail(deadlock));
        }
        let key = deadlock.key();
        if told.contains(&key) {
            return None;
        }
        told.push_back(key);
        if told.len() > REMEMBERED {
            told.pop_front();
        }
        Some(Step::Tell(deadlock))
    }
}

impl Drop for Doubts {
    fn drop(&mut self) {
        if self.hopeful {
            HOPEFUL.fetch_sub(1, SeqCst);
        }
    }
}

fn examine(me: ThreadId, may_fail: bool) -> Verdict {
    match walk::from(me) {
        End::Circle(circle) if walk::from(me) == End::Circle(circle.clone()) => {
            let nature = walk::nature(&circle);
            let deadlock = Deadlock::new(nature, circle);
            match (nature, may_fail) {
                (Nature::Certain, true) => return Verdict::Found(deadlock),
                // Perhaps the wait of another may fail.
                (Nature::Certain, false) => deadlock.links()[1..].iter().for_each(Link::poke),
                _ => {}
            }
            when_it_has_stood(deadlock)
        }
        End::Anybody if policy::tells_all_asleep() => {
            all_asleep().map_or_else(|verdict| verdict, when_it_has_stood)
        }
        // (A circle that is another one the second time is over.)
        End::Circle(_) | End::Anybody | End::Awake => Verdict::Hope,
    }
}

fn when_it_has_stood(deadlock: Deadlock) -> Verdict {
    let due = clock::later(deadlock.since(), GRACE);
    if clock::now() < due { Verdict::NotBefore(due) } else { Verdict::Found(deadlock) }
}

/// All threads of the process, if each waits at the door without a time limit: read twice, as a circle is.
fn all_asleep() -> Result<Deadlock, Verdict> {
    if !policy::may_be_all_asleep() {
        return Err(Verdict::Hope);
    }
    let sleepers = asleep()?;
    if asleep()? == sleepers {
        Ok(Deadlock::new(Nature::AllAsleep, sleepers))
    } else {
        Err(Verdict::Hope)
    }
}

fn asleep() -> Result<Vec<Sleeper>, Verdict> {
    match registry::all_asleep() {
        Ok(sleepers) => {
            let known = sleepers.iter().filter_map(|(_, native_id)| *native_id);
            if !kernel::no_other_threads(&known.collect()) {
                return Err(Verdict::Stranger);
            }
            Ok(sleepers.into_iter().map(|(sleeper, _)| sleeper).collect())
        }
        Err(awake) => {
            policy::note_awake(awake);
            Err(Verdict::Hope)
        }
    }
}

/// The calling thread has nothing left to do but to wait for the end of others, which it does elsewhere: an
/// interpreter's main thread. Or it goes on after all.
///
/// From now on it counts as asleep, also between its own waits at the door. So this may be told of a process whose
/// threads are at its very end; the host knows what is worth telling then.
pub fn thread_is_over(is_over: bool) {
    registry::announce();
    let waiting = || Waiting { site: registry::over(), since: clock::now(), unlimited: true };
    registry::set_waiting(is_over.then(waiting));
}

/// The calling thread, which had this number, has ended, and is not registered any more. Those who wait for what it
/// holds are woken to look, and if it leaves all others asleep, one of them.
pub(crate) fn thread_has_ended(thread: ThreadId) {
    if policy::is_on() && HOPEFUL.load(SeqCst) > 0 {
        for (sleeper, site) in registry::waiting_for(thread) {
            let _ = wait::poke(site, sleeper);
        }
    }
    wake_one_to_look_around();
}

fn wake_one_to_look_around() {
    if !policy::tells_all_asleep() || !policy::may_be_all_asleep() {
        return;
    }
    // (To the system it still is a thread: whether there are others is for the look to find out.)
    match registry::all_asleep() {
        Ok(sleepers) => {
            // (One that waits elsewhere cannot be woken: see `thread_is_over`.)
            let poked =
                |(sleeper, _): &(Sleeper, _)| wait::poke(sleeper.waiting.site, sleeper.thread);
            let _ = sleepers.iter().any(poked);
        }
        Err(awake) => policy::note_awake(awake),
    }
}
