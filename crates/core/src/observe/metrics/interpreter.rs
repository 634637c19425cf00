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
    /// How much of the contended time a thread slept for a lock of the program's.
    pub blocked: u64,
    /// How much of the contended time the machine had processors for all who wanted one.
    pub undisturbed: u64,
    /// The processor time that the program used in that.
    pub computed: u64,
}

/// One look at it.
#[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
#[derive(Clone, Copy)]
pub(crate) struct Look {
    pub(crate) possession: Possession,
    /// How many threads waited for it.
    pub(crate) waiters: usize,
    /// Whether a thread slept for a lock of the program's.
    pub(crate) is_blocked: bool,
    /// The time for which it stands, after a `quiet` one in which nobody had it or wanted it.
    pub(crate) elapsed: u64,
    pub(crate) quiet: u64,
    /// The processor time that the program has used since the look before; `None` where others wanted the processors.
    pub(crate) computed: Option<u64>,
}

impl Interpreter {
    pub(super) const fn new() -> Self {
        Self {
            looks: 0,
            observed: 0,
            held: 0,
            contended: 0,
            waited: 0,
            blocked: 0,
            undisturbed: 0,
            computed: 0,
        }
    }

    /// Adds a look. One that could not tell who has it is none.
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    pub(crate) fn add(&mut self, look: Look) {
        let elapsed = look.elapsed;
        let is_held = match look.possession {
            Possession::Unknown => return,
            Possession::Free => false,
            Possession::Held { .. } => true,
        };
        self.looks += 1;
        self.observed += elapsed + look.quiet;
        self.held += if is_held { elapsed } else { 0 };
        self.waited += elapsed * look.waiters as u64;
        if is_held && look.waiters > 0 {
            self.contended += elapsed;
            self.blocked += if look.is_blocked { elapsed } else { 0 };
            if let Some(computed) = look.computed {
                self.undisturbed += elapsed;
                self.computed += computed;
            }
        }
    }
}

#[cfg(all(test, feature = "serve", target_os = "linux", not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn a_look_stands_for_the_time_since_the_one_before() {
        let mut interpreter = Interpreter::new();
        let possession = Possession::Held { ident: 7, native_id: None };
        let look = Look {
            possession,
            waiters: 2,
            is_blocked: true,
            elapsed: 10,
            quiet: 5,
            computed: Some(9),
        };
        interpreter.add(look);
        interpreter.add(Look { is_blocked: false, quiet: 0, computed: None, ..look });
        interpreter.add(Look { waiters: 0, quiet: 0, ..look });
        interpreter.add(Look { possession: Possession::Free, waiters: 1, quiet: 0, ..look });
        interpreter.add(Look { possession: Possession::Unknown, ..look });
        let expected = Interpreter {
            looks: 4,
            observed: 45,
            held: 30,
            contended: 20,
            waited: 50,
            blocked: 10,
            undisturbed: 10,
            computed: 9,
        };
        assert_eq!(interpreter, expected);
    }
}
