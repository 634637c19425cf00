//! The words at which a thread sleeps that waits for the interpreter's lock, found out by having one wait.
//!
//! The lock is a structure of the interpreter that no header shows: a condition variable and its mutex, and a second pair for
//! those who were made to give the lock up and wait for another to take it (`struct _gil_runtime_state` in CPython's
//! `pycore_gil.h`). Where it lies is learnt by an attached thread, which has another one ask for the interpreter,
//! and looks where the kernel has that one sleep.
//!
//! That is one of the two words of glibc's condition variable that its sleepers use in turn (`__g_signals`). They are
//! at byte 32 of its 48 bytes from 2.41 on, and at byte 40 before: so what the lock consists of ends no sooner than the
//! range that is looked at. Other C libraries sleep elsewhere (musl on the waiter's own stack); there nobody looks.

use std::ops::RangeInclusive;
use std::sync::mpsc;
use std::thread::{Builder, yield_now};
use std::time::Duration;

use ironthread::observe::kernel::{self, SystemCall};
use ironthread::observe::sampler;
use ironthread::wait::clock;
use ironthread::wait::host::host;
use pyo3::prelude::*;

use crate::possession;

/// From the word found to the other word of its condition variable.
const BEFORE: usize = 4;
/// To the mutex of the second pair, on `x86_64` and `aarch64` and in all versions of glibc.
const AFTER: usize = 112;
/// A sleep is taken to be the one for the lock when it is seen so often in a row.
const LOOKS: usize = 3;
/// How long the other thread may take until it sleeps: some tens of microseconds, and far more where many threads want a
/// processor.
const LIMIT: Duration = Duration::from_millis(500);

/// Has the engine sample who waits for the interpreter, if that can be seen here. The thread is attached.
pub(crate) fn prepare(py: Python<'_>) {
    possession::prepare(py, host().thread_ident());
    // The two together or none: who waits says nothing without who has it.
    let is_seen = cfg!(target_env = "gnu") && possession::is_seen();
    if let Some(words) = is_seen.then(find).flatten() {
        sampler::provide(words);
    }
}

/// The caller has the interpreter, and keeps it until the word is found.
fn find() -> Option<RangeInclusive<usize>> {
    let (sender, number) = mpsc::channel();
    let body = move || {
        // The receiver waits for it.
        let _ = sender.send(kernel::native_id());
        Python::attach(|_| ());
    };
    let thread = Builder::new().name("ironthread-find".to_owned()).spawn(body).ok()?;
    let found = number.recv().ok().flatten().and_then(word_of);
    let mut thread = Some(thread);
    host().detached(&mut || {
        // It fails only if the thread panicked: then it found nothing to wait for.
        let _ = thread.take().map(std::thread::JoinHandle::join);
    });
    found.map(|word| word - BEFORE..=word + AFTER)
}

/// The word at which a thread sleeps, once it stays there.
fn word_of(native_id: u32) -> Option<usize> {
    let limit = u64::try_from(LIMIT.as_nanos()).unwrap_or(u64::MAX);
    let file = SystemCall::of(native_id)?;
    let end = clock::now().saturating_add(limit);
    let mut last = None;
    let mut looks = 0;
    while clock::now() < end {
        let word = file.futex();
        looks = if word.is_some() && word == last { looks + 1 } else { 1 };
        last = word;
        if word.is_some() && looks >= LOOKS {
            return word;
        }
        yield_now();
    }
    None
}
