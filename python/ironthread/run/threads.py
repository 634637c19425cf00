"""Tells the engine of every thread that the program starts: its beginning, name and end.

Threads go on being started by CPython (see `threading.Thread.start`); only the function that the
new thread begins with is wrapped, which costs one Python frame below `Thread._bootstrap`.
Exceptions of a thread are dealt with above it, so that it appears in no traceback.
"""

from __future__ import annotations

import threading

from ironthread import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_STARTER = (
    "_start_joinable_thread"  # Python 3.13 and later
    if hasattr(threading, "_start_joinable_thread")
    else "_start_new_thread"
)


def observe() -> None:
    """Observe the calling thread, and all that `threading` starts from now on."""
    _core.thread_started()
    _core.thread_named(threading.current_thread().name)
    start: Callable[..., Any] = getattr(threading, _STARTER)

    def start_observed(function: Callable[..., object], *args: Any, **kwargs: Any) -> Any:
        return start(_observed(function), *args, **kwargs)

    setattr(threading, _STARTER, start_observed)


def _observed(function: Callable[..., object]) -> Callable[..., None]:
    # Normally a bound method of the Thread. Its name is read there: by the end of the thread
    # `threading.current_thread()` knows it no more and would make up another one.
    thread = getattr(function, "__self__", None)

    def begin(*args: Any) -> None:
        _core.thread_started()
        _core.thread_named(_name(thread))
        try:
            function(*args)
        finally:
            _core.thread_ended(_name(thread))

    return begin


def _name(thread: object) -> str:
    # Not the property `name`, which a subclass may have overridden with code of its own.
    return str(getattr(thread, "_name", None) or "")
