//! Signals that arrive in the middle of a wait: a handler ends it or not, and no wake-up is lost with it.
//!
//! In a model a signal arrives when a thread that takes signals sleeps for the first time in a wait, so each order of that
//! with what another thread does is one of the model's.

use std::cell::Cell;
use std::convert::Infallible;
use std::sync::Once;

use ironthread::error::{BarrierError, GetError, Interrupted, PutError, WaitEnded, WaitError};
use ironthread::exec::Future;
use ironthread::exec::future::State;
use ironthread::queue::{Fifo, Queue};
use ironthread::sync::{Barrier, Condition, Event, Lock, RLock, Semaphore};
use ironthread::wait::Deadline;
use ironthread::wait::host::{Host, set_host};
use loom::sync::Arc;
use loom::thread::{self, JoinHandle};

use crate::{Guarded, join};

/// What the handlers do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Handlers {
    Return,
    Raise,
}

loom::thread_local! {
    /// In how many waits the calling thread takes a signal.
    static SIGNALS: Cell<u32> = Cell::new(0);
    static HANDLERS: Cell<Handlers> = Cell::new(Handlers::Return);
}

/// A host whose handlers run in the threads that are [struck].
struct Signalling;

impl Host for Signalling {
    fn takes_signals(&self) -> bool {
        SIGNALS.with(|left| left.replace(left.get().saturating_sub(1)) > 0)
    }

    fn run_handlers(&self) -> bool {
        HANDLERS.with(Cell::get) == Handlers::Return
    }
}

/// A thread that does this and gets a signal in its first wait; in each, where handlers raise.
fn struck<R: 'static>(
    handlers: Handlers,
    step: impl FnOnce() -> R + Send + 'static,
) -> JoinHandle<R> {
    thread::spawn(move || {
        strike(handlers);
        step()
    })
}

/// Two threads that do the same; the first gets signals, whose handlers raise.
fn two_waiting<T: Send + Sync + 'static, R: 'static>(
    shared: &Arc<T>,
    step: impl Fn(&T) -> R + Copy + Send + 'static,
) -> (JoinHandle<R>, JoinHandle<R>) {
    let work = || {
        let shared = Arc::clone(shared);
        move || step(&shared)
    };
    (struck(Handlers::Raise, work()), thread::spawn(work()))
}

/// From now on the calling thread gets signals.
fn strike(handlers: Handlers) {
    static HOST: Once = Once::new();
    HOST.call_once(|| assert!(set_host(&Signalling)));
    // (One that returns may be followed by others for ever, and the model would be, too.)
    let signals = if handlers == Handlers::Raise { u32::MAX } else { 1 };
    SIGNALS.with(|left| left.set(signals));
    HANDLERS.with(|handlers_do| handlers_do.set(handlers));
}

/// From now on it gets none.
fn spare() {
    SIGNALS.with(|left| left.set(0));
}

fn take(lock: &Lock) -> Result<(), WaitEnded> {
    assert!(lock.acquire(Deadline::NEVER)?);
    lock.release().unwrap();
    Ok(())
}

#[test]
fn a_lock_is_had_after_a_handler() {
    loom::model(|| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let waiter = struck(Handlers::Return, {
            let lock = Arc::clone(&lock);
            move || take(&lock)
        });
        lock.release().unwrap();
        assert!(join(waiter).is_ok());
        assert!(!lock.is_locked());
    });
}

#[test]
fn a_lock_goes_to_the_next_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let lock = Arc::new(Lock::new());
        assert!(lock.try_acquire());
        let (first, second) = two_waiting(&lock, take);
        lock.release().unwrap();
        assert!(matches!(join(first), Ok(()) | Err(WaitEnded::Interrupted)));
        assert!(join(second).is_ok());
        assert!(!lock.is_locked());
    });
}

#[test]
fn a_permit_goes_to_the_next_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let semaphore = Arc::new(Semaphore::new(0));
        let (first, second) =
            two_waiting(&semaphore, |semaphore| semaphore.acquire(Deadline::NEVER));
        semaphore.release(1, None).unwrap();
        if join(first) == Ok(true) {
            semaphore.release(1, None).unwrap();
        }
        assert_eq!(join(second), Ok(true));
        assert_eq!(semaphore.value(), 0);
    });
}

/// A condition, its lock, and whether what is waited for has come.
#[derive(Default)]
struct News {
    lock: Lock,
    condition: Condition,
    come: Guarded,
}

