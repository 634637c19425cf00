//! A reference lent to other threads for the time of a call.
//!
//! Who holds the lock that a thread waits for stands in that lock's word, and who asks is another thread.
//! It must not look once the wait is over: the lock may be gone. So the waiting thread lends its reference
//! to the word. It is used under the loan's own lock only, and taken back under that lock before the call
//! returns.

#![allow(unsafe_code, reason = "a borrow that other threads share has a lifetime no type can tell")]

use std::ptr::NonNull;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What its lenders have lent at the moment. A call may lend again, before the one around it is over.
pub(crate) struct Loan<T>(Mutex<Vec<Lent<T>>>);

struct Lent<T>(NonNull<T>);

// SAFETY: it stands for a `&T`, which may go to another thread where `T` is `Sync`.
unsafe impl<T: Sync> Send for Lent<T> {}

impl<T: Sync> Loan<T> {
    /// With nothing lent.
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Lends `thing` during the call.
    pub(crate) fn during<R>(&self, thing: &T, call: impl FnOnce() -> R) -> R {
        let thing = NonNull::from(thing);
        self.lent().push(Lent(thing));
        let _back = Back { loan: self, thing };
        call()
    }

    /// Looks at what was lent last. `look` runs under the loan's lock: it must neither wait nor lend.
    pub(crate) fn look<R>(&self, look: impl FnOnce(&T) -> R) -> Option<R> {
        let lent = self.lent();
        // SAFETY: made of a reference that is borrowed for the whole of a `during`; that call does not
        // return, by whatever way, before it has taken the pointer out under the lock held here.
        lent.last().map(|last| look(unsafe { last.0.as_ref() }))
    }

    fn lent(&self) -> MutexGuard<'_, Vec<Lent<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes back what was lent, also when the call panics.
struct Back<'a, T: Sync> {
    loan: &'a Loan<T>,
    thing: NonNull<T>,
}

impl<T: Sync> Drop for Back<'_, T> {
    fn drop(&mut self) {
        let mut lent = self.loan.lent();
        // Any that points there will do: each lender of the thing takes one of them.
        if let Some(at) = lent.iter().rposition(|other| other.0 == self.thing) {
            lent.remove(at);
        }
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;

    #[test]
    fn what_is_lent_is_seen_by_others_until_the_call_is_over() {
        let loan = Loan::new();
        let seen = || std::thread::scope(|scope| scope.spawn(|| loan.look(|&n| n)).join().unwrap());
        assert_eq!(seen(), None);
        loan.during(&1, || {
            assert_eq!(seen(), Some(1));
            loan.during(&2, || assert_eq!(seen(), Some(2)));
            assert_eq!(seen(), Some(1));
        });
        assert_eq!(seen(), None);
    }

    #[test]
    fn a_call_that_panics_takes_back_what_it_lent() {
        let loan = Loan::new();
        let call = AssertUnwindSafe(|| loan.during(&1, || panic!("meant to")));
        catch_unwind(call).unwrap_err();
        assert_eq!(loan.look(|&n: &i32| n), None);
    }
}
