//! Threads: the small number by which a lock's word names one, and the life that others wait to end.

mod id;
mod life;
pub mod os_name;

pub(crate) use id::ID_BITS;
pub use id::ThreadId;
pub use life::Life;