impl News {
    /// Signals come once the lock is held, if any.
    fn wait(&self, handlers: Option<Handlers>) -> Result<bool, WaitError> {
        assert!(self.lock.acquire(Deadline::NEVER).unwrap());
        handlers.into_iter().for_each(strike);
        let ended = if self.come.get() == 0 {
            self.condition.wait(&self.lock, Deadline::NEVER)
        } else {
            Ok(true)
        };
        self.lock.release().unwrap();
        ended
    }

    fn tell(&self, count: usize) {
        assert!(self.lock.acquire(Deadline::NEVER).unwrap());
        self.come.set(1);
        self.condition.notify(&self.lock, count).unwrap();
        self.lock.release().unwrap();
    }
}

fn start_waiting(
    news: &Arc<News>,
    handlers: Option<Handlers>,
) -> JoinHandle<Result<bool, WaitError>> {
    let news = Arc::clone(news);
    thread::spawn(move || news.wait(handlers))
}

#[test]
fn a_notification_reaches_who_runs_handlers() {
    loom::model(|| {
        let news = Arc::new(News::default());
        let waiter = start_waiting(&news, Some(Handlers::Return));
        news.tell(1);
        assert_eq!(join(waiter), Ok(true));
        assert!(!news.lock.is_locked());
        assert!(!news.condition.has_waiters());
    });
}

#[test]
fn who_is_interrupted_has_the_lock_back_and_leaves_the_condition() {
    loom::model(|| {
        let news = Arc::new(News::default());
        let waiter = start_waiting(&news, Some(Handlers::Raise));
        news.tell(1);
        assert!(matches!(join(waiter), Ok(true) | Err(WaitError::Interrupted)));
        assert!(!news.lock.is_locked());
        assert!(!news.condition.has_waiters());
    });
}

#[test]
fn a_notification_goes_to_the_next_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let news = Arc::new(News::default());
        let first = start_waiting(&news, Some(Handlers::Raise));
        let second = start_waiting(&news, None);
        news.tell(1);
        if join(first) == Ok(true) {
            // It may be the one that was notified.
            news.tell(1);
        }
        assert_eq!(join(second), Ok(true));
        assert!(!news.lock.is_locked());
    });
}

#[test]
fn an_item_goes_to_the_next_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let queue = Arc::new(Queue::<Fifo<u32>>::new(0));
        let (first, second) = two_waiting(&queue, |queue| queue.get(Deadline::NEVER));
        assert!(queue.put(1, Deadline::NEVER).is_ok());
        let of_first = join(first);
        if of_first == Ok(1) {
            assert!(queue.put(1, Deadline::NEVER).is_ok());
        } else {
            assert_eq!(of_first, Err(GetError::Interrupted));
        }
        assert_eq!(join(second), Ok(1));
        assert!(queue.is_empty());
    });
}

#[test]
fn an_event_that_is_set_meanwhile_ends_the_wait_of_who_runs_handlers() {
    loom::model(|| {
        let event = Arc::new(Event::new());
        let waiter = struck(Handlers::Return, {
            let event = Arc::clone(&event);
            move || event.wait(Deadline::NEVER)
        });
        event.set();
        assert_eq!(join(waiter), Ok(true));
    });
}

#[test]
fn an_event_is_waited_for_no_longer_when_a_handler_raises() {
    loom::model(|| {
        let event = Arc::new(Event::new());
        let waiter = struck(Handlers::Raise, {
            let event = Arc::clone(&event);
            move || event.wait(Deadline::NEVER)
        });
        event.set();
        assert!(matches!(join(waiter), Ok(true) | Err(Interrupted)));
    });
}

#[test]
fn a_slot_goes_to_the_next_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let queue = Arc::new(Queue::<Fifo<u32>>::new(1));
        assert!(queue.put(1, Deadline::NEVER).is_ok());
        let first = struck(Handlers::Raise, {
            let queue = Arc::clone(&queue);
            move || queue.put(2, Deadline::NEVER)
        });
        let second = thread::spawn({
            let queue = Arc::clone(&queue);
            move || queue.put(3, Deadline::NEVER)
        });
        assert_eq!(queue.get(Deadline::NEVER), Ok(1));
        let of_first = join(first);
        if of_first.is_ok() {
            assert!(matches!(queue.get(Deadline::NEVER), Ok(2 | 3)));
        } else {
            assert_eq!(of_first, Err(PutError::Interrupted(2)));
        }
        assert_eq!(join(second), Ok(()));
        assert_eq!(queue.len(), 1);
    });
}

