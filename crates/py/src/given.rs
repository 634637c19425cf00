//! What `__init__` gives an object: once, and mostly as the object is made.
//!
//! A `OnceLock` that is filled where it is made takes two atomic exchanges for that.

use std::sync::OnceLock;

/// What was given to an object, if it was.
pub(crate) struct Given<T> {
    at_once: Option<T>,
    later: OnceLock<T>,
}

impl<T> Given<T> {
    /// Nothing yet.
    pub(crate) const fn nothing() -> Self {
        Self { at_once: None, later: OnceLock::new() }
    }

    /// This, for good.
    #[inline]
    pub(crate) const fn at_once(value: T) -> Self {
        Self { at_once: Some(value), later: OnceLock::new() }
    }

    /// What was given.
    #[inline]
    pub(crate) fn get(&self) -> Option<&T> {
        self.at_once.as_ref().or_else(|| self.later.get())
    }

    /// Gives it, unless something was given before: threads may be waiting with that already.
    pub(crate) fn give(&self, value: T) {
        if self.at_once.is_none() {
            let _ = self.later.set(value);
        }
    }
}
