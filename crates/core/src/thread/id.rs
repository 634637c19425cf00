//! The small number by which a lock's word names the thread that holds it.
//!
//! Numbers are given out in order, once, and never again: a number in a lock's word therefore means the
//! same thread for ever, even after that thread has ended without releasing. (An operating system's
//! thread identifiers are used again, so that a new thread may look like the owner of an old lock.)

use std::num::NonZeroU32;

use crate::observe::registry;

/// Bits of a word that a thread's number may use; the rest belong to the word's owner.
pub(crate) const ID_BITS: u32 = 29;

/// The number of a thread: from 1, in the order in which threads first met the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(NonZeroU32);

impl ThreadId {
    /// The number of the calling thread.
    ///
    /// # Panics
    /// When a process has started more than 2²⁹ − 1 threads.
    #[inline]
    #[must_use]
    pub fn current() -> Self {
        match NonZeroU32::new(local::get()) {
            Some(id) => Self(id),
            None => Self::assign(),
        }
    }

    /// The number itself.
    #[inline]
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }

    /// The thread with this number; `None` for 0, which stands for no thread.
    pub(crate) fn from_word(holder: u32) -> Option<Self> {
        NonZeroU32::new(holder).map(Self)
    }

    #[cold]
    fn assign() -> Self {
        let id = local::next();
        assert!(
            id.get() >> ID_BITS == 0,
            "a process can name {} threads at most",
            (1 << ID_BITS) - 1
        );
        local::set(id.get());
        registry::enrol(Self(id));
        Self(id)
    }
}

#[cfg(not(loom))]
mod local {
    use std::cell::Cell;
    use std::num::NonZeroU32;
    use std::sync::atomic::{AtomicU32, Ordering};

    thread_local! {
        // Constant and without a destructor: an access is one address computation, at any time.
        static ID: Cell<u32> = const { Cell::new(0) };
    }

    static LAST: AtomicU32 = AtomicU32::new(0);

    #[inline]
    pub(super) fn get() -> u32 {
        ID.get()
    }

    pub(super) fn set(id: u32) {
        ID.set(id);
    }

    /// Relaxed: the number itself is all that is shared.
    pub(super) fn next() -> NonZeroU32 {
        NonZeroU32::MIN.saturating_add(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(loom)]
mod local {
    use std::cell::Cell;
    use std::num::NonZeroU32;

    use loom::sync::atomic::{AtomicU32, Ordering};

    loom::thread_local! {
        static ID: Cell<u32> = Cell::new(0);
    }

    loom::lazy_static! {
        static ref LAST: AtomicU32 = AtomicU32::new(0);
    }

    pub(super) fn get() -> u32 {
        ID.with(Cell::get)
    }

    pub(super) fn set(id: u32) {
        ID.with(|own| own.set(id));
    }

    pub(super) fn next() -> NonZeroU32 {
        NonZeroU32::MIN.saturating_add(LAST.fetch_add(1, Ordering::Relaxed))
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_keeps_its_number_and_no_other_thread_gets_it() {
        let mine = ThreadId::current();
        assert_eq!(mine, ThreadId::current());
        let theirs: Vec<_> =
            (0..8).map(|_| std::thread::spawn(ThreadId::current).join().unwrap()).collect();
        let distinct: std::collections::HashSet<_> = theirs.iter().chain([&mine]).collect();
        assert_eq!(distinct.len(), 9);
    }
}
