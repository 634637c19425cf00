//! Threads that only look at the program: they wake none of its threads, and so are nobody to hope for when all
//! of these are asleep.
//!
//! Each has one of a few words while it lives: no lock that a fork could find held. One that finds none free
//! counts as a thread of the program's, which is never wrong.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::kernel;

/// The kernel's numbers of the threads, 0 where there is none. Relaxed: nothing else is read through them.
static ONLOOKERS: [AtomicU32; 8] = [const { AtomicU32::new(0) }; 8];

/// The calling thread only looks on, until this is dropped by it.
pub(crate) struct Onlooker(Option<&'static AtomicU32>);

impl Onlooker {
    /// For the calling thread.
    #[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "there is no other"))]
    pub(crate) fn new() -> Self {
        let own = kernel::native_id().unwrap_or_default();
        let take = |word: &&AtomicU32| word.compare_exchange(0, own, Relaxed, Relaxed).is_ok();
        Self(ONLOOKERS.iter().find(take))
    }
}

impl Drop for Onlooker {
    fn drop(&mut self) {
        if let Some(word) = self.0 {
            word.store(0, Relaxed);
        }
    }
}

/// Whether the thread with this number only looks on.
pub(crate) fn is_one(native_id: u32) -> bool {
    ONLOOKERS.iter().any(|word| word.load(Relaxed) == native_id)
}

/// In a forked child there are none.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) fn after_fork() {
    for word in &ONLOOKERS {
        word.store(0, Relaxed);
    }
}
