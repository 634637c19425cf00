//! The descriptors of the server, which a forked child must not keep.
//!
//! In the child nothing that owns them is ever dropped: it belonged to a thread that does not exist there.
//! A socket kept open by it would have those who ask wait for the answer of a process that is gone. So the
//! numbers are entered in a list, from which a child closes them.

use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::sync::{Mutex, MutexGuard};

use super::{lock, process};

/// Locked while one is opened and entered, and while one is taken out and closed: a fork, which holds
/// the lock, finds the list complete.
static ALL: Mutex<Vec<RawFd>> = Mutex::new(Vec::new());

/// A descriptor of the server. (None only while it is dropped.)
pub(super) struct Own<T: AsRawFd>(Option<T>);

impl<T: AsRawFd> Own<T> {
    /// Opens one.
    pub(super) fn open(open: impl FnOnce() -> io::Result<T>) -> io::Result<Self> {
        let mut all = lock(&ALL);
        let opened = open()?;
        all.push(opened.as_raw_fd());
        Ok(Self(Some(opened)))
    }
}

impl<T: AsRawFd> Drop for Own<T> {
    fn drop(&mut self) {
        let mut all = lock(&ALL);
        if let Some(descriptor) = self.0.take() {
            all.retain(|&other| other != descriptor.as_raw_fd());
        }
    }
}

impl<T: AsRawFd> Deref for Own<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_ref().expect("it is taken out by its drop only")
    }
}

impl<T: AsRawFd + AsFd> AsFd for Own<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        (**self).as_fd()
    }
}

/// The list, held over a fork.
pub(super) struct OwnGuard(MutexGuard<'static, Vec<RawFd>>);

/// Locks the list for the time of a fork.
pub(super) fn freeze() -> OwnGuard {
    OwnGuard(lock(&ALL))
}

impl OwnGuard {
    /// In the child: closes all.
    pub(super) fn close_all(mut self) {
        self.0.drain(..).for_each(process::close_inherited);
    }
}
