//! What the server does to its process: its thread's signal mask, the signal's handler, what a forked
//! child closes.
//!
//! The handler does the one thing that a handler may do at any point of any thread: it writes to a
//! descriptor (as Python's `signal.set_wakeup_fd` has it). The write is a bare system call that touches
//! neither locks nor `errno`. It is ours rather than a crate's because the action that was there before
//! has to come back: when the server ends, and in a forked child, where nobody would read what is written.

#![allow(unsafe_code, reason = "signal masks and actions have no safe interface")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd, RawFd};
use std::ptr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};
use std::thread::{Builder, JoinHandle};

use libc::{c_int, sigaction, sigset_t};

use super::{lock, new_eventfd};
use crate::observe::onlookers::Onlooker;

/// What the handler writes to; −1 before there is one. Relaxed: it is set before the handler is.
static NEWS: AtomicI32 = AtomicI32::new(-1);

struct Handled {
    signal: c_int,
    before: sigaction,
}

static HANDLED: Mutex<Option<Handled>> = Mutex::new(None);

/// Never closed but in a forked child: a handler may be about to write.
static EVENTFD: Mutex<Option<&'static OwnedFd>> = Mutex::new(None);

/// Starts a thread that no signal is delivered to: the program's threads are to get them, in whose
/// sleep they are waited for.
pub(in crate::observe) fn spawn_without_signals(
    name: &str,
    body: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::<sigset_t>::uninit());
    // SAFETY: the function initializes the set that it is given.
    unsafe { libc::sigfillset(all.as_mut_ptr()) };
    // SAFETY: one set is initialized, the other is written to; it fails for no valid first argument.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr()) };
    // A thread begins with its starter's mask.
    let thread = Builder::new().name(name.to_owned()).spawn(|| {
        let _onlooker = Onlooker::new();
        body();
    });
    // SAFETY: the set was written by the call before.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut()) };
    thread
}

/// Gives the calling thread a table of descriptors of its own, with none in it; `false` where the system cannot.
///
/// The program's numbers are not taken by what the thread opens. Nothing that the program has open is held open by the
/// thread either: what would be copied to be closed is not copied at all (`close_range(2)`).
///
/// Compiled for `ThreadSanitizer` (`--cfg tsan`) it keeps those of the process: that tool takes a number to mean the same file in
/// all threads, and talks over pipes of its own.
pub(in crate::observe) fn leave_descriptors() -> bool {
    const UNSHARE: libc::c_uint = 2; // CLOSE_RANGE_UNSHARE, which not every C library names
    if cfg!(tsan) {
        return true;
    }
    // SAFETY: the call takes numbers only. It changes the table of the calling thread, a new one, which no value that
    // owns a descriptor refers to: the thread was given none.
    unsafe { libc::syscall(libc::SYS_close_range, 0, libc::c_uint::MAX, UNSHARE) == 0 }
}

extern "C" fn arrived(_signal: c_int) {
    let news = NEWS.load(Ordering::Relaxed);
    // SAFETY: the descriptor is never closed in the process that has this handler installed.
    let news = unsafe { BorrowedFd::borrow_raw(news) };
    // When the count is full the server has been told.
    let _ = rustix::io::write(news, &1_u64.to_ne_bytes());
}

/// Has the signal written to a descriptor, which is returned.
pub(super) fn handle(signal: c_int) -> io::Result<&'static OwnedFd> {
    let mut handled = lock(&HANDLED);
    let news = news()?;
    match &*handled {
        Some(same) if same.signal == signal => return Ok(news),
        Some(other) => {
            let text = format!("signal {} is used for dumps already", other.signal);
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, text));
        }
        None => {}
    }
    if [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL].contains(&signal) {
        let text = "this signal tells of a fault that the program cannot go on from";
        return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
    }
    NEWS.store(news.as_raw_fd(), Ordering::Relaxed);
    // SAFETY: all zeros is a valid value: no flags, an empty mask, the default action.
    let mut action: sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = arrived as extern "C" fn(c_int) as usize;
    // System calls of the program go on, and a thread's own stack may be used up.
    action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
    let mut before = action;
    // SAFETY: the handler may run at any point of any thread (see above); both actions are valid.
    if unsafe { sigaction(signal, &raw const action, &raw mut before) } != 0 {
        return Err(io::Error::last_os_error());
    }
    *handled = Some(Handled { signal, before });
    Ok(news)
}

fn news() -> io::Result<&'static OwnedFd> {
    let mut slot = lock(&EVENTFD);
    if let Some(news) = *slot {
        return Ok(news);
    }
    let news: &'static OwnedFd = Box::leak(Box::new(new_eventfd()?));
    *slot = Some(news);
    Ok(news)
}

/// Gives the signal back the action that it had, unless the program has given it another.
pub(super) fn restore() {
    let Some(Handled { signal, before }) = lock(&HANDLED).take() else { return };
    let mut now = before;
    // SAFETY: a null pointer changes nothing; the action is written to.
    let failed = unsafe { sigaction(signal, ptr::null(), &raw mut now) };
    if failed == 0 && now.sa_sigaction == arrived as extern "C" fn(c_int) as usize {
        // SAFETY: the action is the one that the system gave.
        unsafe { sigaction(signal, &raw const before, ptr::null_mut()) };
    }
}

/// In a forked child: the signal is its own again, and so will be what its handler writes to.
///
/// The locks here are taken under that of the server, which a fork holds: they are free in the child.
pub(super) fn abandon() {
    restore();
    if let Some(news) = lock(&EVENTFD).take() {
        close_inherited(news.as_raw_fd());
    }
}

/// In a forked child: closes a descriptor of the server.
pub(super) fn close_inherited(descriptor: RawFd) {
    // SAFETY: whatever owns it belongs to the parent's server, whose thread does not exist here and whose
    // values are forgotten: nobody uses or closes it again.
    unsafe { rustix::io::close(descriptor) };
}
