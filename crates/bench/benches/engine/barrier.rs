//! A barrier at which four threads meet.

use std::convert::Infallible;

use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use ironthread::sync::Barrier;
use ironthread::wait::Deadline;

use crate::crew::{Body, THREADS, together};

fn meet(group: &mut BenchmarkGroup<'_, WallTime>, who: &str, wait: impl Fn() + Sync) {
    let wait = &wait;
    group.bench_function(who, |bencher| {
        bencher.iter_custom(|rounds| {
            let body = || -> Body<'_> { Box::new(move || (0..rounds).for_each(|_| wait())) };
            together((0..THREADS).map(|_| body()).collect())
        });
    });
}

pub(crate) fn measure(criterion: &mut Criterion) {
    let ours = Barrier::new(THREADS as usize);
    let std = std::sync::Barrier::new(THREADS as usize);

    let mut group = criterion.benchmark_group("Barrier, 4 threads meet");
    meet(&mut group, "ironthread", || {
        ours.wait(Deadline::NEVER, || Ok::<(), Infallible>(())).unwrap();
    });
    meet(&mut group, "std", || {
        std.wait();
    });
    group.finish();
}
