//! What keeps the state of a queue to one thread at a time.

use std::ops::DerefMut;

use crate::facade::{self, Mutex, MutexGuard};

/// A way of keeping a value to one thread at a time, chosen by who makes a queue.
pub trait Guarding {
    /// A value that is kept so.
    type Guarded<T>: Guarded<T>;
}

/// A value that one thread at a time gets hold of.
pub trait Guarded<T> {
    /// The hold of a thread; dropping it lets go.
    type Held<'a>: DerefMut<Target = T>
    where
        Self: 'a,
        T: 'a;

    /// A value that nobody has hold of.
    fn new(value: T) -> Self;

    /// Gets hold of the value. A thread has it for a few steps, in which it neither waits nor calls the host or foreign
    /// code.
    fn hold(&self) -> Self::Held<'_>;

    /// The same, if nobody has hold of it.
    fn try_hold(&self) -> Option<Self::Held<'_>>;
}

/// By a lock of its own: right wherever queues are used.
pub struct ByLock;

impl Guarding for ByLock {
    type Guarded<T> = Mutex<T>;
}

impl<T> Guarded<T> for Mutex<T> {
    type Held<'a>
        = MutexGuard<'a, T>
    where
        T: 'a;

    fn new(value: T) -> Self {
        Self::new(value)
    }

    #[inline]
    fn hold(&self) -> MutexGuard<'_, T> {
        facade::lock(self)
    }

    fn try_hold(&self) -> Option<MutexGuard<'_, T>> {
        self.try_lock().ok()
    }
}
