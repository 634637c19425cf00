"""Which call of a pool the calling thread makes: read off its stack, so that no call notes it."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

# Whose frames stand below those of a call that a worker makes: of a call in a call, the inner one.
_MAKERS = frozenset({"ironthread._worker", "ironthread._job"})
# Whose frames are part of no call: of the pool, and of the record that is being written.
_PASSING = frozenset({"ironthread", "logging"})


def running_call() -> str | None:
    """The qualified name of the function; None in a thread that makes no call of a pool.

    That which its code has: of a decorated function, the decorator's. None, too, of one without a
    frame, such as a built-in.
    """
    first = None
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        if module in _MAKERS:
            return first
        if module.partition(".")[0] not in _PASSING:
            first = frame.f_code.co_qualname
        frame = frame.f_back
    return None
