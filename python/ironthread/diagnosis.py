"""Has the running program answer `ironthread dump`, `top` and `stats`, and a signal.

A thread of the engine answers, without the interpreter: while a C call keeps it, and while
everything is deadlocked. It exists only after one of these functions was called. Linux only.

`ironthread run --listen` and `--dump-signal` do the same for an unmodified program. A forked child
has neither and may ask anew.
"""

from __future__ import annotations

import atexit

from ironthread import _core, _recording

__all__ = ["close", "dump_on", "listen"]


class _State:
    """What was begun here and has to be ended here."""

    ends_at_exit = False


def listen() -> str:
    """Answer on a Unix socket from now on; return its path. It is removed when the program ends.

    Only this user and root can connect. Things made from now on are told by the line that made
    them: call it early. Raises OSError when the socket cannot be made.
    """
    _check()
    path = _core.serve_listen()
    _begin()
    return path


def dump_on(signal: int) -> None:
    """Write what all threads are doing to standard error whenever this signal arrives.

    It does so whatever the threads are doing. A handler that is set with `signal.signal` later
    takes the signal's place. Raises OSError for what is no signal that can be handled, and when
    another signal is in use already.
    """
    _check()
    _core.serve_dump_on(int(signal))
    _begin()


def close() -> None:
    """End both; the socket is removed, and the signal means what it meant before."""
    if not hasattr(_core, "serve_close"):
        return
    _core.serve_close()
    _recording.need_no_more(__name__)


def _check() -> None:
    if not hasattr(_core, "serve_listen"):
        raise NotImplementedError("ironthread answers questions about a running program on Linux")


def _begin() -> None:
    _recording.need(__name__)
    if not _State.ends_at_exit:
        # Registered early it comes late: what hangs at the end can be asked about.
        atexit.register(close)
        _State.ends_at_exit = True
