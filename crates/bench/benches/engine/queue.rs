//! Items through a queue from thread to thread, with and without a limit.

use std::hint::black_box;
use std::sync::{Arc, mpsc};

use criterion::{BenchmarkGroup, Criterion, measurement::WallTime};
use ironthread::queue::{Fifo, Queue};
use ironthread::wait::Deadline;

use crate::crew::{Body, together};

/// The items that a bounded queue holds.
const LIMIT: usize = 64;

/// The two ends of a new queue for as many producers as consumers.
type Ends<P, G> = (Vec<P>, Vec<G>);

/// An operation is one item put and got.
fn pipeline<P, G>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    who: &str,
    make: impl Fn() -> Ends<P, G>,
) where
    P: Fn(u64) + Send,
    G: Fn() -> u64 + Send,
{
    group.bench_function(who, |bencher| {
        bencher.iter_custom(|items| {
            let (puts, gets) = make();
            let pairs = u32::try_from(puts.len()).unwrap();
            let producers = puts
                .into_iter()
                .map(|put| -> Body<'_> { Box::new(move || (0..items).for_each(put)) });
            let consumers = gets.into_iter().map(|get| -> Body<'_> {
                Box::new(move || {
                    for _ in 0..items {
                        black_box(get());
                    }
                })
            });
            together(producers.chain(consumers).collect()) / pairs
        });
    });
}

fn ours(limit: Option<usize>, pairs: usize) -> Ends<impl Fn(u64), impl Fn() -> u64> {
    let maxsize = limit.map_or(0, usize::cast_signed);
    let queue = Arc::new(Queue::<Fifo<u64>>::new(maxsize));
    let put = |queue: Arc<Queue<Fifo<u64>>>| move |item| queue.put(item, Deadline::NEVER).unwrap();
    let get = |queue: Arc<Queue<Fifo<u64>>>| move || queue.get(Deadline::NEVER).unwrap();
    let each = || (0..pairs).map(|_| Arc::clone(&queue));
    (each().map(put).collect(), each().map(get).collect())
}

fn crossbeam(limit: Option<usize>, pairs: usize) -> Ends<impl Fn(u64), impl Fn() -> u64> {
    let (sender, receiver) =
        limit.map_or_else(crossbeam_channel::unbounded, crossbeam_channel::bounded);
    let put = |sender: crossbeam_channel::Sender<u64>| move |item| sender.send(item).unwrap();
    let get = |receiver: crossbeam_channel::Receiver<u64>| move || receiver.recv().unwrap();
    let puts = (0..pairs).map(|_| put(sender.clone())).collect();
    (puts, (0..pairs).map(|_| get(receiver.clone())).collect())
}

fn flume(limit: Option<usize>, pairs: usize) -> Ends<impl Fn(u64), impl Fn() -> u64> {
    let (sender, receiver) = limit.map_or_else(flume::unbounded, flume::bounded);
    let put = |sender: flume::Sender<u64>| move |item| sender.send(item).unwrap();
    let get = |receiver: flume::Receiver<u64>| move || receiver.recv().unwrap();
    let puts = (0..pairs).map(|_| put(sender.clone())).collect();
    (puts, (0..pairs).map(|_| get(receiver.clone())).collect())
}

fn std_unbounded() -> Ends<impl Fn(u64), impl Fn() -> u64> {
    let (sender, receiver) = mpsc::channel();
    (vec![move |item| sender.send(item).unwrap()], vec![move || receiver.recv().unwrap()])
}

fn std_bounded() -> Ends<impl Fn(u64), impl Fn() -> u64> {
    let (sender, receiver) = mpsc::sync_channel(LIMIT);
    (vec![move |item| sender.send(item).unwrap()], vec![move || receiver.recv().unwrap()])
}

pub(crate) fn measure(criterion: &mut Criterion) {
    for (limit, form) in [(None, "unbounded"), (Some(LIMIT), "bounded")] {
        for pairs in [1, 4] {
            let name = format!("Queue, {form}, {pairs} to {pairs}");
            let mut group = criterion.benchmark_group(name);
            pipeline(&mut group, "ironthread", || ours(limit, pairs));
            pipeline(&mut group, "crossbeam-channel", || crossbeam(limit, pairs));
            pipeline(&mut group, "flume", || flume(limit, pairs));
            // That of `std` has one consumer only.
            match (limit, pairs) {
                (None, 1) => pipeline(&mut group, "std", std_unbounded),
                (Some(_), 1) => pipeline(&mut group, "std", std_bounded),
                _ => {}
            }
            group.finish();
        }
    }
}
