//! What the tests share: threads that can be seen to wait, without sleeping for it.

#![allow(dead_code, reason = "every test binary takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::{Scope, ScopedJoinHandle, yield_now};
use std::time::Duration;

use ironthread::observe::registry::{ThreadFacts, Waiting, threads};
use ironthread::thread::ThreadId;
use ironthread::wait::{Deadline, Kind, Origin, watch};

/// A time limit that no test reaches unless something is wrong.
pub(crate) fn long() -> Deadline {
    Deadline::after(Duration::from_secs(60))
}

/// A time limit that is reached soon.
pub(crate) fn soon() -> Deadline {
    Deadline::after(Duration::from_millis(5))
}

/// Comes back when `condition` holds. A test that waits in vain is killed by its runner.
pub(crate) fn until(mut condition: impl FnMut() -> bool) {
    while !condition() {
        yield_now();
    }
}

/// What is observed from here on is recorded, until this is dropped.
pub(crate) struct Recording {
    _turn: MutexGuard<'static, ()>,
}

/// There is one recording in a process: the tests that make one take turns.
pub(crate) fn recording() -> Recording {
    static TURN: Mutex<()> = Mutex::new(());
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    watch::start();
    Recording { _turn: turn }
}

impl Drop for Recording {
    fn drop(&mut self) {
        watch::stop();
    }
}

/// A thread of a test.
pub(crate) struct Running<'scope, T> {
    pub(crate) id: ThreadId,
    handle: ScopedJoinHandle<'scope, T>,
}

/// Starts a thread and comes back when its number is known.
pub(crate) fn start<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    step: impl FnOnce() -> T + Send + 'scope,
) -> Running<'scope, T> {
    let (tell, told) = mpsc::channel();
    let handle = scope.spawn(move || {
        tell.send(ThreadId::current()).unwrap();
        step()
    });
    Running { id: told.recv().unwrap(), handle }
}

/// Starts a thread and comes back when it waits at the door for a thing of this kind.
pub(crate) fn start_waiting<'scope, T: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    kind: Kind,
    step: impl FnOnce() -> T + Send + 'scope,
) -> Running<'scope, T> {
    let running = start(scope, step);
    running.until_waiting(kind);
    running
}

impl<T> Running<'_, T> {
    /// What is known of the thread.
    pub(crate) fn facts(&self) -> Option<ThreadFacts> {
        threads().into_iter().find(|facts| facts.id == self.id)
    }

    /// What the thread waits for.
    pub(crate) fn waiting(&self) -> Option<Waiting> {
        self.facts().and_then(|facts| facts.waiting)
    }

    /// Comes back when the thread is in the queue of a thing of this kind.
    pub(crate) fn until_waiting(&self, kind: Kind) {
        until(|| self.waiting().is_some_and(|waiting| waiting.site.kind() == kind));
    }

    /// The line that made what the thread waits for.
    pub(crate) fn origin(&self) -> Option<Origin> {
        self.waiting().and_then(|waiting| waiting.site.origin())
    }

    pub(crate) fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }

    /// Waits for the end of the thread.
    pub(crate) fn join(self) -> T {
        self.handle.join().unwrap()
    }
}
