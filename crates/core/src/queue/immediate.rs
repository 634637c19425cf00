//! What a queue does at once: puts and gets that neither wait nor fail.
//!
//! Each asks `alone`, under the internal lock, whether nobody but threads has to be told of the change
//! (see [`Callers`](super::Callers)). Who enlists there looks at the queue afterwards, under the same lock: so it
//! either is seen here, and nothing is done, or sees what was done.

use super::bounded::{Held, Queue};
use super::guard::Guarding;
use super::order::Order;
use crate::observe::metrics::flow;
use crate::wait::{Kind, watch};

impl<O: Order, G: Guarding> Queue<O, G> {
    /// Puts an item, if there is room.
    ///
    /// # Errors
    /// The item, when there is none, or the queue was shut down, its order cannot tell the item's place, or `alone`
    /// says no.
    #[inline]
    pub fn try_put(&self, item: O::Item, alone: impl FnOnce() -> bool) -> Result<(), O::Item> {
        self.try_put_if(item, |_| alone())
    }

    /// Puts an item, if there is room and `admits`, asked under the internal lock, lets it in to those inside.
    ///
    /// # Errors
    /// The item, when it does not come in.
    #[inline]
    pub fn try_put_if(
        &self,
        item: O::Item,
        admits: impl FnOnce(&O) -> bool,
    ) -> Result<(), O::Item> {
        let mut state = self.state();
        if state.shut_down || state.is_full() || !admits(&state.items) {
            drop(state);
            return Err(item);
        }
        if let Err(item) = state.items.push(item) {
            drop(state);
            return Err(item);
        }
        state.unfinished += 1;
        if state.getters.waiting || watch::is_on() {
            tell_of_put(state);
        }
        Ok(())
    }

    /// Takes the next item; `None` when there is none, it cannot be told, or `alone` says no.
    #[inline]
    pub fn try_get(&self, alone: impl FnOnce() -> bool) -> Option<O::Item> {
        let mut state = self.state();
        if !alone() {
            return None;
        }
        let item = state.items.pop()?;
        if state.putters.waiting || watch::is_on() || state.items.has_spare_room() {
            after_get(state);
        }
        Some(item)
    }

    /// Marks one item as done; `false` when there is none that is not, or `alone` says no.
    #[inline]
    pub fn try_task_done(&self, alone: impl FnOnce() -> bool) -> bool {
        let mut state = self.state();
        if state.unfinished == 0 || !alone() {
            return false;
        }
        state.unfinished -= 1;
        if state.unfinished == 0 && state.joiners.waiting {
            let joiners = state.joiners.call_all();
            drop(state);
            joiners.wake();
        }
        true
    }
}

// What most calls do not come to stands apart: it takes room on the stack, and registers, at the beginning of a function.

#[cold]
fn tell_of_put<O: Order, G: Guarding>(mut state: Held<'_, O, G>) {
    let put = watch::is_on().then(|| (state.getters.origin(), state.items.len()));
    let getter = state.getters.call_one(|| false);
    drop(state);
    getter.wake();
    if let Some((origin, inside)) = put {
        flow::put(origin, Some(inside));
    }
}

#[cold]
fn after_get<O: Order, G: Guarding>(mut state: Held<'_, O, G>) {
    state.items.give_back();
    let origin = watch::is_on().then(|| state.getters.origin());
    let putter = state.call_next(Kind::QueuePut, || false);
    drop(state);
    putter.wake();
    if let Some(origin) = origin {
        flow::get(origin, None);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::queue::{Fifo, Queue};
    use crate::wait::Deadline;

    #[test]
    fn nothing_is_done_where_somebody_else_has_to_be_told() {
        let queue = Queue::<Fifo<u8>>::new(0);
        assert_eq!(queue.try_put(1, || false), Err(1));
        assert_eq!(queue.try_put(2, || true), Ok(()));
        assert_eq!(queue.try_get(|| false), None);
        assert!(!queue.try_task_done(|| false));
        assert_eq!((queue.len(), queue.unfinished()), (1, 1));
        assert_eq!(queue.try_get(|| true), Some(2));
        assert!(queue.try_task_done(|| true));
        assert!(!queue.try_task_done(|| true));
    }

    #[test]
    fn what_would_wait_or_fail_comes_back() {
        let queue = Queue::<Fifo<u8>>::new(1);
        assert_eq!(queue.try_get(|| true), None);
        assert_eq!(queue.try_put(1, || true), Ok(()));
        assert_eq!(queue.try_put(2, || true), Err(2));
        queue.shut_down(true);
        assert_eq!(queue.try_put(3, || true), Err(3));
    }

    #[test]
    fn a_thread_that_waits_is_called() {
        let queue = Queue::<Fifo<u8>>::new(1);
        let sum = std::thread::scope(|scope| {
            let getter = scope.spawn(|| {
                (0..100).map(|_| u32::from(queue.get(Deadline::NEVER).unwrap())).sum::<u32>()
            });
            for item in 0..100 {
                while queue.try_put(item, || true).is_err() {
                    std::hint::spin_loop();
                }
            }
            getter.join().unwrap()
        });
        assert_eq!(sum, (0..100).sum::<u32>());
    }
}
