"""Puts ironthread in place at interpreter start.

`environment.py` copies this file into a throw-away virtual environment, beside a `.pth` file that
imports it, so that every interpreter of that environment runs it before anything else: the one that
runs a test class, and those that the tests start themselves. Those often run with `-I` or `-E`, where
no `PYTHON*` variable would reach them. (As `sitecustomize` it would not be found where a distribution
has put one of its own into the standard library, as Debian does.)
"""

import _thread
import os

EARLY = [
    "asyncio",
    "concurrent.futures.process",
    "concurrent.futures.thread",
    "ctypes",
    "http.cookiejar",
    "http.server",
    "logging.config",
    "logging.handlers",
    "multiprocessing.dummy",
    "multiprocessing.managers",
    "multiprocessing.pool",
    "multiprocessing.queues",
    "multiprocessing.resource_tracker",
    "multiprocessing.synchronize",
    "pydoc",
    "queue",
    "random",
    "reprlib",
    "sched",
    "socketserver",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "trace",
    "unittest.mock",
    "urllib.request",
    "webbrowser",
    "xmlrpc.server",
    "zipfile",
    "_pyio",
    "_strptime",
    "_threading_local",
]
"""Modules that took what they need from `threading` and `queue` before a late installation."""

STOCK: dict[str, dict[str, object]] = {}
"""The classes and functions of the standard library's modules before the installation."""


def in_main_interpreter() -> bool:
    """The extension module does not load in sub-interpreters: they stay as they are."""
    asks = getattr(_thread, "_is_main_interpreter", None)
    if asks is not None:
        return bool(asks())
    interpreters = __import__("_xxsubinterpreters")  # CPython 3.11
    return bool(interpreters.get_current() == interpreters.get_main())


def load_early() -> None:
    """Load what a program may have loaded before it installs ironthread; some are not everywhere."""
    for name in EARLY:
        try:
            __import__(name)
        except ImportError:
            pass


def is_marked(way: str) -> bool:
    """Whether the environment asks for this."""
    return os.path.exists(os.path.join(os.path.dirname(__file__), way))


def end_at_deadlocks() -> None:
    """Look for all deadlocks; a process in which one is told ends at once, and its test has failed.

    CPython's tests have none, and so whatever is told is a false alarm.
    """
    from ironthread import _core, _deadlock

    _core.set_tell_all_asleep(True)
    _deadlock.settings.exit_status = 86
    if is_marked("watch_order"):
        from ironthread import _lock_order

        _core.set_lock_order(True)
        _lock_order.settings.hook = end


def end(inversion: object) -> None:
    """End the process: locks were taken in orders that can end in a deadlock."""
    os.write(2, f"\n{inversion}\n".encode(errors="replace"))
    os._exit(87)


def boot() -> str | None:
    """Remember the stock objects, then install; a traceback when that fails."""
    try:
        if is_marked("install_late"):
            load_early()
        for name in ("_thread", "threading", "_queue", "queue"):
            names = vars(__import__(name))
            # Nothing but classes and functions: a thread must not live longer because it is here.
            STOCK[name] = {key: value for key, value in names.items() if callable(value)}
        __import__("ironthread").install()
        end_at_deadlocks()
    except BaseException:
        import traceback

        traceback.print_exc()
        return traceback.format_exc()
    return None


PROBLEM = boot() if __name__ == "ironthread_boot" and in_main_interpreter() else None
"""Why the installation failed, when it did."""
