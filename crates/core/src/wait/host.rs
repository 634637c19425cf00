//! The seam between the door and an interpreter that lives in the same process.
//!
//! A pure Rust program has no host: threads just sleep. The Python binding installs one that lets the
//! interpreter go around the sleep, and around waking others, runs signal handlers when the sleep of the main thread is
//! interrupted, and knows the interpreter's name for the calling thread. The door calls the host with
//! none of its locks held.

use std::sync::OnceLock;

use crate::observe::deadlock::Deadlock;
use crate::observe::order::Inversion;
use crate::observe::stack::Stack;
use crate::thread::ThreadId;

/// Who has the lock of the interpreter, as seen without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Possession {
    /// It cannot be told, or there is no such lock.
    Unknown,
    /// Nobody has it.
    Free,
    /// A thread has it.
    Held {
        /// The host's identifier of the thread.
        ident: u64,
        /// The kernel's, where it is known.
        native_id: Option<u32>,
    },
}

/// What an interpreter does around a wait. See the module's description. Unless it says otherwise, there is none.
pub trait Host: Sync {
    /// Runs `step`, a sleep or a wake-up, with the interpreter let go, and returns once it has been taken back.
    fn detached(&self, step: &mut (dyn FnMut() + Send)) {
        step();
    }

    /// Whether one thread at a time has the interpreter, and those that are woken have to wait for it.
    fn has_lock(&self) -> bool {
        false
    }

    /// Whether the calling thread has an interpreter that the threads it is about to wake will want for themselves: then
    /// it is [let go](Self::detached) around the wake-up, if that pays.
    fn keeps_others_out(&self) -> bool {
        false
    }

    /// Whether the calling thread takes the process's signals, so that a signal ends its sleep.
    fn takes_signals(&self) -> bool {
        false
    }

    /// Whether handlers run in the calling thread, so that a signal that arrives just before its sleep
    /// must not be missed.
    fn runs_handlers(&self) -> bool {
        false
    }

    /// Whether waiting is in vain: the interpreter is on its way out, and all other threads stand still.
    /// A wait then ends as one that is interrupted by a signal, without a sleep, and
    /// [`run_handlers`](Self::run_handlers) says `false`.
    fn ends(&self) -> bool {
        false
    }

    /// Runs the handlers of signals that have arrived. `true` when the wait may go on; `false` when a
    /// handler wants the wait ended (the host keeps what it raised).
    fn run_handlers(&self) -> bool {
        true
    }

    /// Tells of a deadlock that the calling thread has found in its wait. (It sleeps on after that.) By default a line
    /// on standard error.
    fn tell(&self, deadlock: &Deadlock) {
        eprintln!("ironthread: {deadlock}");
    }

    /// Tells of locks that were taken in orders which can meet in a deadlock; the calling thread took the last of them
    /// just now. By default a line on standard error.
    fn tell_inversion(&self, inversion: &Inversion) {
        eprintln!("ironthread: {inversion}");
    }

    /// The interpreter's identifier of the calling thread, for people and for `repr`.
    fn thread_ident(&self) -> u64 {
        u64::from(ThreadId::current().get())
    }

    /// The program's stack of the calling thread, which is about to sleep. It runs none of the program's
    /// code. `None` where there are no stacks.
    fn stack(&self) -> Option<Stack> {
        None
    }

    /// The stacks of all threads of the program now, by the host's identifier. Waits for the interpreter
    /// as long as it takes: called by a thread that nobody waits for without a limit.
    fn stacks(&self) -> Vec<(u64, Stack)> {
        Vec::new()
    }

    /// The calling thread, which has descriptors of its own, is going to look who has the lock of the interpreter.
    fn looks_apart(&self) {}

    /// Who has the lock of the interpreter. Called by any thread, and never waits.
    fn possession(&self) -> Possession {
        Possession::Unknown
    }
}

/// The host of a pure Rust program.
struct NoHost;

impl Host for NoHost {}

static HOST: OnceLock<&'static dyn Host> = OnceLock::new();

/// Installs the process's host, once, before any thread waits. Later calls change nothing and return
/// `false`.
pub fn set_host(host: &'static dyn Host) -> bool {
    HOST.set(host).is_ok()
}

/// The process's host.
pub fn host() -> &'static dyn Host {
    HOST.get().copied().unwrap_or(&NoHost)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_that_says_nothing_else_has_no_interpreter() {
        let host = &NoHost;
        assert!(!host.has_lock() && !host.keeps_others_out());
        assert!(!host.takes_signals() && !host.runs_handlers() && host.run_handlers());
        assert!(!host.ends());
        let idents = [(); 2].map(|()| {
            let ident = || (NoHost.thread_ident(), u64::from(ThreadId::current().get()));
            std::thread::spawn(ident).join().unwrap()
        });
        assert!(idents[0] != idents[1] && idents.iter().all(|(ident, own)| ident == own));
        assert!(host.stack().is_none() && host.stacks().is_empty());
        assert_eq!(host.possession(), Possession::Unknown);
        let mut slept = 0;
        host.detached(&mut || slept += 1);
        assert_eq!(slept, 1);
    }
}
