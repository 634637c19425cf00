//! One outcome, written once and waited for once: in one thread, and by a thread that is asked for it.
//! Others have no future without a runtime; programs use a channel of one item instead.

use std::sync::{Arc, mpsc};
use std::thread;

use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use ironthread::exec::Future;
use ironthread::wait::Deadline;

type Ours = Future<u64, fn()>;

fn outcome(future: &Ours) -> u64 {
    future.wait(Deadline::NEVER).unwrap();
    *future.outcome().unwrap()
}

/// Asks another thread, over and over, for what `finish` does with the far end, and waits at the near end.
fn ask<F: Send, N>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    who: &str,
    make: impl Fn() -> (F, N),
    finish: impl Fn(F) + Send,
    wait: impl Fn(N) -> u64,
) {
    thread::scope(|scope| {
        let (questions, asked) = mpsc::channel();
        scope.spawn(move || asked.into_iter().for_each(finish));
        group.bench_function(who, |bencher| {
            bencher.iter(|| {
                let (far, near) = make();
                questions.send(far).unwrap();
                wait(near)
            });
        });
        drop(questions);
    });
}

pub(crate) fn measure(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("Future, one thread");
    group.bench_function("ironthread", |bencher| {
        bencher.iter(|| {
            let future = Ours::new();
            future.finish(1).unwrap();
            outcome(&future)
        });
    });
    group.bench_function("std", |bencher| {
        bencher.iter(|| {
            let (sender, receiver) = mpsc::sync_channel(1);
            sender.send(1).unwrap();
            receiver.recv().unwrap()
        });
    });
    group.bench_function("crossbeam-channel", |bencher| {
        bencher.iter(|| {
            let (sender, receiver) = crossbeam_channel::bounded(1);
            sender.send(1).unwrap();
            receiver.recv().unwrap()
        });
    });
    group.bench_function("flume", |bencher| {
        bencher.iter(|| {
            let (sender, receiver) = flume::bounded(1);
            sender.send(1).unwrap();
            receiver.recv().unwrap()
        });
    });
    group.finish();

    let mut group = criterion.benchmark_group("Future, from another thread");
    let ours = || {
        let future = Arc::new(Ours::new());
        (Arc::clone(&future), future)
    };
    let finish = |future: Arc<Ours>| drop(future.finish(1).unwrap());
    ask(&mut group, "ironthread", ours, finish, |future| outcome(&future));
    ask(
        &mut group,
        "std",
        || mpsc::sync_channel(1),
        |sender| sender.send(1).unwrap(),
        |receiver| receiver.recv().unwrap(),
    );
    ask(
        &mut group,
        "crossbeam-channel",
        || crossbeam_channel::bounded(1),
        |sender| sender.send(1).unwrap(),
        |receiver| receiver.recv().unwrap(),
    );
    ask(
        &mut group,
        "flume",
        || flume::bounded(1),
        |sender| sender.send(1).unwrap(),
        |receiver| receiver.recv().unwrap(),
    );
    group.finish();
}
