//! How the interpreter's lock was used, as sampled.

#[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
use crate::wait::host::Possession;

/// What was seen of the interpreter's lock; times in nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interpreter {
    /// How often it was looked at.
    pub looks: u64,
    /// The time that these looks stand for.
    pub observed: u64,
    /// How much of that somebody had it.
    pub held: u64,
    /// How much of that somebody had it, and at least one thread waited for it.
    pub contended: u64,
    /// The time that threads waited for it, all of them together.
    pub waited: u64,
}

impl Interpreter {
    pub(super) const fn new() -> Self {
        Self { looks: 0, observed: 0, held: 0, contended: 0, waited: 0 }
    }

    /// Adds a look that stands for the time `elapsed`, after a `quiet` time in which nobody had it or wanted it. One that
    /// could not tell who has it is none.
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    pub(crate) fn add(&mut self, possession: Possession, waiters: usize, elapsed: u64, quiet: u64) {
        if possession == Possession::Unknown {
            return;
        }
        let is_held = matches!(possession, Possession::Held { .. });
        self.looks += 1;
        self.observed += elapsed + quiet;
        self.held += if is_held { elapsed } else { 0 };
        self.contended += if is_held && waiters > 0 { elapsed } else { 0 };
        self.waited += elapsed * waiters as u64;
    }
}

#[cfg(all(test, feature = "serve", target_os = "linux", not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_look_stands_for_the_time_since_the_one_before() {
        let mut interpreter = Interpreter::new();
        let held = Possession::Held { ident: 7, native_id: None };
        interpreter.add(held, 2, 10, 5);
        interpreter.add(held, 0, 20, 0);
        interpreter.add(Possession::Free, 1, 40, 0);
        interpreter.add(Possession::Unknown, 5, 1000, 0);
        let expected = Interpreter { looks: 3, observed: 75, held: 30, contended: 10, waited: 60 };
        assert_eq!(interpreter, expected);
    }
}
