//! What is known of the program at one moment, gathered for an answer.
//!
//! Everything is copied, under the locks of those who keep it and one lock at a time, before anything is
//! written to anybody. What the kernel knows of the threads is read from `/proc/self/task`.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::sync::Arc;

use super::circles;
use super::interpreter::{ASKER, Asking, Interpreter, Watcher};
use crate::observe::kernel;
use crate::observe::metrics::{self, Spread};
use crate::observe::origin::{self, Line};
use crate::observe::registry::{self, ThreadFacts};
use crate::observe::stack::Stack;
use crate::observe::tally::Tally;
use crate::thread::ThreadId;
use crate::wait::host::Possession;
use crate::wait::{Kind, Origin, clock, watch};

/// An answer tells of so many threads and of so many lines, and how many more there are.
pub(super) const MOST: usize = 2000;

/// The program at a moment.
pub(super) struct Picture {
    /// When, on [`clock::now`].
    pub(super) now: u64,
    /// When the recording of waits began; `None` when there is none.
    pub(super) recorded_since: Option<u64>,
    /// The words of its command line.
    pub(super) command: Vec<String>,
    pub(super) interpreter: Interpreter,
    /// Those that have met the engine and live.
    pub(super) threads: Vec<Thread>,
    pub(super) threads_left_out: usize,
    /// Those that wait for one another.
    pub(super) circles: Vec<Vec<ThreadId>>,
    /// Those of the process that have not met it.
    pub(super) others: Vec<Other>,
    pub(super) waits: Vec<Waits>,
}

/// A thread.
pub(super) struct Thread {
    pub(super) facts: ThreadFacts,
    /// What the kernel says, where it says something.
    pub(super) kernel: Option<Kernel>,
    /// Where it waits, or was when the interpreter was asked.
    pub(super) stack: Option<Arc<Stack>>,
}

/// A thread of the process that the engine knows nothing of.
pub(super) struct Other {
    pub(super) native_id: u32,
    pub(super) kernel: Kernel,
}

/// What the kernel says of a thread.
pub(super) struct Kernel {
    /// Its name there.
    pub(super) name: String,
    /// Its state, in one letter (`proc_pid_stat(5)`): R runs, S sleeps, D sleeps in a device.
    pub(super) state: char,
}

/// The waits for what one line made.
pub(super) struct Waits {
    pub(super) kind: Kind,
    pub(super) made_at: Option<Line>,
    pub(super) objects: u64,
    pub(super) tally: Tally,
    /// Their percentiles, in nanoseconds.
    pub(super) spread: Spread,
    /// How many threads wait now, and the longest of these waits so far.
    pub(super) waiting: u64,
    pub(super) waiting_longest: u64,
}

impl Picture {
    /// Takes it.
    pub(super) fn take(watcher: &mut Watcher, with_stacks: bool) -> Self {
        let mut interpreter = watcher.interpreter(with_stacks);
        let mut asked: HashMap<u64, Stack> = match &mut interpreter.asking {
            Asking::Answered(stacks) => std::mem::take(stacks).into_iter().collect(),
            _ => HashMap::new(),
        };
        let mut alive = registry::threads();
        alive.retain(|facts| facts.ended.is_none());
        let now = clock::now();
        let waits = waits(&alive, now);
        let circles = circles::standing(&alive);
        let mut kernel = kernel_threads();
        let threads_left_out = alive.len().saturating_sub(MOST);
        let mut threads: Vec<_> = alive
            .into_iter()
            .map(|facts| {
                let kernel = facts.native_id.and_then(|id| kernel.remove(&id));
                let stack = stack(&facts, &mut asked).filter(|_| with_stacks);
                Thread { facts, kernel, stack }
            })
            .collect();
        threads.truncate(MOST);
        let own = kernel::native_id();
        let others = kernel
            .into_iter()
            .filter(|(native_id, kernel)| Some(*native_id) != own && kernel.name != ASKER)
            .map(|(native_id, kernel)| Other { native_id, kernel })
            .take(MOST)
            .collect();
        let recorded_since = watch::is_on().then(watch::since);
        let command = command();
        Self {
            now,
            recorded_since,
            command,
            interpreter,
            threads,
            threads_left_out,
            circles,
            others,
            waits,
        }
    }

