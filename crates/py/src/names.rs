//! The names by which attributes and methods are looked up, made when the module is loaded.
//!
//! (`intern!` makes each at its first use, in a cell of the kind that [`once`](crate::once) tells of, and panics where there
//! is no memory for it.)

use std::sync::OnceLock;

use pyo3::prelude::*;
use pyo3::types::PyString;

macro_rules! names {
    ($($name:ident: $text:literal,)*) => {
        struct Names {
            $($name: Py<PyString>,)*
        }

        /// Makes them.
        pub(crate) fn prepare(py: Python<'_>) {
            let _ = NAMES.set(Names { $($name: PyString::intern(py, $text).unbind(),)* });
        }

        $(
            #[doc = concat!("`", $text, "`.")]
            #[inline]
            pub(crate) fn $name(py: Python<'_>) -> &Bound<'_, PyString> {
                names().$name.bind(py)
            }
        )*
    };
}

static NAMES: OnceLock<Names> = OnceLock::new();

fn names() -> &'static Names {
    match NAMES.get() {
        Some(names) => names,
        None => unreachable!("they are made before anything of the module can be called"),
    }
}

names! {
    acquire: "acquire",
    acquire_restore: "_acquire_restore",
    append: "append",
    at_fork_reinit: "_at_fork_reinit",
    block: "block",
    co_filename: "co_filename",
    co_qualname: "co_qualname",
    enter: "__enter__",
    exit: "__exit__",
    extend: "extend",
    get: "get",
    get_hook: "_get",
    init: "__init__",
    init_hook: "_init",
    is_owned: "_is_owned",
    life: "_life",
    locked: "locked",
    pending: "_pending",
    pop: "pop",
    popleft: "popleft",
    put: "put",
    put_hook: "_put",
    qsize_hook: "_qsize",
    release: "release",
    release_save: "_release_save",
    run: "run",
    wait: "wait",
}