#[test]
fn a_join_ends_for_the_others_when_a_handler_ends_that_of_the_first() {
    loom::model(|| {
        let queue = Arc::new(Queue::<Fifo<u32>>::new(0));
        assert!(queue.put(1, Deadline::NEVER).is_ok());
        let (first, second) = two_waiting(&queue, |queue| queue.join(Deadline::NEVER));
        assert!(queue.task_done().is_ok());
        assert!(matches!(join(first), Ok(true) | Err(Interrupted)));
        assert_eq!(join(second), Ok(true));
    });
}

#[test]
fn a_join_ends_for_who_runs_handlers() {
    loom::model(|| {
        let queue = Arc::new(Queue::<Fifo<u32>>::new(0));
        assert!(queue.put(1, Deadline::NEVER).is_ok());
        let joiner = struck(Handlers::Return, {
            let queue = Arc::clone(&queue);
            move || queue.join(Deadline::NEVER)
        });
        assert!(queue.task_done().is_ok());
        assert_eq!(join(joiner), Ok(true));
    });
}

/// A barrier for two, and how often its action ran.
struct Meeting {
    barrier: Barrier,
    rounds: Guarded,
}

impl Meeting {
    fn wait(&self) -> Result<usize, BarrierError<Infallible>> {
        self.barrier.wait(Deadline::NEVER, || {
            self.rounds.add_one();
            Ok(())
        })
    }
}

#[test]
fn a_barrier_waits_for_another_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let meeting = Arc::new(Meeting { barrier: Barrier::new(2), rounds: Guarded::default() });
        let first = struck(Handlers::Raise, {
            let meeting = Arc::clone(&meeting);
            move || {
                let outcome = meeting.wait();
                // The signal may also have come when both were there.
                if meeting.rounds.get() == 0 {
                    assert_eq!(outcome, Err(BarrierError::Interrupted));
                    spare();
                    assert!(meeting.wait().is_ok());
                }
            }
        });
        assert!(meeting.wait().is_ok());
        join(first);
        assert_eq!(meeting.rounds.get(), 1);
        assert_eq!(meeting.barrier.waiting(), 0);
    });
}

#[test]
fn a_reentrant_lock_goes_to_the_next_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let lock = Arc::new(RLock::new());
        assert!(lock.try_acquire() && lock.try_acquire());
        let take = |lock: &RLock| {
            let taken = lock.acquire(Deadline::NEVER);
            assert_eq!(lock.is_owned(), taken.is_ok());
            if taken.is_ok() {
                assert_eq!(lock.depth(), 1);
                lock.release().unwrap();
            }
            taken
        };
        let (first, second) = two_waiting(&lock, take);
        lock.release().unwrap();
        lock.release().unwrap();
        assert!(matches!(join(first), Ok(true) | Err(WaitEnded::Interrupted)));
        assert_eq!(join(second), Ok(true));
        assert!(!lock.is_locked());
    });
}

#[test]
fn a_future_is_waited_for_by_the_others_when_a_handler_ends_the_wait_of_the_first() {
    loom::model(|| {
        let future = Arc::new(Future::<u32, u32>::new());
        let first = struck(Handlers::Raise, {
            let future = Arc::clone(&future);
            move || {
                assert_eq!(future.wait(Deadline::NEVER), Err(WaitEnded::Interrupted));
                assert!(future.finish(7).is_ok());
            }
        });
        assert_eq!(future.wait(Deadline::NEVER), Ok(State::Finished));
        join(first);
    });
}

#[test]
fn a_future_is_done_whether_a_handler_or_its_end_ends_the_wait() {
    loom::model(|| {
        let future = Arc::new(Future::<u32, u32>::new());
        let waiter = struck(Handlers::Raise, {
            let future = Arc::clone(&future);
            move || {
                let first = future.wait(Deadline::NEVER);
                assert!(matches!(first, Ok(State::Finished) | Err(WaitEnded::Interrupted)));
                spare();
                future.wait(Deadline::NEVER)
            }
        });
        assert!(future.finish(7).is_ok());
        assert_eq!(join(waiter), Ok(State::Finished));
    });
}

#[test]
fn a_future_that_ends_meanwhile_ends_the_wait_of_who_runs_handlers() {
    loom::model(|| {
        let future = Arc::new(Future::<u32, u32>::new());
        let waiter = struck(Handlers::Return, {
            let future = Arc::clone(&future);
            move || future.wait(Deadline::NEVER)
        });
        assert!(future.finish(7).is_ok());
        assert_eq!(join(waiter), Ok(State::Finished));
    });
}
