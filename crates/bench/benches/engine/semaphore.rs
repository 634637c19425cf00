//! A semaphore. Neither `std` nor `parking_lot` has one: theirs is a count under a mutex with a condition
//! variable, as programs write it.

use criterion::Criterion;
use ironthread::sync::Semaphore;
use ironthread::wait::Deadline;

use crate::crew::contended;

const PLACES: u32 = 2;

#[derive(Default)]
struct OverStd {
    places: std::sync::Mutex<u32>,
    freed: std::sync::Condvar,
}

impl OverStd {
    fn turn(&self) {
        let mut places = self.places.lock().unwrap();
        while *places == 0 {
            places = self.freed.wait(places).unwrap();
        }
        *places -= 1;
        drop(places);
        *self.places.lock().unwrap() += 1;
        self.freed.notify_one();
    }
}

#[derive(Default)]
struct OverParkingLot {
    places: parking_lot::Mutex<u32>,
    freed: parking_lot::Condvar,
}

impl OverParkingLot {
    fn turn(&self) {
        let mut places = self.places.lock();
        while *places == 0 {
            self.freed.wait(&mut places);
        }
        *places -= 1;
        drop(places);
        *self.places.lock() += 1;
        self.freed.notify_one();
    }
}

pub(crate) fn measure(criterion: &mut Criterion) {
    let ours = Semaphore::new(PLACES.into());
    let our_turn = || {
        ours.acquire(Deadline::NEVER).unwrap();
        ours.release(1, None).unwrap();
    };
    let std = OverStd { places: PLACES.into(), ..OverStd::default() };
    let parking_lot = OverParkingLot { places: PLACES.into(), ..OverParkingLot::default() };

    let mut group = criterion.benchmark_group("Semaphore, free");
    group.bench_function("ironthread", |bencher| bencher.iter(our_turn));
    group.bench_function("std", |bencher| bencher.iter(|| std.turn()));
    group.bench_function("parking_lot", |bencher| bencher.iter(|| parking_lot.turn()));
    group.finish();

    let mut group = criterion.benchmark_group("Semaphore, 4 threads for 2 places");
    contended(&mut group, "ironthread", our_turn);
    contended(&mut group, "std", || std.turn());
    contended(&mut group, "parking_lot", || parking_lot.turn());
    group.finish();
}
