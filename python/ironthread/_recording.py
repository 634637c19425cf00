"""The recording, for those who need it while they are open: the socket, the metrics."""

from __future__ import annotations

import _thread
import os
import threading

from ironthread import _core

# The lock of the standard library: what steers the engine does not lean on it.
_lock = _thread.allocate_lock()
if hasattr(os, "register_at_fork"):
    # Another thread may hold it at that moment, which the child does not have.
    os.register_at_fork(after_in_child=_lock._at_fork_reinit)  # type: ignore[attr-defined]


class _State:
    """Who needs it, and whose it is."""

    process = 0
    users: set[object] = set()  # noqa: RUF012 (of the process, not of an instance)
    is_ours = False


def need(user: object) -> None:
    """Record from now on, if nothing is recorded, for as long as one user needs it."""
    with _lock:
        if _State.process != os.getpid():
            # What the parent began is the parent's to end.
            _State.process, _State.users, _State.is_ours = os.getpid(), set(), False
        if not _core.watch_is_on():
            _core.watch_start()
            _State.is_ours = True
        _State.users.add(user)
        _core.thread_named(threading.current_thread().name)


def need_no_more(user: object) -> None:
    """End the recording, if it was begun here and nobody else needs it."""
    with _lock:
        if _State.process != os.getpid() or user not in _State.users:
            return
        _State.users.discard(user)
        if _State.is_ours and not _State.users:
            _core.watch_stop()
            _State.is_ours = False
