//! Binary heaps compatible with `heapq`: where items go.
//!
//! Each change is planned by comparisons alone and only then carried out, so that a comparison that fails leaves the
//! heap as it was (`heapq` leaves a new item inside). The comparisons are those of `heapq`: an item moves up past
//! parents that it is less than; after a removal the hole moves down to a leaf along the smaller children, and
//! the last item then up from there (Knuth, TAOCP 3, 5.2.3, exercise 18). So items that are equal leave in the same order, too.
//!
//! A plan is one place: those that move on to make room are its parents, up to the root or to the end of the heap.

mod compare;
pub(super) mod list;
pub(super) mod native;

/// The place above a place that is not the root.
fn parent(place: usize) -> usize {
    (place - 1) / 2
}

/// Where an item goes that is added to `size` others. `is_less` says whether it is less than the one at a place.
#[inline]
fn place_of_new<E>(
    size: usize,
    mut is_less: impl FnMut(usize) -> Result<bool, E>,
) -> Result<usize, E> {
    let mut hole = size;
    while hole > 0 && is_less(parent(hole))? {
        hole = parent(hole);
    }
    Ok(hole)
}

/// Where the last of `size` items goes when the first has left. `is_less` compares two places, `last_is_less` the
/// last item with one.
#[inline]
fn place_of_last<E>(
    size: usize,
    mut is_less: impl FnMut(usize, usize) -> Result<bool, E>,
    mut last_is_less: impl FnMut(usize) -> Result<bool, E>,
) -> Result<usize, E> {
    // As if the last item were gone already.
    let end = size - 1;
    let (mut hole, mut child) = (0, 1);
    while child + 1 < end {
        hole = child + usize::from(!is_less(child, child + 1)?);
        child = 2 * hole + 1;
    }
    if child < end {
        hole = child;
    }
    while hole > 0 && last_is_less(hole)? {
        hole = parent(hole);
    }
    Ok(hole)
}
