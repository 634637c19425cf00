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

    /// How many threads of others take a processor from the program, of so many of the machine that want one, so
    /// many of them its own. Negative where these were more a moment before: over many looks that evens out.
    pub(super) fn taken(&self, runnable: usize, own: usize) -> i64 {
        let [runnable, own, processors] =
            [runnable, own, self.processors].map(|count| i64::try_from(count).unwrap_or(i64::MAX));
        (runnable - own).min((runnable - processors).max(0))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_take_a_processor_where_there_is_none_left() {
        let machine = Machine { processors: 2, load: None, used: None };
        assert_eq!(machine.taken(2, 1), 0);
        assert_eq!(machine.taken(3, 2), 1);
        assert_eq!(machine.taken(5, 4), 1);
        assert_eq!(machine.taken(5, 1), 3);
        assert_eq!(machine.taken(4, 4), 0);
        assert_eq!(machine.taken(3, 4), -1);
    }
}
