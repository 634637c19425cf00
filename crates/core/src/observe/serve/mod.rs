//! Answers questions about the running program, without its interpreter: a socket, a signal, metrics over HTTP.
//!
//! One thread serves all, and exists only while somebody has asked for one of them ([`listen`],
//! [`dump_on`], [`expose`]). It works from what the engine knows: the registry, the wait-for graph, the stacks that
//! threads note before they sleep. So it answers while a C call keeps the interpreter, and while all
//! threads are deadlocked. What only the interpreter knows is asked for by another thread, for a limited
//! time (`interpreter.rs`).
//!
//! Metrics are given to whoever can connect to the address that was chosen for them, and nothing else is.
//!
//! Nothing can be changed through the socket. It lies in a directory that is its user's alone
//! (`place.rs`), its peers are checked, and each has little room and time (`client.rs`).
//!
//! A forked child has neither the thread nor the socket: it closes what it inherited, and the signal means
//! again what it meant before. It may ask for its own.

mod answer;
mod circles;
mod client;
mod connection;
mod figures;
#[cfg(fuzzing)]
pub mod fuzzing;
mod http;
mod interpreter;
mod own;
mod picture;
mod place;
pub(super) mod process;
mod question;
mod scraper;
mod scrapers;
mod server;
mod text;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use rustix::event::{EventfdFlags, eventfd};
use rustix::net::{Shutdown, shutdown};

use super::stack;
use own::{Own, OwnGuard};

/// What the server and those who steer it share.
struct Shared {
    /// Wakes the server to look here again.
    wake: Own<OwnedFd>,
    listener: Mutex<Option<Arc<Own<UnixListener>>>>,
    metrics: Mutex<Option<Arc<Own<TcpListener>>>>,
    /// What the signal's handler writes to.
    signals: Mutex<Option<&'static OwnedFd>>,
    stop: AtomicBool,
}

/// The server that runs.
struct Running {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
    path: Option<PathBuf>,
    /// Whether the signal is handled.
    dumps: bool,
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
    let result = step(slot.insert(start()?));
    end_if_idle(slot);
    result
}

fn start() -> io::Result<Running> {
    let shared = Arc::new(Shared {
        wake: Own::open(new_eventfd)?,
        listener: Mutex::new(None),
        metrics: Mutex::new(None),
        signals: Mutex::new(None),
        stop: AtomicBool::new(false),
    });
    let served = Arc::clone(&shared);
    let thread = process::spawn_without_signals("ironthread-dump", move || {
        server::serve(&served);
    })?;
    Ok(Running { shared, thread, path: None, dumps: false })
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
        stack::set_noted(true);
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
        running.dumps = true;
        stack::set_noted(true);
        nudge(&running.shared.wake);
        Ok(())
    })
}

/// Serves metrics at this address from now on, port 0 being any; returns the address.
///
/// # Errors
/// When the address cannot be had, or metrics are served already.
pub fn expose(address: SocketAddr) -> io::Result<SocketAddr> {
    with_running(|running| {
        let mut metrics = lock(&running.shared.metrics);
        if metrics.is_some() {
            let text = "metrics are served already";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        let listener = Own::open(|| TcpListener::bind(address))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        *metrics = Some(Arc::new(listener));
        nudge(&running.shared.wake);
        Ok(address)
    })
}

/// Serves metrics no more. Who is fetching them gets them, if the server has more to do.
pub fn conceal() {
    let slot = lock(&RUNNING);
    if let Some(running) = &*slot {
        if let Some(listener) = lock(&running.shared.metrics).take() {
            // The server may be looking at it for a moment yet: nobody is let in any more.
            let _ = shutdown(&listener, Shutdown::Both);
        }
        nudge(&running.shared.wake);
    }
    end_if_idle(slot);
}

/// Ends socket and signal, if they were asked for: the socket is removed, the signal means what it meant before.
pub fn close() {
    let mut slot = lock(&RUNNING);
    let Some(running) = &mut *slot else { return };
    stack::set_noted(false);
    process::restore();
    // (What the handler wrote is still to be read: a dump that was asked for is written.)
    running.dumps = false;
    *lock(&running.shared.listener) = None;
    if let Some(path) = running.path.take() {
        // Somebody may have removed it. (Before the next server may put its own there.)
        let _ = std::fs::remove_file(path);
    }
    end_if_idle(slot);
}

/// Ends the server if nothing is asked of it any more, and waits for its end.
fn end_if_idle(mut slot: MutexGuard<'static, Option<Running>>) {
    let is_idle = |running: &mut Running| {
        running.path.is_none() && !running.dumps && lock(&running.shared.metrics).is_none()
    };
    let Some(running) = slot.take_if(is_idle) else { return };
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
