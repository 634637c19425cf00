//! The life of a thread, as those see it who wait for its end.
//!
//! A life is made before its thread is, begins in the thread, and ends with it: not when the thread's
//! function returns but when the operating system's thread is torn down, after its thread-local values
//! have been dropped. (An interpreter's thread state is gone by then.) The end is told by the destructor
//! of a thread-local value, so that no way out of a thread misses it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::ThreadId;
use crate::error::WaitEnded;
use crate::facade::AtomicU32;
use crate::observe::{kernel, registry};
use crate::sync::Event;
use crate::wait::{Deadline, Kind, Origin};

/// The life of one thread.
pub struct Life {
    /// 0 until it has begun, then the thread's number. Relaxed: whoever reads it wants a name, no more.
    thread: AtomicU32,
    /// The kernel's identifier of it, where there is one, or 0. Relaxed: it is for a look.
    native_id: AtomicU32,
    over: Event,
}

impl Life {
    /// A life that has not begun.
    #[must_use]
    pub fn new() -> Self {
        Self::made_at(None)
    }

    /// A life that has not begun, of a thread that a known line of the program starts.
    #[must_use]
    pub fn made_at(origin: Option<Origin>) -> Self {
        Self {
            thread: AtomicU32::new(0),
            native_id: AtomicU32::new(0),
            over: Event::of_kind(Kind::ThreadJoin, origin),
        }
    }

    /// The calling thread lives this life: it is over when the thread has ended.
    pub fn begin(self: &Arc<Self>) {
        self.thread.store(ThreadId::current().get(), Ordering::Relaxed);
        self.native_id.store(kernel::native_id().unwrap_or(0), Ordering::Relaxed);
        registry::set_origin(self.over.origin());
        registry::ends_with_thread(Arc::clone(self));
    }

    /// Ends a life whose thread will not end by itself: it was never started, or a fork left it behind.
    pub fn end(&self) {
        // (Called on the way out of a thread, too, when an interpreter has forgotten it.)
        self.over.set_apart();
        #[cfg(not(loom))]
        crate::wait::spin::note_let_go();
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.is_set()
    }

    /// The thread that lives it, once it has begun.
    #[must_use]
    pub fn thread(&self) -> Option<ThreadId> {
        ThreadId::from_word(self.thread.load(Ordering::Relaxed))
    }

    /// Waits until it is over, or until the deadline. Returns whether it is over. What the thread did
    /// happened before.
    ///
    /// # Errors
    /// [`WaitEnded`] by a signal handler, or because the thread waits for the calling one.
    pub fn join(&self, deadline: Deadline) -> Result<bool, WaitEnded> {
        self.over.wait_for(&self.thread, deadline)
    }

    /// Looks for a moment, where the life is over, whether the system has no such thread any more.
    ///
    /// For a caller who is about to have the system wait for that, which is a matter of microseconds, and to be woken
    /// of some more.
    pub fn look_until_gone(&self) {
        #[cfg(all(target_os = "linux", not(loom)))]
        {
            let native_id = self.native_id.load(Ordering::Relaxed);
            if native_id != 0 {
                crate::wait::spin::for_an_end(|| !kernel::exists(native_id));
            }
        }
    }
}

impl Default for Life {
    fn default() -> Self {
        Self::new()
    }
}
