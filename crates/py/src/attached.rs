//! What only attached threads touch: guarded by the interpreter's lock, where there is one.
//!
//! A queue's state and a future's outcome are got hold of for a few steps only: between two of the interpreter's instructions, in a
//! thread that is attached (methods are called so, and who sleeps in one comes back from the door attached), without calling
//! Python and without letting the interpreter go. Under an interpreter lock nobody else can come in between, and
//! two atomic exchanges a call are saved, which is half of what a `put()` costs. In a build without that lock it is
//! a lock like any other.

#![allow(unsafe_code, reason = "the interpreter's lock is one that no type knows of")]

use ironthread::queue::Guarding;

/// Kept to one thread at a time by the interpreter, where that can be.
pub(crate) struct WhileAttached;

#[cfg(Py_GIL_DISABLED)]
impl Guarding for WhileAttached {
    type Guarded<T> = <ironthread::queue::ByLock as Guarding>::Guarded<T>;
}

#[cfg(not(Py_GIL_DISABLED))]
impl Guarding for WhileAttached {
    type Guarded<T> = under_the_gil::Cell<T>;
}

#[cfg(not(Py_GIL_DISABLED))]
mod under_the_gil {
    use std::cell::UnsafeCell;
    use std::marker::PhantomData;
    use std::ops::{Deref, DerefMut};

    use ironthread::queue::Guarded;
    use pyo3::ffi;

    /// A value for who holds the interpreter's lock.
    pub(crate) struct Cell<T> {
        /// Whether a thread has hold of the value. Without a defect of ours it never is when one comes for it, but
        /// for the collector, which only tries.
        held: std::cell::Cell<bool>,
        value: UnsafeCell<T>,
    }

    // SAFETY: both fields are touched by threads that hold the interpreter's lock only (there is one such lock: the
    // module refuses to be loaded by interpreters with locks of their own), so by one thread at a time, each of which sees
    // what the one before did. Values move between threads: `T: Send`.
    unsafe impl<T: Send> Sync for Cell<T> {}

    /// The hold of a thread, which keeps it: it stands for the lock that this thread holds.
    pub(crate) struct Held<'a, T> {
        cell: &'a Cell<T>,
        not_send: PhantomData<*const T>,
    }

    impl<T> Cell<T> {
        #[inline]
        fn held(&self) -> Held<'_, T> {
            self.held.set(true);
            Held { cell: self, not_send: PhantomData }
        }
    }

    impl<T> Guarded<T> for Cell<T> {
        type Held<'a>
            = Held<'a, T>
        where
            T: 'a;

        fn new(value: T) -> Self {
            Self { held: std::cell::Cell::new(false), value: UnsafeCell::new(value) }
        }

        #[inline]
        fn hold(&self) -> Held<'_, T> {
            assert!(!self.held.get(), "ironthread: a value is used by two threads at once");
            // SAFETY: it may be called at any time, by any thread.
            debug_assert_eq!(unsafe { ffi::PyGILState_Check() }, 1, "the thread is not attached");
            self.held()
        }

        fn try_hold(&self) -> Option<Held<'_, T>> {
            (!self.held.get()).then(|| self.held())
        }
    }

    impl<T> Deref for Held<'_, T> {
        type Target = T;

        #[inline]
        fn deref(&self) -> &T {
            // SAFETY: while `held` is set there is one `Held` of the cell, which lends the value out by its own borrow.
            unsafe { &*self.cell.value.get() }
        }
    }

    impl<T> DerefMut for Held<'_, T> {
        #[inline]
        fn deref_mut(&mut self) -> &mut T {
            // SAFETY: as above; it is borrowed mutably.
            unsafe { &mut *self.cell.value.get() }
        }
    }

    impl<T> Drop for Held<'_, T> {
        #[inline]
        fn drop(&mut self) {
            self.cell.held.set(false);
        }
    }
}
