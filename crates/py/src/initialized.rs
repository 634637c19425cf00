//! Objects that the garbage collector sees before they are made.
//!
//! On 3.11 a collection can run in the middle of any allocation. The interpreter makes an object of a class with a
//! `__dict__` in two steps: the object itself, of which the collector knows from then on and which is all zeros, and
//! the dictionary. PyO3 writes its contents after both. A collection in between shows them to `__traverse__` as they
//! are, and of a `OnceLock`, say, zeros mean that it is full. So what is traversed, and has a `__dict__`, says first
//! whether it has been made. (Later versions collect between instructions of the program only.)

/// Whether an object's contents have been written.
pub(crate) struct Initialized(u32);

impl Initialized {
    /// What is written with the other contents.
    pub(crate) const YES: Self = Self(1);

    /// To be asked before anything else is looked at.
    pub(crate) fn is_true(&self) -> bool {
        self.0 != 0
    }
}
