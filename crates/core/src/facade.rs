//! The atomics, locks and reference counts the engine is built from: the standard library's, or loom's
//! when the crate is compiled to be model-checked (`--cfg loom`).

#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, fence},
};

#[cfg(loom)]
pub(crate) use loom::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, fence},
};

/// Locks a short internal section. Such sections call neither the host nor foreign code, so a panic
/// inside one can only come from a failed allocation; the data they guard is whole at every step, and
/// the next thread may go on with it.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
