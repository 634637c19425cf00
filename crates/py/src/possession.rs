//! Who holds the interpreter's lock, seen without holding it.
//!
//! Until 3.11 the interpreter has one word for it, the current thread state, which any thread may read. From
//! 3.12 on each thread state has a bit for it. Either way the answer lies in thread states, which come and
//! go while the one who looks holds nothing that would keep them. So they are read as a debugger reads
//! them: through `/proc/self/mem`, where a pointer to nothing is an error and no fault. A look that
//! falls into a change tells something wrong, or nothing, once.
//!
//! Where the fields are is found out by a thread that is attached ([`prepare`]): it knows its own
//! identifiers, and that it holds the lock. What is not found there is not used: then nobody can tell.
//! Builds without that lock have nobody who holds it.

#![allow(unsafe_code, reason = "the interpreter gives out its states as pointers")]

use std::cell::OnceCell;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::ptr;
use std::sync::OnceLock;

use ironthread::observe::kernel;
use ironthread::wait::host::Possession;
use pyo3::ffi;
use pyo3::prelude::*;

/// As much of a thread state as is looked at, in words.
const WORDS: usize = 64;
const MEMORY_FILE: &str = "/proc/self/mem";
/// A list of more threads than this is taken to be a broken one.
const MOST_THREADS: usize = 20_000;
/// `next` of a thread state; `prev`, `next` and `interp` are its first three words.
const NEXT: usize = 1;
const INTERPRETER: usize = 2;

/// The bit that says that a thread state has the lock, as word and bit, among those where it may be: `_status.active` on
/// 3.12, `_status.holds_gil` on 3.13; in the course of 3.14 that became a field of its own, beside `_status`
/// (`Include/cpython/pystate.h`). Where it was, `_status.finalizing` is now, which no thread has set that asks. None where
/// one word says who has it.
///
/// `own` is the state of a thread that has the lock.
fn holding_bit(py: Python<'_>, own: &State) -> Option<(usize, u32)> {
    match py.version_info() {
        version if version < (3, 12) => None,
        version if version < (3, 13) => Some((3, 4)),
        version if version < (3, 14) || is_set(own, (4, 5)) => Some((4, 5)),
        _ => Some(AFTER_STATUS),
    }
}

/// The lowest bit of the `int` after `_status`, which is one itself.
const AFTER_STATUS: (usize, u32) = (4 + (32 / usize::BITS) as usize, 32 % usize::BITS);

fn is_set(state: &State, (word, bit): (usize, u32)) -> bool {
    state[word] >> bit & 1 == 1
}

/// How to look.
struct Layout {
    memory: File,
    /// The process whose memory it is. That of a forked child is another.
    process: u32,
    /// The interpreter's address.
    interpreter: usize,
    /// The word of a thread state that is the thread's identifier. The system's follows.
    ident: usize,
    holding_bit: Option<(usize, u32)>,
}

thread_local! {
    /// The process's memory, of a thread that has descriptors of its own.
    static MEMORY: OnceCell<Option<File>> = const { OnceCell::new() };
}

static LAYOUT: OnceLock<Option<Layout>> = OnceLock::new();

type State = [usize; WORDS];

/// Finds out how to look. The calling thread is attached, and has this identifier.
pub(crate) fn prepare(py: Python<'_>, ident: u64) {
    // Not within the cell: what is asked of the interpreter may let it go, and another thread that came here with it would
    // wait for us.
    if LAYOUT.get().is_none() {
        let _ = LAYOUT.set(find(py, ident));
    }
}

fn find(py: Python<'_>, ident: u64) -> Option<Layout> {
    let flags: String = py.import("sys").ok()?.getattr("abiflags").ok()?.extract().ok()?;
    if flags.contains('t') {
        return None; // built without the lock
    }
    let memory = File::open(MEMORY_FILE).ok()?;
    // SAFETY: the thread is attached.
    let interpreter = unsafe { ffi::PyInterpreterState_Get() }.expose_provenance();
    // SAFETY: the thread is attached.
    let state = unsafe { ffi::PyThreadState_Get() }.addr();
    let state = read(&memory, state)?;
    let own = [usize::try_from(ident).ok()?, usize::try_from(kernel::native_id()?).ok()?];
    let ident = state.windows(2).position(|words| words == own)?;
    let holding_bit = holding_bit(py, &state);
    let is_as_expected =
        state[INTERPRETER] == interpreter && holding_bit.is_none_or(|bit| is_set(&state, bit));
    is_as_expected.then_some(Layout {
        memory,
        process: std::process::id(),
        interpreter,
        ident,
        holding_bit,
    })
}

fn read(memory: &File, address: usize) -> Option<State> {
    let mut bytes = [0; WORDS * size_of::<usize>()];
    memory.read_exact_at(&mut bytes, address as u64).ok()?;
    let mut words = [0; WORDS];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
        *word = usize::from_ne_bytes(*bytes);
    }
    Some(words)
}

/// Looks. Called by any thread.
pub(crate) fn look() -> Possession {
    let Some(Some(layout)) = LAYOUT.get() else { return Possession::Unknown };
    let look = |own: &OnceCell<Option<File>>| match own.get() {
        Some(own) => layout.look(own.as_ref()?),
        None => layout.look(layout.memory_of_process()?),
    };
    MEMORY.try_with(look).ok().flatten().unwrap_or(Possession::Unknown)
}

/// The calling thread has descriptors of its own, and is going to look.
pub(crate) fn look_apart() {
    // A thread that is being torn down looks no more.
    let _ = MEMORY.try_with(|own| own.get_or_init(|| File::open(MEMORY_FILE).ok()).is_some());
}

/// Whether it can be told who has the lock.
pub(crate) fn is_seen() -> bool {
    matches!(LAYOUT.get(), Some(Some(_)))
}

impl Layout {
    fn memory_of_process(&self) -> Option<&File> {
        (self.process == std::process::id()).then_some(&self.memory)
    }

    /// `None` when what was read makes no sense.
    fn look(&self, memory: &File) -> Option<Possession> {
        match self.holding_bit {
            None => self.look_at_word(memory),
            Some(bit) => self.look_at_bits(memory, bit),
        }
    }

    fn look_at_word(&self, memory: &File) -> Option<Possession> {
        // SAFETY: an atomic load of the interpreter's, which any thread may make at any time.
        let current = unsafe { ffi::compat::PyThreadState_GetUnchecked() };
        if current.is_null() {
            return Some(Possession::Free);
        }
        self.held_by(&read(memory, current.addr())?)
    }

    fn look_at_bits(&self, memory: &File, bit: (usize, u32)) -> Option<Possession> {
        let interpreter = ptr::with_exposed_provenance_mut(self.interpreter);
        // SAFETY: the main interpreter, whose memory stays for as long as the process; the function
        // reads one pointer of it.
        let mut next = unsafe { ffi::PyInterpreterState_ThreadHead(interpreter) }.addr();
        let mut found = Possession::Free;
        for _ in 0..MOST_THREADS {
            if next == 0 {
                return Some(found);
            }
            let state = read(memory, next)?;
            if is_set(&state, bit) {
                if found != Possession::Free {
                    return None;
                }
                found = self.held_by(&state)?;
            }
            next = state[NEXT];
        }
        None
    }

    fn held_by(&self, state: &State) -> Option<Possession> {
        if state[INTERPRETER] != self.interpreter {
            return None;
        }
        let ident = state[self.ident] as u64;
        let native_id = u32::try_from(state[self.ident + 1]).ok().filter(|&id| id != 0);
        Some(Possession::Held { ident, native_id })
    }
}
