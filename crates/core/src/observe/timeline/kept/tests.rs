//! What is kept, what is counted, and how much memory that takes.

use super::*;

fn thread(number: u32) -> ThreadId {
    ThreadId::from_word(number).expect("threads are numbered from 1")
}

fn interval(number: u32, begin: u64, duration: u64) -> Interval {
    Interval {
        thread: thread(number),
        kind: Kind::Lock,
        origin: None,
        begin,
        end: begin + duration,
        attaching: 0,
        holder: None,
    }
}

/// Durations of which half as many are twice as long, from a microsecond on; the same in each run.
fn durations(count: u64) -> impl Iterator<Item = u64> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    (0..count).map(move |_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (1 << 40) / ((state >> 34) + 1)
    })
}

#[test]
fn up_to_the_limit_every_interval_is_kept_and_there_is_no_resolution() {
    let mut kept = Kept::new(100);
    (0..100).for_each(|begin| kept.add(interval(1, begin, 0)));
    let timeline = kept.into_timeline();
    assert_eq!((timeline.resolution, timeline.omitted), (0, 0));
    assert_eq!(timeline.threads[&thread(1)].intervals.len(), 100);
}

#[test]
fn kept_and_omitted_add_up_to_what_was_fed_by_thread() {
    let mut kept = Kept::new(1000);
    let mut fed = BTreeMap::<_, Tally>::new();
    for (turn, duration) in durations(100_000).enumerate() {
        let number = u32::try_from(turn % 7 + 1).unwrap();
        kept.add(interval(number, turn as u64, duration));
        fed.entry(thread(number)).or_default().add(duration);
    }
    let timeline = kept.into_timeline();
    let mut omitted = 0;
    for (thread, line) in timeline.threads {
        let mut found = line.omitted;
        omitted += found.count;
        for each in line.intervals {
            assert!(each.duration() >= timeline.resolution);
            found.add(each.duration());
        }
        assert_eq!(fed.remove(&thread), Some(found));
    }
    assert!(fed.is_empty());
    assert_eq!(timeline.omitted, omitted);
}

#[test]
fn the_whole_run_stays_covered_and_most_of_the_room_is_used() {
    let mut kept = Kept::new(1000);
    for (turn, duration) in durations(100_000).enumerate() {
        kept.add(interval(1, turn as u64, duration));
    }
    let begins: Vec<_> = kept.intervals.iter().map(|each| each.begin).collect();
    assert!(begins.len() > 300, "{} of 1000 left", begins.len());
    // Tenths of the run, and how much of what is kept began in each.
    for tenth in 0..10 {
        let within = tenth * 10_000..(tenth + 1) * 10_000;
        let count = begins.iter().filter(|&begin| within.contains(begin)).count();
        assert!(count * 20 > begins.len(), "{count} of {} began in {within:?}", begins.len());
    }
}

#[test]
fn millions_of_short_waits_take_no_more_memory_than_the_limit() {
    let mut kept = Kept::new(1000);
    for begin in 0..3_000_000 {
        kept.add(interval(1, begin, 5000));
        assert!(kept.intervals.len() <= 1000);
    }
    assert!(kept.intervals.capacity() <= 2048);
    assert_eq!(kept.resolution, 8192);
    let line = &kept.clone().into_timeline().threads[&thread(1)];
    assert_eq!(line.intervals.len(), 0);
    assert_eq!(line.omitted, Tally { count: 3_000_000, total: 15_000_000_000, longest: 5000 });
    // What is longer still finds its place.
    kept.add(interval(1, 0, 10_000));
    assert_eq!(kept.intervals.len(), 1);
}

#[test]
fn the_smallest_and_the_longest_intervals_find_a_resolution() {
    let mut kept = Kept::new(1);
    let forever = Interval { end: u64::MAX, ..interval(1, 0, 0) };
    kept.add(forever);
    kept.add(interval(1, 0, 0));
    assert_eq!((kept.resolution, kept.intervals.as_slice()), (FINEST, &[forever][..]));
    kept.add(interval(1, 0, 1 << 40));
    assert_eq!((kept.resolution, kept.intervals.as_slice()), (1 << 41, &[forever][..]));
}

#[test]
fn of_threads_that_are_forgotten_the_number_of_their_intervals_is_left() {
    let mut kept = Kept::new(4);
    (0..4).for_each(|begin| kept.add(interval(1, begin, 1)));
    kept.add(interval(2, 5, 5000));
    kept.add(interval(1, 6, 5000));
    kept.forget(&[thread(1)]);
    let timeline = kept.into_timeline();
    assert_eq!(timeline.omitted, 5);
    assert_eq!(timeline.threads.keys().collect::<Vec<_>>(), [&thread(2)]);
}

#[test]
fn an_interval_takes_as_much_memory_as_is_said() {
    assert_eq!(size_of::<Interval>(), 40);
}
