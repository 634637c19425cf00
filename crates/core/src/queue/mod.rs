//! Queues between threads: the orders in which items leave, and the waiting, written once for all.

mod bounded;
mod callers;
mod guard;
mod immediate;
mod order;
mod room;
mod sleepers;

pub use bounded::{Contents, Queue};
pub use callers::{Callers, Side};
pub use guard::{ByLock, Guarded, Guarding};
pub use order::{Fifo, Lifo, Order, Priority};
pub use room::Room;
pub(crate) use sleepers::Sleepers;
