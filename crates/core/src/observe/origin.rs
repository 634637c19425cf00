//! The lines of a program's source that made primitives, each under a small number.
//!
//! Ten thousand futures made on one line are one row of a report. The table only grows: a program has so
//! many lines and no more.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::metrics::counters;
use crate::wait::{Kind, Origin};

/// A line of the program's source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Line {
    /// The file, as the program's host names it.
    pub file: Arc<str>,
    /// The line, counted from 1.
    pub number: u32,
}

#[derive(Default)]
struct Table {
    /// A line that makes things of two kinds has two numbers.
    numbers: BTreeMap<(Line, Kind), Origin>,
    /// By number − 1: the line, how many objects of the kind it made, and the kind.
    lines: Vec<(Line, u64, Kind)>,
}

static TABLE: Mutex<Table> = Mutex::new(Table { numbers: BTreeMap::new(), lines: Vec::new() });

fn table() -> MutexGuard<'static, Table> {
    TABLE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The table's lock, held over a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) struct OriginGuard(
    #[expect(dead_code, reason = "held, not used")] MutexGuard<'static, Table>,
);

/// Locks the table for the time of a fork.
#[cfg_attr(not(unix), expect(dead_code, reason = "only unix forks"))]
pub(crate) fn freeze() -> OriginGuard {
    OriginGuard(table())
}

/// Notes that `line` made one more object of a kind, and returns the number of line and kind. A queue
/// counts as what its getters wait for.
///
/// # Panics
/// When there are more than 2³² − 1 different lines.
pub fn made_at(line: &Line, kind: Kind) -> Origin {
    let mut table = table();
    if let Some(&origin) = table.numbers.get(&(line.clone(), kind)) {
        table.lines[index(origin)].1 += 1;
        return origin;
    }
    table.lines.push((line.clone(), 1, kind));
    let number = u32::try_from(table.lines.len()).ok().and_then(NonZeroU32::new);
    let origin = Origin(number.expect("a program has fewer than 2^32 lines"));
    counters::provide(kind, Some(origin));
    table.numbers.insert((line.clone(), kind), origin);
    origin
}

/// Makes room for the counts of objects that no line is known of, which are counted by their kinds.
pub(crate) fn prepare() {
    let _table = table();
    counters::provide(Kind::Lock, None);
}

/// The line with this number, and how many objects it made.
#[must_use]
pub fn line(origin: Origin) -> Option<(Line, u64)> {
    table().lines.get(index(origin)).map(|(line, objects, _)| (line.clone(), *objects))
}

/// All numbers, and the kinds of things that their lines made.
pub(crate) fn all() -> Vec<(Origin, Kind)> {
    let numbers = (1..).map_while(NonZeroU32::new);
    let kinds: Vec<_> = table().lines.iter().map(|&(_, _, kind)| kind).collect();
    numbers.zip(kinds).map(|(number, kind)| (Origin(number), kind)).collect()
}

fn index(origin: Origin) -> usize {
    origin.0.get() as usize - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_one_number_a_kind_and_counts_its_objects() {
        let here = Line { file: "origin_test.py".into(), number: 7 };
        let there = Line { file: "origin_test.py".into(), number: 8 };
        let first = made_at(&here, Kind::Lock);
        assert_ne!(made_at(&there, Kind::Lock), first);
        assert_ne!(made_at(&here, Kind::Event), first);
        assert_eq!(made_at(&here, Kind::Lock), first);
        assert_eq!(line(first), Some((here, 2)));
    }
}
