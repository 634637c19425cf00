//! What the interpreter is doing, found out from outside, and what only it can tell, asked for briefly.
//!
//! **Who holds it** the host knows without it ([`Host::possession`]). **For how long** nobody writes down,
//! so the server looks every [`PERIOD`], for as long as it runs: a thread that has been there at every
//! look since some moment is said to have held it since then *at least*. Between two looks it may have
//! let go and come back; that is inferred, and said so.
//!
//! **The stacks of running threads** are the interpreter's. A thread of their own asks for them and waits
//! as long as it takes; the server waits for that thread for [`LIMIT`] and no longer. While one is waiting
//! there is no second: then the answer is known at once.
//!
//! [`Host::possession`]: crate::wait::host::Host::possession

use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::time::Duration;

use super::process::spawn_without_signals;
use crate::observe::stack::Stack;
use crate::wait::clock;
use crate::wait::host::{Possession, host};

/// How often the server looks who holds the interpreter.
pub(super) const PERIOD: Duration = Duration::from_millis(100);
/// How long the server waits for the interpreter: several threads may be before us.
const LIMIT: Duration = Duration::from_millis(50);
/// How long it waits where one thread has held it for [`LONG`]. If that runs Python code it lets go after 5 ms
/// (`sys.getswitchinterval()`), and else it may not for seconds.
const SHORT_LIMIT: Duration = Duration::from_millis(20);
/// So long is over three looks: one of four busy threads is seldom seen at all of them by chance.
const LONG: Duration = Duration::from_millis(250);

/// The name of the thread that asks it, in the system.
pub(super) const ASKER: &str = "ironthread-ask";

/// Stacks by the host's identifier of their threads.
pub(super) type Stacks = Vec<(u64, Stack)>;

/// What came of asking the interpreter.
pub(super) enum Asking {
    /// It was not asked.
    Unasked,
    /// It answered.
    Answered(Stacks),
    /// It has not answered since this moment.
    Silent(u64),
}

/// The interpreter at a moment.
pub(super) struct Interpreter {
    /// Who holds it.
    pub(super) possession: Possession,
    /// Since when that thread has been seen with it, on [`clock::now`].
    pub(super) since: u64,
    /// What came of asking it.
    pub(super) asking: Asking,
    /// How long an answer is waited for.
    pub(super) limit: Duration,
}

/// Looks now and then, and asks.
pub(super) struct Watcher {
    possession: Possession,
    since: u64,
    asked: Option<Asked>,
}

struct Asked {
    answer: Receiver<Stacks>,
    since: u64,
}

impl Watcher {
    pub(super) fn new() -> Self {
        Self { possession: Possession::Unknown, since: clock::now(), asked: None }
    }

    /// Looks who holds the interpreter.
    pub(super) fn look(&mut self) {
        let now = host().possession();
        if now != self.possession {
            self.possession = now;
            self.since = clock::now();
        }
    }

    /// The interpreter now; `with_stacks`: having been asked.
    pub(super) fn interpreter(&mut self, with_stacks: bool) -> Interpreter {
        if with_stacks {
            self.look();
        }
        let limit = self.limit();
        let asking = if with_stacks { self.ask(limit) } else { Asking::Unasked };
        self.look();
        Interpreter { possession: self.possession, since: self.since, asking, limit }
    }

    fn limit(&self) -> Duration {
        let held = Duration::from_nanos(clock::now().saturating_sub(self.since));
        let is_held = matches!(self.possession, Possession::Held { .. });
        if is_held && held >= LONG { SHORT_LIMIT } else { LIMIT }
    }

    fn ask(&mut self, limit: Duration) -> Asking {
        match &self.asked {
            Some(asked) if asked.answer.try_recv() == Err(TryRecvError::Empty) => {
                return Asking::Silent(asked.since);
            }
            // What came after its time is of another moment.
            _ => self.asked = None,
        }
        let since = clock::now();
        let (sender, answer) = mpsc::channel();
        // Nobody may be left to receive it.
        let body = move || drop(sender.send(host().stacks()));
        // No thread to be had: no answer either.
        if spawn_without_signals(ASKER, body).is_err() {
            return Asking::Silent(since);
        }
        if let Ok(stacks) = answer.recv_timeout(limit) {
            return Asking::Answered(stacks);
        }
        self.asked = Some(Asked { answer, since });
        Asking::Silent(since)
    }
}
