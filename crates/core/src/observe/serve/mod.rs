//! Answers questions about the running program, without its interpreter: a socket, and a signal.
//!
//! One thread serves both, and exists only once somebody has asked for one of them ([`listen`],
//! [`dump_on`]). It works from what the engine knows: the registry, the wait-for graph, the stacks that
//! threads note before they sleep. So it answers while a C call keeps the interpreter, and while all
//! threads are deadlocked. What only the interpreter knows is asked for by another thread, for a limited
//! time (`interpreter.rs`).
//!
//! Nothing can be changed through the socket. It lies in a directory that is its user's alone
//! (`place.rs`), its peers are checked, and each has little room and time (`client.rs`).
//!
//! A forked child has neither the thread nor the socket: it closes what it inherited, and the signal means
//! again what it meant before. It may ask for its own.

mod answer;
mod circles;
mod client;
mod interpreter;
mod own;
mod picture;
mod place;
pub(super) mod process;
mod question;
mod server;
mod text;

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustix::event::{EventfdFlags, eventfd};

use super::stack;
use own::{Own, OwnGuard};

/// What the server and those who steer it share.
struct Shared {
    /// Wakes the server to look here again.
    wake: Own<OwnedFd>,
    listener: Mutex<Option<Arc<Own<UnixListener>>>>,
    /// What the signal's handler writes to.
    signals: Mutex<Option<&'static OwnedFd>>,
    stop: AtomicBool,
}

/// The server that runs.
struct Running {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    path: Option<PathBuf>,
}

static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn new_eventfd() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

/// Writes to an eventfd, which wakes the server.
fn nudge(descriptor: &OwnedFd) {
    // It fails only where the server has been told so often that the count is full.
    let _ = rustix::io::write(descriptor, &1_u64.to_ne_bytes());
}

/// Runs `step` on the server, which is started if there is none; and ended again if the step fails then.
fn with_running<R>(step: impl FnOnce(&mut Running) -> io::Result<R>) -> io::Result<R> {
    let mut slot = lock(&RUNNING);
    if let Some(running) = &mut *slot {
        return step(running);
    }
    let running = slot.insert(start()?);
    let result = step(running);
    drop(slot);
    if result.is_err() {
        close();
    }
    result
}

fn start() -> io::Result<Running> {
    let shared = Arc::new(Shared {
        wake: Own::open(new_eventfd)?,
        listener: Mutex::new(None),
        signals: Mutex::new(None),
        stop: AtomicBool::new(false),
    });
    let served = Arc::clone(&shared);
    let thread = process::spawn_without_signals("ironthread-dump", move || {
        server::serve(&served);
    })?;
    stack::set_noted(true);
    Ok(Running { shared, thread, path: None })
}

/// Serves the process's socket from now on; returns its path. Asked for again, it returns the path.
///
/// # Errors
/// When the socket cannot be made, or its directory is not the user's alone.
pub fn listen() -> io::Result<PathBuf> {
    with_running(|running| {
        if let Some(path) = &running.path {
            return Ok(path.clone());
        }
        let (listener, path) = place::bind()?;
        *lock(&running.shared.listener) = Some(Arc::new(listener));
        running.path = Some(path.clone());
        nudge(&running.shared.wake);
        Ok(path)
    })
}

/// Writes the dump to standard error whenever this signal arrives, from now on.
///
/// # Errors
/// When it is no signal that can be handled, or another is in use.
pub fn dump_on(signal: i32) -> io::Result<()> {
    with_running(|running| {
        let news = process::handle(signal)?;
        *lock(&running.shared.signals) = Some(news);
        nudge(&running.shared.wake);
        Ok(())
    })
}

/// Ends both, if they were asked for: the socket is removed, the signal means what it meant before.
pub fn close() {
    let mut slot = lock(&RUNNING);
    let Some(running) = slot.take() else { return };
    stack::set_noted(false);
    process::restore();
    if let Some(path) = &running.path {
        // Somebody may have removed it. (Before the next server may put its own there.)
        let _ = std::fs::remove_file(path);
    }
    drop(slot);
    running.shared.stop.store(true, Ordering::Release);
    nudge(&running.shared.wake);
    // The server waits for nothing that the caller may hold. A panic of it was printed.
    let _ = running.thread.join();
}

/// The server's locks, held over a fork.
pub(crate) struct ServeGuard {
    running: MutexGuard<'static, Option<Running>>,
    own: OwnGuard,
}

/// Locks the server for the time of a fork.
pub(crate) fn freeze() -> ServeGuard {
    ServeGuard { running: lock(&RUNNING), own: own::freeze() }
}

impl ServeGuard {
    /// In the child: lets go of what is the parent's.
    pub(crate) fn abandon(mut self) {
        stack::set_noted(false);
        process::abandon();
        // Its thread does not exist, and must not be detached or joined.
        std::mem::forget(self.running.take());
        self.own.close_all();
    }
}
