//! The primitives: one a file, all waiting at the door.

mod barrier;
mod condition;
mod event;
mod holder;
mod lock;
mod rlock;
mod semaphore;

pub use barrier::Barrier;
pub use condition::{Condition, Queue, Relock};
pub use event::Event;
pub(crate) use holder::{is_scoped, named_by};
pub use lock::Lock;
pub use rlock::RLock;
pub use semaphore::Semaphore;
