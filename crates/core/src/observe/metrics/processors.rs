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
    /// The time that threads could run, all of them together: they had a processor, or waited for one.
    pub runnable: u64,
}

impl Processors {
    pub(super) const fn new() -> Self {
        Self { available: 0, observed: 0, crowded: 0, runnable: 0 }
    }

    /// Adds a look that stands for the time `elapsed`, after a `quiet` time in which no thread could run.
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    pub(crate) fn add(&mut self, available: usize, runnable: usize, elapsed: u64, quiet: u64) {
        self.available = available as u64;
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
        processors.add(2, 2, 10, 5);
        processors.add(2, 3, 20, 0);
        processors.add(2, 0, 40, 0);
        let expected = Processors { available: 2, observed: 75, crowded: 20, runnable: 80 };
        assert_eq!(processors, expected);
    }
}
