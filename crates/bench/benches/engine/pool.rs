//! A hundred thousand tiny tasks, handed to a pool from outside and by one of its own threads.
//!
//! Ours are tasks that can be joined and cancelled; rayon's `spawn` hands out nothing.

use std::hint::black_box;
use std::sync::atomic::{AtomicU32, Ordering::AcqRel};
use std::sync::{Arc, mpsc};

use criterion::Criterion;
use ironthread::exec::{Pool, Spawner};

use crate::crew::THREADS;

const TASKS: u32 = 100_000;

/// Hands all tasks to `spawn` and waits until the last has run; the time is that of all of them.
fn run(spawn: impl Fn(Box<dyn FnOnce() + Send>)) {
    let (tell, told) = mpsc::channel();
    spawn_all(spawn, &tell);
    told.recv().unwrap();
}

fn spawn_all(spawn: impl Fn(Box<dyn FnOnce() + Send>), tell: &mpsc::Sender<()>) {
    let left = Arc::new(AtomicU32::new(TASKS));
    for number in 0..TASKS {
        let (left, tell) = (Arc::clone(&left), tell.clone());
        spawn(Box::new(move || {
            black_box(number);
            if left.fetch_sub(1, AcqRel) == 1 {
                tell.send(()).unwrap();
            }
        }));
    }
}

fn ours_inside(spawner: &Spawner) {
    let (tell, told) = mpsc::channel();
    let inside = spawner.clone();
    spawner.spawn(move || spawn_all(|task| drop(inside.spawn(task)), &tell));
    told.recv().unwrap();
}

fn rayon_inside(pool: &Arc<rayon::ThreadPool>) {
    let (tell, told) = mpsc::channel();
    let inside = Arc::clone(pool);
    pool.spawn(move || spawn_all(|task| inside.spawn(task), &tell));
    told.recv().unwrap();
}

pub(crate) fn measure(criterion: &mut Criterion) {
    let ours = Pool::with_workers(THREADS as usize).unwrap();
    let rayon = rayon::ThreadPoolBuilder::new().num_threads(THREADS as usize).build().unwrap();
    let rayon = Arc::new(rayon);

    let mut group = criterion.benchmark_group("Pool of 4, 100,000 tasks from outside");
    group.bench_function("ironthread", |bencher| {
        bencher.iter(|| run(|task| drop(ours.spawn(task))));
    });
    group.bench_function("rayon", |bencher| bencher.iter(|| run(|task| rayon.spawn(task))));
    group.finish();

    let mut group = criterion.benchmark_group("Pool of 4, 100,000 tasks by a worker");
    group.bench_function("ironthread", |bencher| bencher.iter(|| ours_inside(ours.spawner())));
    group.bench_function("rayon", |bencher| bencher.iter(|| rayon_inside(&rayon)));
    group.finish();
}
