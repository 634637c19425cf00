//! What a release that comes too late, and a woken waiter that goes away, leave behind. In programs both take a race.

use std::sync::mpsc;
use std::thread::{Scope, ScopedJoinHandle, scope};
use std::time::Duration;

use super::*;
use crate::wait::enlist;

/// A lock that is free though threads wait: released, and whoever was chosen for it has not come.
fn let_go() -> Holder {
    Holder { word: AtomicU32::new(PARKED) }
}

fn word(holder: &Holder) -> u32 {
    holder.word.load(Relaxed)
}

/// Who is not woken by then was forgotten.
const LIMIT: Duration = Duration::from_secs(10);

/// A thread in the queue of a lock, in the front if it was beaten before.
struct Waiter<'scope> {
    id: ThreadId,
    sleeps: ScopedJoinHandle<'scope, Wake>,
}

impl<'scope> Waiter<'scope> {
    fn join_queue(
        scope: &'scope Scope<'scope, '_>,
        holder: &'scope Holder,
        place: Place,
    ) -> Waiter<'scope> {
        let (queued, id) = mpsc::channel();
        let sleeps = scope.spawn(move || {
            let ticket = enlist(holder.site(Kind::Lock, None), place);
            queued.send(ThreadId::current()).unwrap();
            ticket.sleep(Deadline::after(LIMIT), Signals::Defer)
        });
        Waiter { id: id.recv().unwrap(), sleeps }
    }

    fn wake(self) -> Wake {
        self.sleeps.join().unwrap()
    }
}

#[test]
fn who_goes_away_wakes_the_next_and_the_word_says_whether_more_wait() {
    let holder = let_go();
    scope(|scope| {
        let [first, second] = [(); 2].map(|()| Waiter::join_queue(scope, &holder, Place::Back));
        holder.pass_on();
        assert_eq!((first.wake(), word(&holder)), (Wake::Notified, PARKED));
        holder.pass_on();
        assert_eq!((second.wake(), word(&holder)), (Wake::Notified, FREE));
    });
}

#[test]
fn who_goes_away_hands_the_lock_to_one_that_was_beaten() {
    let holder = let_go();
    scope(|scope| {
        let behind = Waiter::join_queue(scope, &holder, Place::Back);
        let beaten = Waiter::join_queue(scope, &holder, Place::Front);
        let id = beaten.id;
        holder.pass_on();
        assert_eq!((beaten.wake(), word(&holder)), (Wake::HandedOver, PARKED | id.get()));
        // The lock is held: its holder comes to release it.
        holder.pass_on();
        assert_eq!((word(&holder), holder.release()), (PARKED | id.get(), Ok(())));
        assert_eq!((behind.wake(), word(&holder)), (Wake::Notified, FREE));
    });
}

#[test]
fn a_release_that_comes_too_late_is_one_too_many_and_loses_no_waiter() {
    let holder = let_go();
    scope(|scope| {
        let [first, second] = [(); 2].map(|()| Waiter::join_queue(scope, &holder, Place::Back));
        assert_eq!(holder.release_contended(), Err(NotHeld));
        assert_eq!((first.wake(), word(&holder)), (Wake::Notified, PARKED));
        assert_eq!(holder.release_contended(), Err(NotHeld));
        assert_eq!((second.wake(), word(&holder)), (Wake::Notified, FREE));
    });
}

#[test]
fn nobody_goes_to_sleep_unless_the_holder_will_come_to_wake_it() {
    let me = ThreadId::current().get();
    for (word, sleeps) in [(FREE, false), (PARKED, false), (me, false), (PARKED | me, true)] {
        let holder = Holder { word: AtomicU32::new(word) };
        assert_eq!(holder.is_held_and_parked(), sleeps, "{word:#x}");
    }
}
