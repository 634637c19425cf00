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
    /// How much time nobody had it, though a thread slept until it would get it.
    pub handed: u64,
    /// How much of the contended time who else wanted the processors was told: what follows is of that.
    pub told: u64,
    /// The time that threads of others had a processor that the program wanted, all of them together.
    pub taken: i64,
    /// The processor time that the program used.
    pub computed: u64,
    /// How much time the one who had it slept.
    pub stalled: u64,
    /// The time that threads slept elsewhere than at the door and for it, all of them together.
    pub away: u64,
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
    /// Whether nobody had it while one of them slept.
    pub(crate) is_free: bool,
    /// Whether the one who had it slept.
    pub(crate) is_stalled: bool,
    /// How many threads slept elsewhere.
    pub(crate) away: usize,
    /// How many threads of others had a processor that the program wanted; `None` where the system does not tell.
    pub(crate) others: Option<i64>,
    /// The time for which it stands, after a `quiet` one in which nobody had it or wanted it.
    pub(crate) elapsed: u64,
    pub(crate) quiet: u64,
    /// The processor time that the program has used since the look before, if the system tells.
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
            handed: 0,
            told: 0,
            taken: 0,
            computed: 0,
            stalled: 0,
            away: 0,
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
            self.compare(look);
        } else if look.is_free {
            self.handed += elapsed;
        }
    }

    /// Of a look at it contended: what one thread alone would have had to do.
    #[cfg(all(feature = "serve", target_os = "linux", not(loom)))]
    fn compare(&mut self, look: Look) {
        let (Some(computed), Some(others)) = (look.computed, look.others) else { return };
        self.told += look.elapsed;
        self.taken += others * i64::try_from(look.elapsed).unwrap_or(i64::MAX);
        self.computed += computed;
        self.stalled += if look.is_stalled { look.elapsed } else { 0 };
        self.away += look.elapsed * look.away as u64;
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
            is_free: false,
            is_stalled: true,
            away: 2,
            others: Some(1),
            elapsed: 10,
            quiet: 5,
            computed: Some(9),
        };
        interpreter.add(look);
        interpreter.add(Look { is_blocked: false, quiet: 0, others: None, ..look });
        interpreter.add(Look { waiters: 0, quiet: 0, ..look });
        let free = Look { possession: Possession::Free, waiters: 1, quiet: 0, ..look };
        interpreter.add(free);
        interpreter.add(Look { is_free: true, ..free });
        interpreter.add(Look { possession: Possession::Unknown, ..look });
        let expected = Interpreter {
            looks: 5,
            observed: 55,
            held: 30,
            contended: 20,
            waited: 60,
            blocked: 10,
            handed: 10,
            told: 10,
            taken: 10,
            computed: 9,
            stalled: 10,
            away: 20,
        };
        assert_eq!(interpreter, expected);
    }
}
