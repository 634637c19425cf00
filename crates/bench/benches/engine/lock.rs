//! A lock: free, and wanted by four threads.

use criterion::Criterion;
use ironthread::sync::Lock;
use ironthread::wait::Deadline;

use crate::crew::contended;

pub(crate) fn measure(criterion: &mut Criterion) {
    let ours = Lock::new();
    let our_turn = || {
        ours.acquire(Deadline::NEVER).unwrap();
        ours.release().unwrap();
    };
    let std = std::sync::Mutex::new(());
    let std_turn = || drop(std.lock().unwrap());
    let parking_lot = parking_lot::Mutex::new(());
    let parking_lot_turn = || drop(parking_lot.lock());

    let mut group = criterion.benchmark_group("Lock, free");
    group.bench_function("ironthread", |bencher| bencher.iter(our_turn));
    group.bench_function("std", |bencher| bencher.iter(std_turn));
    group.bench_function("parking_lot", |bencher| bencher.iter(parking_lot_turn));
    group.finish();

    let mut group = criterion.benchmark_group("Lock, 4 threads");
    contended(&mut group, "ironthread", our_turn);
    contended(&mut group, "std", std_turn);
    contended(&mut group, "parking_lot", parking_lot_turn);
    group.finish();
}
