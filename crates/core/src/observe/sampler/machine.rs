//! What the machine has for the program: processors, and how many want them.

use std::thread::available_parallelism;

use crate::observe::kernel::{Load, own_cpu, process_cpu};

/// Belongs to the thread that looks.
pub(super) struct Machine {
    /// How many processors the program may use, by its affinity and the limits of its group.
    pub(super) processors: usize,
    load: Option<Load>,
    /// The processor time that the program had used when it was last asked, nanoseconds.
    used: Option<u64>,
}

impl Machine {
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self { processors, load: Load::open(), used: used() }
    }

    /// The processor time that the program, without the calling thread, has used since it was last asked; nanoseconds.
    pub(super) fn used(&mut self) -> Option<u64> {
        let now = used();
        let before = std::mem::replace(&mut self.used, now);
        Some(now?.saturating_sub(before?))
    }

    /// Whether there is a processor for every one of so many threads of the machine. Of a machine with more processors than
    /// the program may use, fewer threads suffice to be too many.
    pub(super) fn has_room(&self, runnable: Option<usize>) -> bool {
        runnable.is_some_and(|runnable| runnable <= self.processors)
    }

    /// How many threads of the machine want a processor, the caller not counted, as far as the system tells.
    pub(super) fn runnable(&self) -> Option<usize> {
        Some(self.load.as_ref().and_then(Load::runnable)?.saturating_sub(1))
    }
}

fn used() -> Option<u64> {
    let used = process_cpu()?.saturating_sub(own_cpu()?);
    u64::try_from(used.as_nanos()).ok()
}