    /// The thread of that number.
    pub(super) fn thread(&self, id: ThreadId) -> Option<&Thread> {
        // They are in the order of their numbers.
        let place = self.threads.binary_search_by_key(&id, |thread| thread.facts.id).ok()?;
        Some(&self.threads[place])
    }

    /// The thread that holds the interpreter, where that is known and the engine has met it.
    pub(super) fn holder(&self) -> Option<&Thread> {
        let Possession::Held { ident, .. } = self.interpreter.possession else { return None };
        self.threads.iter().find(|thread| thread.facts.ident == ident)
    }

    /// The threads that may hold the interpreter, where nobody can tell: those that do not wait here.
    pub(super) fn suspects(&self) -> impl Iterator<Item = &Thread> {
        self.threads.iter().filter(|thread| thread.facts.waiting.is_none())
    }
}

fn stack(facts: &ThreadFacts, asked: &mut HashMap<u64, Stack>) -> Option<Arc<Stack>> {
    let asked = asked.remove(&facts.ident).map(Arc::new);
    // A thread that has begun to wait since has both; where it waits is the news.
    let noted = facts.waiting.and(facts.stack.clone());
    noted.or(asked)
}

/// The waits so far and those of the moment, the most waited-for first.
fn waits(alive: &[ThreadFacts], now: u64) -> Vec<Waits> {
    let mut current: BTreeMap<(Kind, Option<Origin>), (u64, u64)> = BTreeMap::new();
    for facts in alive.iter().filter(|facts| !facts.helper) {
        let Some(waiting) = facts.waiting else { continue };
        let entry = current.entry((waiting.site.kind(), waiting.site.origin())).or_default();
        entry.0 += 1;
        entry.1 = entry.1.max(now.saturating_sub(waiting.since));
    }
    let recorded = metrics::waits().into_iter();
    let mut rows: Vec<_> =
        recorded.map(|row| (row.kind, row.origin, row.tally, row.spread)).collect();
    for &(kind, origin) in current.keys() {
        if !rows.iter().any(|row| (row.0, row.1) == (kind, origin)) {
            rows.push((kind, origin, Tally::default(), Spread::default()));
        }
    }
    rows.sort_by_key(|(.., tally, _)| std::cmp::Reverse(tally.total));
    let row = |(kind, origin, tally, spread): (Kind, Option<Origin>, Tally, Spread)| {
        let (made_at, objects) = origin.and_then(origin::line).unzip();
        let (waiting, waiting_longest) = current.get(&(kind, origin)).copied().unwrap_or_default();
        let objects = objects.unwrap_or_default();
        Waits { kind, made_at, objects, tally, spread, waiting, waiting_longest }
    };
    rows.into_iter().take(MOST).map(row).collect()
}

fn command() -> Vec<String> {
    let words = fs::read("/proc/self/cmdline").unwrap_or_default();
    let words = words.strip_suffix(b"\0").unwrap_or(&words);
    words.split(|&byte| byte == 0).map(|word| String::from_utf8_lossy(word).into()).collect()
}

/// The threads of the process, as the kernel knows them.
fn kernel_threads() -> BTreeMap<u32, Kernel> {
    let entries = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    // One that has ended meanwhile has no files.
    numbers.filter_map(|id| Some((id, kernel_thread(id)?))).collect()
}

fn kernel_thread(id: u32) -> Option<Kernel> {
    let text = fs::read(format!("/proc/self/task/{id}/stat")).ok()?;
    parse_stat(&String::from_utf8_lossy(&text))
}

/// `12 (a name) S 1 …`. The name may have parentheses in it.
pub(super) fn parse_stat(text: &str) -> Option<Kernel> {
    let (before, after) = text.rsplit_once(") ")?;
    let (_, name) = before.split_once(" (")?;
    Some(Kernel { name: name.to_owned(), state: after.chars().next()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_no_obstacle() {
        let Kernel { name, state } = parse_stat("12 (a) b (c)) R 1 2 3").unwrap();
        assert_eq!((name.as_str(), state), ("a) b (c)", 'R'));
        assert!(parse_stat("12 (cut off").is_none());
    }
}
