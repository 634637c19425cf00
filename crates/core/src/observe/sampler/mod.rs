//! Who waits for the interpreter, and who could run, seen from outside about a hundred times a second while the program is
//! recorded.
//!
//! The door knows how long a thread that comes back from a sleep waits for the interpreter. A thread that was made to
//! give it up while it ran, or comes back from input and output, waits where no door is. So a thread of the engine
//! looks: the host tells who has the interpreter ([`Host::possession`]), and the kernel at which word a thread
//! sleeps; whoever sleeps at a word of the interpreter's lock waits for it. The host found these words out before
//! ([`provide`]). One look stands for the time since the look before (`look.rs`). The kernel tells, too, which threads
//! could run, and how many of the machine want a processor (`machine.rs`): that is looked at without such a lock as well.
//!
//! **What the program sees of it is nothing but a thread.** It has all signals blocked, takes the registry's lock for a
//! walk and never while it reads a file, and has a table of descriptors of its own, so that a number that the program
//! expects for its next file is not in use. It begins when the program has a second thread, and not in a program
//! that has one: such a program may fork without a warning that it has several. For the same reason it is ended before every
//! fork, and begun again after it in the parent if there are others; a child has none.
//!
//! [`Host::possession`]: crate::wait::host::Host::possession

mod look;
mod machine;

use std::ops::RangeInclusive;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::thread::JoinHandle;
use std::time::Duration;

use look::Looker;

use super::kernel::own_cpu;
use super::registry::samples;
use super::serve::process::{leave_descriptors, spawn_without_signals};
use crate::wait::clock;
use crate::wait::host::host;

/// The time between two looks, in the mean.
const PERIOD: Duration = Duration::from_millis(10);
/// Where nobody has the interpreter or wants it, at most so many times longer: a program that mostly sleeps is let sleep.
const LONGEST_REST: u32 = 4;
/// Looks take at most one part of so many of a processor's time: where there are many threads, there are fewer looks.
const SHARE: u32 = 100;

struct Sampler {
    /// The addresses of the words at which a thread sleeps that waits for the interpreter.
    words: Option<RangeInclusive<usize>>,
    /// Whether the program is recorded.
    on: bool,
    running: Option<Running>,
}

struct Running {
    /// Dropped, it ends the thread.
    stop: Sender<()>,
    thread: JoinHandle<()>,
}

static SAMPLER: Mutex<Sampler> = Mutex::new(Sampler { words: None, on: false, running: None });

fn sampler() -> MutexGuard<'static, Sampler> {
    SAMPLER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells at which words a thread sleeps that waits for the interpreter. Without them nobody is seen to wait for it.
pub fn provide(words: RangeInclusive<usize>) {
    sampler().words = Some(words);
}

/// A recording begins.
pub(crate) fn begin() {
    let mut sampler = sampler();
    sampler.on = true;
    sampler.run_if_due();
}

/// The recording is over.
pub(crate) fn end() {
    let mut sampler = sampler();
    sampler.on = false;
    sampler.halt();
}

/// The program has one thread more.
///
/// It may have come while a lock of the engine is held, for which a fork waits with ours: so this one is not waited for.
/// Who has it looks for itself how many threads there are.
#[cold]
pub(crate) fn notice_thread() {
    match SAMPLER.try_lock() {
        Ok(mut sampler) => sampler.run_if_due(),
        Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner().run_if_due(),
        Err(TryLockError::WouldBlock) => {}
    }
}

impl Sampler {
    fn run_if_due(&mut self) {
        if !self.on || self.running.is_some() || !samples::are_several() {
            return;
        }
        let words = self.words.clone();
        let (stop, stopped) = mpsc::channel();
        let body = move || run(words, &stopped);
        // No thread to be had: nothing is sampled.
        self.running = spawn_without_signals("ironthread-look", body)
            .ok()
            .map(|thread| Running { stop, thread });
    }

    /// Ends the thread. It waits for nothing that the caller may hold, but for the registry's lock and the ledger's.
    fn halt(&mut self) {
        if let Some(Running { stop, thread }) = self.running.take() {
            drop(stop);
            // A panic of it was printed.
            let _ = thread.join();
        }
    }
}

fn run(words: Option<RangeInclusive<usize>>, stopped: &Receiver<()>) {
    if !leave_descriptors() {
        return;
    }
    host().looks_apart();
    let mut looker = Looker::new(words);
    let mut turn: u32 = 0;
    let mut pause = PERIOD;
    let mut rest = 1;
    let mut used = own_cpu().unwrap_or_default();
    while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
        let is_quiet = looker.look(clock::now(), rest > 1);
        // From look to look: waking up is counted in.
        let before = std::mem::replace(&mut used, own_cpu().unwrap_or_default());
        let cost = used.saturating_sub(before);
        turn = turn.wrapping_add(1);
        rest = if is_quiet { (rest * 2).min(LONGEST_REST) } else { 1 };
        pause = (around(PERIOD, turn) * rest).max(cost * SHARE);
    }
}

/// From seven to thirteen tenths of a time, evenly, so that nothing periodic in the program keeps in step: multiples
/// of the golden ratio.
fn around(time: Duration, turn: u32) -> Duration {
    let fraction = turn.wrapping_mul(0x9E37_79B9) >> 16;
    time * 7 / 10 + time * 6 / 10 * fraction / 0x1_0000
}

/// The sampler's lock, held over a fork. There is no thread of its own meanwhile.
pub(crate) struct SamplerGuard(MutexGuard<'static, Sampler>);

/// Ends the thread for the time of a fork.
pub(crate) fn freeze() -> SamplerGuard {
    let mut sampler = sampler();
    sampler.halt();
    SamplerGuard(sampler)
}

impl SamplerGuard {
    /// In the parent, when all other locks are free again.
    pub(crate) fn go_on(mut self) {
        self.0.run_if_due();
    }

    /// In the child: what is recorded there is not looked at.
    pub(crate) fn abandon(mut self) {
        self.0.on = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_lie_evenly_around_the_period() {
        let pauses: Vec<_> = (0..1000).map(|turn| around(PERIOD, turn)).collect();
        let mean = pauses.iter().sum::<Duration>() / 1000;
        assert!(pauses.iter().all(|pause| (PERIOD * 7 / 10..=PERIOD * 13 / 10).contains(pause)));
        assert!(mean.abs_diff(PERIOD) < PERIOD / 100, "{mean:?}");
    }
}
