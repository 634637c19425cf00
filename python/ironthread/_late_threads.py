"""Starts threads between the main thread's end and the interpreter's, which 3.12 refuses.

While the interpreter waits for the program's threads at its end, these may start threads: so it
was until 3.11, and is again from 3.13 on. A timer that is due then has to have one, or it would
wait for the timers before it, and these perhaps for it. Nothing but a look at a flag stands against
it, so we start the operating system's thread ourselves, and have it attach itself.

That may only be done while the interpreter is sure to be there until the thread has begun. Who
starts one makes it wait: the functions of `atexit` are called when the program's threads have
ended and nothing has been taken down. From then on none is started.
"""

from __future__ import annotations

import os
import sys
import threading

from ironthread import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_REFUSAL = "can't create new thread at interpreter shutdown"


class _Ending:
    """Whether it is too late. Looked at, and set, under the lock."""

    def __init__(self) -> None:
        self.begun = False
        self.after_fork()

    def after_fork(self) -> None:
        # Reentrant, for a signal handler that starts a timer while one is started.
        self.lock = _core.RLock()

    def begin(self) -> None:
        with self.lock:
            self.begun = True


_ending = _Ending()

if sys.version_info[:2] == (3, 12):
    import atexit

    atexit.register(_ending.begin)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=_ending.after_fork)

    def is_early(refusal: RuntimeError) -> bool:
        """Whether the interpreter refuses a thread because the main thread is done, no more."""
        return str(refusal) == _REFUSAL

else:

    def is_early(refusal: RuntimeError) -> bool:  # noqa: ARG001 (see above)
        """Whether the interpreter refuses a thread because the main thread is done: never."""
        return False


def start(bootstrap: Callable[[], object], begun: _core.Event) -> bool:
    """Start a thread that calls `bootstrap()`, come back when that has set the event.

    Return whether there is a thread: not where the interpreter ends, or the system has no more.
    """
    with _ending.lock:
        started = not _ending.begun and _core.start_os_thread(bootstrap, threading.stack_size())
        if started:
            begun.wait()
    return started
