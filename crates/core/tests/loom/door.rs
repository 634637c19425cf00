//! The door itself: joining, choosing, moving and leaving.

use ironthread::wait::{
    self, Deadline, Kind, Place, Signals, Site, Wake, enlist, park, requeue, unpark_all,
    unpark_many, unpark_one,
};
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use loom::thread;

use crate::{join, soon};

/// Two places to wait at, each with something to wait for.
#[derive(Default)]
struct Places {
    here: AtomicUsize,
    there: AtomicUsize,
}

impl Places {
    fn site(place: &AtomicUsize) -> Site {
        Site::at(place, Kind::Lock, None)
    }

    fn here(&self) -> Site {
        Self::site(&self.here)
    }

    fn there(&self) -> Site {
        Self::site(&self.there)
    }

    fn park(&self, deadline: Deadline) -> Wake {
        let nothing_yet = || self.here.load(Relaxed) == 0;
        park(self.here(), Place::Back, nothing_yet, deadline, Signals::Defer)
    }

    /// How many are still in a queue.
    fn left(&self) -> usize {
        [self.here(), self.there()]
            .map(|site| unpark_all(site.address(), || ()).count())
            .iter()
            .sum()
    }
}

fn choose_one(site: Site) -> usize {
    unpark_many(site.address(), 1, |_| ()).count()
}

fn join_queue(site: Site) -> wait::Ticket {
    enlist(site, Place::Back)
}

#[test]
fn a_wake_up_between_the_look_and_the_sleep_is_not_lost() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let waiter = thread::spawn({
            let places = Arc::clone(&places);
            move || places.park(Deadline::NEVER)
        });
        places.here.store(1, Relaxed);
        let chosen = choose_one(places.here());
        let wake = join(waiter);
        assert_eq!(wake, if chosen == 1 { Wake::Notified } else { Wake::Stale });
        assert_eq!(places.left(), 0);
    });
}

#[test]
fn what_was_done_before_an_unpark_is_seen_by_who_it_wakes() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let ticket = join_queue(places.here());
        let notifier = thread::spawn({
            let places = Arc::clone(&places);
            move || {
                places.there.store(7, Relaxed);
                choose_one(places.here())
            }
        });
        assert_eq!(ticket.sleep(Deadline::NEVER, Signals::Defer), Wake::Notified);
        assert_eq!(places.there.load(Relaxed), 7);
        assert_eq!(join(notifier), 1);
    });
}

#[test]
fn what_an_unpark_settles_is_seen_by_who_it_wakes() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let ticket = join_queue(places.here());
        let notifier = thread::spawn({
            let places = Arc::clone(&places);
            move || {
                unpark_one(places.here().address(), |_, _| {
                    places.there.store(7, Relaxed);
                    true
                })
                .wake();
            }
        });
        // `soon` may be over, or the state may be seen, before the notifier has come to wake.
        let wake = ticket.sleep(soon(), Signals::Defer);
        assert!(matches!(wake, Wake::HandedOver | Wake::TimedOut));
        assert!(wake == Wake::TimedOut || places.there.load(Relaxed) == 7);
        join(notifier);
    });
}

#[test]
fn a_time_limit_and_an_unpark_agree_on_who_was_first() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let waiter = thread::spawn({
            let places = Arc::clone(&places);
            move || places.park(soon())
        });
        let chosen = choose_one(places.here());
        let expected = if chosen == 1 { Wake::Notified } else { Wake::TimedOut };
        assert_eq!(join(waiter), expected);
        assert_eq!(places.left(), 0);
    });
}

#[test]
fn a_cancelled_ticket_knows_whether_it_was_chosen() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let ticket = join_queue(places.here());
        let notifier = thread::spawn({
            let places = Arc::clone(&places);
            move || choose_one(places.here())
        });
        let was_chosen = ticket.cancel();
        assert_eq!(join(notifier), usize::from(was_chosen));
        assert_eq!(places.left(), 0);
    });
}

#[test]
fn a_chosen_waiter_that_leaves_can_pass_its_wake_up_on() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let first = join_queue(places.here());
        let second = join_queue(places.here());
        let leaver = thread::spawn({
            let places = Arc::clone(&places);
            move || first.cancel() && choose_one(places.here()) == 1
        });
        let notifier = thread::spawn({
            let places = Arc::clone(&places);
            move || choose_one(places.here())
        });
        assert_eq!(second.sleep(Deadline::NEVER, Signals::Defer), Wake::Notified);
        join(leaver);
        assert_eq!(join(notifier), 1);
        assert_eq!(places.left(), 0);
    });
}

