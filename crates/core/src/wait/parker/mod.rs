//! The word a waiting thread sleeps on.
//!
//! | state | meaning | set by | goes to |
//! |---|---|---|---|
//! | `WAITING` | in the queue of the site it came for | the waiter, before it joins the queue | `MOVED`, `NOTIFIED` |
//! | `MOVED` | in the queue of another site (a condition's waiter, notified, now due for the lock) | a notifier, under the lock of both queues | `NOTIFIED` |
//! | `NOTIFIED` | in no queue; must wake | a notifier, under the lock of the queue | final |
//!
//! Bit `POKED` beside a state asks the sleeper to look around: whether its wait is in vain. Set under the lock of the
//! queue, cleared by the sleeper. Bit `ASLEEP` says that the sleeper has to be woken, set by it before it sleeps, unless it is
//! notified, and cleared when it has slept without that: who sets `NOTIFIED` and finds no `ASLEEP` need not call the system.
//!
//! The state never goes back: a `Parker` serves one wait. It is written under the lock of the queue the
//! waiter is in and read by the sleeper without it, so the write is a release and the read an acquire:
//! what the notifier did before is seen by the woken thread.

#[cfg(all(target_os = "linux", not(feature = "portable-parker"), not(loom)))]
mod futex;
#[cfg(not(all(target_os = "linux", not(feature = "portable-parker"), not(loom))))]
mod portable;

#[cfg(all(target_os = "linux", not(feature = "portable-parker"), not(loom)))]
pub(super) use futex::Parker;
#[cfg(not(all(target_os = "linux", not(feature = "portable-parker"), not(loom))))]
pub(super) use portable::Parker;

/// In the queue of the site it came for.
pub(super) const WAITING: u32 = 0;
/// In the queue of another site.
pub(super) const MOVED: u32 = 1;
/// In no queue; must wake.
pub(super) const NOTIFIED: u32 = 2;

/// The sleeper is to look around.
const POKED: u32 = 4;

/// The sleeper sleeps, or is about to.
const ASLEEP: u32 = 8;

/// How a sleep ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// The state is `NOTIFIED`.
    Notified,
    /// The deadline passed.
    TimedOut,
    /// Another thread wants the sleeper to look around.
    Poked,
    /// A signal arrived, and the sleeper takes signals.
    Interrupted,
}
