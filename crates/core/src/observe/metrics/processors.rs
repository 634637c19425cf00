//! How many threads wanted a processor, as sampled.

/// What was seen of the program's threads that could run; times in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Processors {
    /// How many processors the program may use.
    pub available: u64,
    /// The time that the looks stand for.
    pub observed: u64,
    /// How much of that more threads could run than there are processors.
    pub crowded: u64,
    /// How much longer that time is than it would be with a processor for every thread of the machine that wanted one.
    pub stretched: u64,
    /// The time that threads could run, all of them together: they had a processor, or waited for one.
    pub runnable: u64,
}

/// Processors, and who wanted them, at one moment.
#[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// How many the program may use.
    pub(crate) available: usize,
    /// How many of its threads could run.
    pub(crate) runnable: usize,
    /// How many of the machine's.
    pub(crate) of_all: usize,
}

impl Processors {
    pub(super) const fn new() -> Self {
        Self { available: 0, observed: 0, crowded: 0, stretched: 0, runnable: 0 }
    }

    /// Adds a look that stands for the time `elapsed`, after a `quiet` time in which no thread could run.
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    pub(crate) fn add(&mut self, wanted: Wanted, elapsed: u64, quiet: u64) {
        let Wanted { available, runnable, of_all } = wanted;
        self.available = available as u64;
        // Of three threads on two processors each has one for two thirds of the time.
        let lacking = of_all.saturating_sub(available) as u64;
        self.stretched += elapsed * lacking / (of_all.max(1) as u64);
        self.observed += elapsed + quiet;
        self.crowded += if runnable > available { elapsed } else { 0 };
        self.runnable += elapsed * runnable as u64;
    }
}

#[cfg(all(test, feature = "serve", target_os = "linux", not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn more_threads_than_processors_are_a_crowd() {
        let mut processors = Processors::new();
        let wanted = |runnable, of_all| Wanted { available: 2, runnable, of_all };
        processors.add(wanted(2, 2), 10, 5);
        processors.add(wanted(3, 3), 21, 0);
        processors.add(wanted(0, 4), 40, 0);
        let expected =
            Processors { available: 2, observed: 76, crowded: 21, stretched: 27, runnable: 83 };
        assert_eq!(processors, expected);
    }
}
