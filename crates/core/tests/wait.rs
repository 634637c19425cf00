//! The door with real threads: joining, sleeping, choosing, moving, leaving.

#![cfg(not(loom))]

mod common;

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::thread::scope;
use std::time::Duration;

use common::{long, soon, start, start_waiting, until};
use ironthread::wait::{
    Deadline, Fate, Kind, Place, Signals, Site, Wake, clock, enlist, park, requeue, unpark_all,
    unpark_many, unpark_offering, unpark_one,
};

/// Something with an address to wait at.
#[derive(Default)]
struct Spot(AtomicUsize);

impl Spot {
    fn site(&self) -> Site {
        Site::at(&self.0, Kind::Lock, None)
    }

    fn address(&self) -> usize {
        self.site().address()
    }

    fn park(&self, place: Place, deadline: Deadline) -> Wake {
        park(self.site(), place, || true, deadline, Signals::Defer)
    }

    /// Chooses up to `count` waiters and wakes them; says how many.
    fn choose(&self, count: usize) -> usize {
        unpark_many(self.address(), count, |_| ()).count()
    }
}

#[test]
fn who_finds_nothing_to_wait_for_does_not_wait() {
    let spot = Spot::default();
    let wake = park(spot.site(), Place::Back, || false, Deadline::NEVER, Signals::Defer);
    assert_eq!(wake, Wake::Stale);
    assert_eq!(spot.choose(1), 0);
}

#[test]
fn a_wait_with_no_time_ends_at_once() {
    let spot = Spot::default();
    assert_eq!(spot.park(Place::Back, Deadline::PAST), Wake::TimedOut);
    assert_eq!(
        enlist(spot.site(), Place::Back).sleep(Deadline::PAST, Signals::Defer),
        Wake::TimedOut
    );
    assert_eq!(spot.choose(1), 0);
}

#[test]
fn a_wait_with_a_limit_lasts_as_long_and_leaves_the_queue() {
    let spot = Spot::default();
    let limit = Duration::from_millis(20);
    let start = clock::now();
    assert_eq!(spot.park(Place::Back, Deadline::after(limit)), Wake::TimedOut);
    assert!(Duration::from_nanos(clock::now() - start) >= limit);
    assert_eq!(spot.choose(1), 0);
}

#[test]
fn an_unpark_chooses_one_and_says_whether_any_are_left() {
    let spot = Spot::default();
    scope(|scope| {
        let park = || spot.park(Place::Back, long());
        let waiters = [(); 2].map(|()| start_waiting(scope, Kind::Lock, park));
        for expected in [true, false] {
            let unparked = unpark_many(spot.address(), 1, |left| assert_eq!(left, expected));
            assert_eq!(unparked.count(), 1);
        }
        assert_eq!(waiters.map(common::Running::join), [Wake::Notified; 2]);
    });
}

#[test]
fn chosen_waiters_sleep_until_they_are_woken() {
    let spot = Spot::default();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Lock, || spot.park(Place::Back, Deadline::NEVER));
        let unparked = unpark_all(spot.address(), || ());
        assert_eq!(unparked.count(), 1);
        assert_eq!(spot.choose(1), 0);
        unparked.wake();
        assert_eq!(waiter.join(), Wake::Notified);
    });
}

#[test]
fn the_queue_is_first_come_first_served_and_the_front_goes_before_it() {
    let spot = Spot::default();
    let order = std::sync::Mutex::new(Vec::new());
    scope(|scope| {
        for (name, place) in [(1, Place::Back), (2, Place::Back), (0, Place::Front)] {
            let (spot, order) = (&spot, &order);
            start_waiting(scope, Kind::Lock, move || {
                assert_eq!(spot.park(place, long()), Wake::Notified);
                order.lock().unwrap().push(name);
            });
        }
        for woken in 1..=3 {
            assert_eq!(spot.choose(1), 1);
            until(|| order.lock().unwrap().len() == woken);
        }
    });
    assert_eq!(*order.lock().unwrap(), [0, 1, 2]);
}

#[test]
fn a_thing_can_be_handed_over_to_who_was_chosen() {
    let spot = Spot::default();
    scope(|scope| {
        let waiter = start_waiting(scope, Kind::Lock, || spot.park(Place::Front, long()));
        let unparked = unpark_one(spot.address(), |chosen, left| {
            let chosen = chosen.unwrap();
            assert_eq!((chosen.thread, chosen.was_beaten, left), (waiter.id, true, false));
            true
        });
        unparked.wake();
        assert_eq!(waiter.join(), Wake::HandedOver);
    });
}

