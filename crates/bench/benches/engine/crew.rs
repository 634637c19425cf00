//! Threads that do something together, and how long it takes them.

use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use criterion::BenchmarkGroup;
use criterion::measurement::WallTime;

/// Threads that contend for one thing.
pub(crate) const THREADS: u32 = 4;

/// What one thread does.
pub(crate) type Body<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Runs each body in a thread; the time from the first one's begin to the last one's end.
pub(crate) fn together(bodies: Vec<Body<'_>>) -> Duration {
    let gate = &Barrier::new(bodies.len());
    let times: Vec<(Instant, Instant)> = thread::scope(|scope| {
        let enter = |body: Body<'_>| {
            gate.wait();
            let begun = Instant::now();
            body();
            (begun, Instant::now())
        };
        let threads: Vec<_> =
            bodies.into_iter().map(|body| scope.spawn(move || enter(body))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let begun = times.iter().map(|(begun, _)| *begun).min().unwrap();
    let ended = times.iter().map(|(_, ended)| *ended).max().unwrap();
    ended - begun
}

/// Measures a turn that four threads take at the same time, over and over.
pub(crate) fn contended(
    group: &mut BenchmarkGroup<'_, WallTime>,
    who: &str,
    turn: impl Fn() + Sync,
) {
    let turn = &turn;
    group.bench_function(who, |bencher| {
        bencher.iter_custom(|turns| {
            let body = || -> Body<'_> { Box::new(move || (0..turns).for_each(|_| turn())) };
            together((0..THREADS).map(|_| body()).collect()) / THREADS
        });
    });
}

/// Measures what two threads do in turns, there and back.
pub(crate) fn in_turns(
    group: &mut BenchmarkGroup<'_, WallTime>,
    who: &str,
    step: impl Fn(bool) + Sync,
) {
    let step = &step;
    group.bench_function(who, |bencher| {
        bencher.iter_custom(|turns| {
            let body = |own| -> Body<'_> { Box::new(move || (0..turns).for_each(|_| step(own))) };
            together(vec![body(false), body(true)])
        });
    });
}
