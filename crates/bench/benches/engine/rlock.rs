//! A lock that counts: free, and wanted by four threads. (That of `std` is not stable yet.)

use criterion::Criterion;
use ironthread::sync::RLock;
use ironthread::wait::Deadline;

use crate::crew::contended;

pub(crate) fn measure(criterion: &mut Criterion) {
    let ours = RLock::new();
    let our_turn = || {
        ours.acquire(Deadline::NEVER).unwrap();
        ours.release().unwrap();
    };
    let parking_lot = parking_lot::ReentrantMutex::new(());
    let parking_lot_turn = || drop(parking_lot.lock());

    let mut group = criterion.benchmark_group("RLock, free");
    group.bench_function("ironthread", |bencher| bencher.iter(our_turn));
    group.bench_function("parking_lot", |bencher| bencher.iter(parking_lot_turn));
    group.finish();

    let mut group = criterion.benchmark_group("RLock, 4 threads");
    contended(&mut group, "ironthread", our_turn);
    contended(&mut group, "parking_lot", parking_lot_turn);
    group.finish();
}