#[test]
fn a_thing_is_offered_until_one_stays_and_it_is_said_whether_any_are_left() {
    let spot = Spot::default();
    let [first, second, third] = [(); 3].map(|()| enlist(spot.site(), Place::Back));
    // Returns how many were offered it, and whether any are left.
    let offer = |admits: bool, fates: [Fate; 3]| {
        let (mut fates, mut left) = (fates.into_iter(), None);
        let offered = |_| fates.next().unwrap();
        let unparked = unpark_offering(spot.address(), || admits, offered, |any| left = Some(any));
        (unparked.count(), 3 - fates.len(), left)
    };
    assert_eq!(offer(false, [Fate::Hand; 3]), (0, 0, None));
    assert_eq!(offer(true, [Fate::Stay; 3]), (0, 1, Some(true)));
    assert_eq!(offer(true, [Fate::Wake, Fate::Hand, Fate::Stay]), (2, 3, Some(true)));
    assert_eq!(offer(true, [Fate::Hand; 3]), (1, 1, Some(false)));
    assert_eq!(first.sleep(long(), Signals::Defer), Wake::Notified);
    for ticket in [second, third] {
        assert_eq!(ticket.sleep(long(), Signals::Defer), Wake::HandedOver);
    }
}

#[test]
fn a_ticket_that_is_dropped_or_cancelled_has_left_the_queue() {
    let spot = Spot::default();
    drop(enlist(spot.site(), Place::Back));
    assert!(!enlist(spot.site(), Place::Back).cancel());
    assert_eq!(spot.choose(1), 0);
    let ticket = enlist(spot.site(), Place::Back);
    assert_eq!(spot.choose(1), 1);
    assert!(ticket.cancel(), "it was chosen before");
}

#[test]
fn a_ticket_that_was_chosen_before_the_sleep_does_not_sleep() {
    let spot = Spot::default();
    let ticket = enlist(spot.site(), Place::Back);
    assert_eq!(spot.choose(1), 1);
    assert_eq!(ticket.sleep(Deadline::NEVER, Signals::Defer), Wake::Notified);
}

#[test]
fn waiters_move_asleep_and_are_woken_at_their_new_place() {
    let (from, to) = (Spot::default(), Spot::default());
    scope(|scope| {
        let park = || from.park(Place::Back, Deadline::NEVER);
        let waiters = [(); 3].map(|()| start_waiting(scope, Kind::Lock, park));
        assert_eq!(requeue(from.address(), to.address(), 2, || false), 0);
        assert_eq!(requeue(from.address(), to.address(), 2, || true), 2);
        assert_eq!((from.choose(9), to.choose(9)), (1, 2));
        assert_eq!(waiters.map(common::Running::join), [Wake::Notified; 3]);
    });
}

#[test]
fn a_moved_waiter_whose_time_is_up_was_notified_and_leaves_its_new_queue() {
    let (from, to) = (Spot::default(), Spot::default());
    scope(|scope| {
        let waiter = start(scope, || from.park(Place::Back, soon()));
        let moved = requeue(from.address(), to.address(), 1, || true);
        let expected = if moved == 1 { Wake::Notified } else { Wake::TimedOut };
        assert_eq!(waiter.join(), expected);
        assert_eq!(to.choose(1), 0);
    });
}

#[test]
fn waiters_that_move_both_ways_at_once_are_all_woken() {
    // Many places, so that of each two that change waiters either may lie in the earlier bucket.
    let spots: [Spot; 32] = std::array::from_fn(|_| Spot::default());
    let done = AtomicUsize::new(0);
    let shuffle = |step: usize| {
        for here in (0..spots.len()).cycle().take_while(|_| done.load(Relaxed) < 8) {
            let there = (here + step) % spots.len();
            requeue(spots[here].address(), spots[there].address(), 1, || true);
        }
    };
    scope(|scope| {
        for spot in &spots[..8] {
            let done = &done;
            scope.spawn(move || {
                assert_eq!(spot.park(Place::Back, Deadline::NEVER), Wake::Notified);
                done.fetch_add(1, Relaxed);
            });
        }
        scope.spawn(|| shuffle(1));
        scope.spawn(|| shuffle(31));
        until(|| {
            for spot in &spots {
                unpark_all(spot.address(), || ()).wake();
            }
            done.load(Relaxed) == 8
        });
    });
}

#[test]
fn every_wake_up_of_many_is_used_once() {
    let spot = Spot::default();
    let (woken, chosen) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let total = 2_000;
    scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while woken.load(Relaxed) < total {
                    if spot.park(Place::Back, soon()) == Wake::Notified {
                        woken.fetch_add(1, Relaxed);
                    }
                }
            });
        }
        for _ in 0..2 {
            scope.spawn(|| {
                while woken.load(Relaxed) < total {
                    chosen.fetch_add(spot.choose(1), Relaxed);
                }
            });
        }
    });
    assert_eq!(woken.into_inner(), chosen.into_inner());
    assert_eq!(spot.choose(1), 0);
}
