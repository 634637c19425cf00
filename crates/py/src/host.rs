//! The interpreter as the engine's host: letting it go around a sleep or a wake-up, signals, identity.
//!
//! This is the only file of the binding that lets the interpreter go or assumes that it is held, but for
//! threads that begin and end in `program.rs`.

#![allow(unsafe_code, reason = "the door asks for the interpreter without carrying a token")]

use std::cell::RefCell;
use std::sync::OnceLock;

use ironthread::error::Deadlock;
use ironthread::observe::order::Inversion;
use ironthread::observe::stack::Stack;
use ironthread::observe::{kernel, registry};
#[cfg(target_os = "linux")]
use ironthread::wait::host::Possession;
use ironthread::wait::host::{Host, set_host};
use ironthread::wait::{clock, watch};
use pyo3::ffi;
use pyo3::prelude::*;

#[cfg(target_os = "linux")]
use crate::possession;
use crate::{deadlock, order, program, stack};

/// The interpreter that loaded the module.
struct Interpreter;

thread_local! {
    /// What a signal handler raised while this thread waited, until the waiting method returns it.
    static RAISED: RefCell<Option<PyErr>> = const { RefCell::new(None) };
}

/// How waits are refused when the interpreter is on its way out: from 3.15 on.
struct Refusal {
    /// `sys.is_finalizing`. (The C function behind it goes by different names in different versions.)
    is_due: Py<PyAny>,
    /// `PythonFinalizationError`, fetched early: at the end there are no imports.
    class: Py<PyAny>,
}

static REFUSAL: OnceLock<Refusal> = OnceLock::new();

/// Makes the interpreter the engine's host.
pub(crate) fn install(py: Python<'_>) -> PyResult<()> {
    if py.version_info() >= (3, 15) {
        let _ = REFUSAL.set(Refusal {
            is_due: py.import("sys")?.getattr("is_finalizing")?.unbind(),
            class: py.import("builtins")?.getattr("PythonFinalizationError")?.unbind(),
        });
    }
    set_host(&Interpreter);
    Ok(())
}

impl Refusal {
    fn is_due(&self, py: Python<'_>) -> bool {
        let answer = program::call(self.is_due.bind(py), &[]);
        answer.is_ok_and(|answer| program::is_true(&answer).unwrap_or(false))
    }

    fn raise(&self, py: Python<'_>) -> PyErr {
        match self.class.bind(py).call1(("cannot wait at interpreter finalization",)) {
            Ok(error) => PyErr::from_value(error),
            Err(error) => error,
        }
    }
}

/// The exception that ended the calling thread's wait.
pub(crate) fn take_raised() -> Option<PyErr> {
    RAISED.try_with(RefCell::take).ok().flatten()
}

fn keep_raised(raised: PyErr) {
    // A thread that is being torn down has nowhere to keep it, and nobody to raise it for.
    let _ = RAISED.try_with(|slot| slot.replace(Some(raised)));
}

/// The token of a thread that is known to be attached.
fn attached<'py>() -> Python<'py> {
    // SAFETY: the engine is linked into this module alone and calls its host on the thread that called
    // the engine. Every call comes from a method of this module, on an attached thread, and `detached`
    // below is the only place that detaches; it attaches again before it returns.
    unsafe { Python::assume_attached() }
}

impl Host for Interpreter {
    fn detached(&self, step: &mut (dyn FnMut() + Send)) {
        // When the interpreter is being finalized, the way back in hangs for ever instead of unwinding
        // or running on: PyO3 guards it on versions whose interpreter does not.
        #[expect(clippy::disallowed_methods, reason = "the one place that lets the interpreter go")]
        let detach = |step: &mut (dyn FnMut() + Send)| attached().detach(step);
        if !watch::is_on() {
            return detach(step);
        }
        let mut awake = 0;
        detach(&mut || {
            step();
            awake = clock::now();
            registry::note_returning();
        });
        registry::count_attaching(clock::now().saturating_sub(awake));
    }

    fn has_lock(&self) -> bool {
        !cfg!(Py_GIL_DISABLED)
    }

    fn keeps_others_out(&self) -> bool {
        // SAFETY: it may be called at any time, by any thread. (Letting go what is not held would end the process.)
        self.has_lock() && unsafe { ffi::PyGILState_Check() } == 1
    }

    fn takes_signals(&self) -> bool {
        takes_signals(attached())
    }

    fn runs_handlers(&self) -> bool {
        // On Linux the thread that a process begins with, or goes on with after a fork, has the
        // process's own number. An interpreter embedded in another thread does without this.
        kernel::native_id() == Some(std::process::id())
    }

    fn ends(&self) -> bool {
        REFUSAL.get().is_some_and(|refusal| refusal.is_due(attached()))
    }

    fn run_handlers(&self) -> bool {
        if let Some(refusal) = REFUSAL.get().filter(|refusal| refusal.is_due(attached())) {
            keep_raised(refusal.raise(attached()));
            return false;
        }
        match program::check_signals(attached()) {
            Ok(()) => true,
            Err(raised) => {
                keep_raised(raised);
                false
            }
        }
    }

    fn tell(&self, deadlock: &Deadlock) {
        deadlock::tell(attached(), deadlock);
    }

    fn tell_inversion(&self, inversion: &Inversion) {
        order::tell(attached(), inversion);
    }

    fn thread_ident(&self) -> u64 {
        // SAFETY: the function takes nothing and may be called by any thread at any time.
        let ident = unsafe { ffi::PyThread_get_thread_ident() };
        #[allow(clippy::useless_conversion, reason = "C's unsigned long is narrower on Windows")]
        u64::from(ident)
    }

    fn stack(&self) -> Option<Stack> {
        stack::of_caller(attached())
    }

    fn stacks(&self) -> Vec<(u64, Stack)> {
        // A thread that is caught here by the end of the interpreter hangs for ever, as in `detached`.
        Python::try_attach(stack::of_all).unwrap_or_default()
    }

    #[cfg(target_os = "linux")]
    fn looks_apart(&self) {
        possession::look_apart();
    }

    #[cfg(target_os = "linux")]
    fn possession(&self) -> Possession {
        possession::look()
    }
}

/// Whether a signal should end the sleep of the calling thread.
///
/// Where the kernel interrupts the sleep it does so on the thread that got the signal, and the
/// interpreter itself knows whether handlers run there: any thread may ask it.
#[cfg(target_os = "linux")]
fn takes_signals(_py: Python<'_>) -> bool {
    true
}

/// Whether the calling thread should look for signals now and then: handlers run in the main thread.
#[cfg(not(target_os = "linux"))]
fn takes_signals(py: Python<'_>) -> bool {
    let main = py
        .import("threading")
        .and_then(|threading| threading.call_method0("main_thread"))
        .and_then(|thread| thread.getattr("ident"))
        .and_then(|ident| ident.extract::<u64>());
    main.is_ok_and(|main| main == Interpreter.thread_ident())
}
