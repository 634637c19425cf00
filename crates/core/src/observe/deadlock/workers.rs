//! The workers of a pool: who waits for a job that none of them has begun waits for all of them.
//!
//! Any worker that becomes free may begin the job, so the wait is in vain when every one of them waits in vain, and no
//! more can come. A pool enters how many there may be, its threads enter themselves, and the word that is to name
//! who runs a job ([`Future`](crate::exec::Future)) holds the pool's number until somebody does.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sync;
use crate::thread::ThreadId;
use crate::wait::Kind;

/// Says that a word names a pool, not a thread.
const POOL: u32 = 1 << 31;

#[derive(Default)]
pub(super) struct Table {
    last: u32,
    pools: BTreeMap<u32, Members>,
}

struct Members {
    limit: usize,
    threads: Vec<ThreadId>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { last: 0, pools: BTreeMap::new() });

pub(super) fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The threads that begin the jobs of one pool. While it exists, jobs may [wait for
/// them](crate::exec::Future::await_workers).
pub struct Workers {
    number: u32,
}

impl Workers {
    /// Of a pool that has at most `limit` threads.
    #[must_use]
    pub fn new(limit: usize) -> Self {
        let mut table = table();
        // Seldom is a number given out again, and never while it is in use.
        let mut number = table.last;
        loop {
            number = number % (POOL - 1) + 1;
            if !table.pools.contains_key(&number) {
                break;
            }
        }
        table.last = number;
        table.pools.insert(number, Members { limit, threads: Vec::new() });
        Self { number }
    }

    /// The calling thread is one of them, until it ends.
    pub fn join(&self) {
        let me = ThreadId::current();
        if let Some(members) = table().pools.get_mut(&self.number) {
            members.threads.push(me);
        }
    }

    /// What stands for them where a thread would be named.
    pub(crate) fn word(&self) -> u32 {
        POOL | self.number
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        table().pools.remove(&self.number);
    }
}

/// Whether the thread waits for a job that nobody has begun, and a word names the pool of.
pub(super) fn are_named(kind: Kind, word: u32) -> bool {
    kind == Kind::Future && word & POOL != 0
}

/// All that could begin the job that a word names the pool of; `None` while there could be others.
pub(super) fn of(word: u32) -> Option<Vec<ThreadId>> {
    let table = table();
    let members = table.pools.get(&(word & !POOL))?;
    (members.threads.len() >= members.limit).then(|| members.threads.clone())
}

/// The thread that has to bring about what others wait for, by the word of that.
pub(crate) fn named_by(kind: Kind, word: u32) -> Option<ThreadId> {
    if are_named(kind, word) { None } else { sync::named_by(word) }
}