#[test]
fn the_bit_for_waiters_is_settled_against_those_who_join() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        // `there` says whether anybody waits at `here`: set by who joins, cleared by who finds nobody left.
        let waiter = thread::spawn({
            let places = Arc::clone(&places);
            move || {
                loop {
                    places.there.store(1, Relaxed);
                    let said = || places.there.load(Relaxed) == 1 && places.here.load(Relaxed) == 0;
                    let wake =
                        park(places.here(), Place::Back, said, Deadline::NEVER, Signals::Defer);
                    if wake == Wake::Notified || places.here.load(Relaxed) == 1 {
                        return;
                    }
                }
            }
        });
        let settle = |left| places.there.store(usize::from(left), Relaxed);
        drop(unpark_many(places.here().address(), 1, settle));
        let somebody_waits = places.there.load(Relaxed) == 1;
        places.here.store(1, Relaxed);
        let chosen = unpark_many(places.here().address(), 1, settle);
        assert!(chosen.count() == 0 || somebody_waits || places.there.load(Relaxed) == 0);
        drop(chosen);
        join(waiter);
    });
}

#[test]
fn a_move_and_a_time_limit_agree_on_who_was_first() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let waiter = thread::spawn({
            let places = Arc::clone(&places);
            move || places.park(soon())
        });
        let moved = requeue(places.here().address(), places.there().address(), 1, || true);
        // Whoever was moved counts as notified, and leaves its new queue by itself if its time is up.
        let expected = if moved == 1 { Wake::Notified } else { Wake::TimedOut };
        assert_eq!(join(waiter), expected);
        assert_eq!(places.left(), 0);
    });
}

#[test]
fn a_moved_waiter_sleeps_on_until_its_new_place_is_unparked() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let ticket = join_queue(places.here());
        let waiter = thread::spawn(move || ticket.sleep(Deadline::NEVER, Signals::Defer));
        let notifier = thread::spawn({
            let places = Arc::clone(&places);
            move || requeue(places.here().address(), places.there().address(), 1, || true)
        });
        assert_eq!(join(notifier), 1);
        assert_eq!(choose_one(places.here()), 0);
        assert_eq!(choose_one(places.there()), 1);
        assert_eq!(join(waiter), Wake::Notified);
    });
}

#[test]
fn a_move_an_unpark_and_a_time_limit_spend_a_waiter_once() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let ticket = join_queue(places.here());
        let waiter = thread::spawn(move || ticket.sleep(soon(), Signals::Defer));
        let notifier = thread::spawn({
            let places = Arc::clone(&places);
            move || requeue(places.here().address(), places.there().address(), 1, || true)
        });
        let chosen = choose_one(places.there());
        let moved = join(notifier);
        let wake = join(waiter);
        assert!(chosen <= moved, "nobody can be chosen there who was not moved there");
        assert_eq!(wake, if moved == 1 { Wake::Notified } else { Wake::TimedOut });
        assert_eq!(places.left(), 0);
    });
}

#[test]
fn a_move_that_is_not_admitted_moves_nobody() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let waiter = thread::spawn({
            let places = Arc::clone(&places);
            move || places.park(Deadline::NEVER)
        });
        let there = places.there().address();
        assert_eq!(requeue(places.here().address(), there, 1, || false), 0);
        assert_eq!(choose_one(places.there()), 0);
        places.here.store(1, Relaxed);
        choose_one(places.here());
        assert_ne!(join(waiter), Wake::TimedOut);
    });
}

#[test]
fn unpark_all_wakes_everybody_who_had_something_to_wait_for() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let waiters = [(); 2].map(|()| {
            let places = Arc::clone(&places);
            thread::spawn(move || places.park(Deadline::NEVER))
        });
        places.here.store(1, Relaxed);
        let chosen = unpark_all(places.here().address(), || ()).count();
        let woken = waiters.map(join).iter().filter(|&&wake| wake == Wake::Notified).count();
        assert_eq!(woken, chosen);
        assert_eq!(places.left(), 0);
    });
}

#[test]
fn two_unparks_never_choose_the_same_waiter() {
    loom::model(|| {
        let places = Arc::new(Places::default());
        let tickets = [(); 2].map(|()| join_queue(places.here()));
        let notifier = thread::spawn({
            let places = Arc::clone(&places);
            move || choose_one(places.here())
        });
        let chosen = unpark_many(places.here().address(), 1, |_| ());
        assert_eq!(chosen.count(), 1);
        chosen.wake();
        assert_eq!(join(notifier), 1);
        for ticket in tickets {
            assert_eq!(ticket.sleep(Deadline::NEVER, Signals::Defer), Wake::Notified);
        }
    });
}
