"""Python's threading stack on a Rust engine: a drop-in for `threading` and `queue`.

Three ways to use it::

    from ironthread import Lock, Queue      # explicit
    import ironthread; ironthread.install()  # this process: `threading` and `queue` get ours
    $ ironthread run app.py                  # an unmodified program, with a report at its end

The classes have the exact semantics of those of the standard library. `ironthread.threading` and
`ironthread.queue` are modules that can be imported in place of the standard ones.
"""

from __future__ import annotations

try:
    from ironthread._core import (
        Barrier,
        BoundedSemaphore,
        Condition,
        Event,
        LifoQueue,
        Lock,
        PriorityQueue,
        Queue,
        RLock,
        Semaphore,
        SimpleQueue,
    )
except ImportError as error:
    # A native module of this kind lives in one interpreter of a process. The standard classes are
    # untouched in the others, so say that they are the ones to use there.
    if "interpreter" not in str(error):
        raise
    raise ImportError(
        "ironthread cannot be used in a sub-interpreter: its native module works in the main "
        "interpreter only; use the standard threading and queue modules here"
    ) from error

from ironthread._exceptions import ShutDown
from ironthread.install import install, uninstall

__all__ = [
    "Barrier",
    "BoundedSemaphore",
    "Condition",
    "Event",
    "LifoQueue",
    "Lock",
    "PriorityQueue",
    "Queue",
    "RLock",
    "Semaphore",
    "ShutDown",
    "SimpleQueue",
    "install",
    "uninstall",
]


def __getattr__(name: str) -> str:
    # importlib.metadata pulls in a dozen modules: only for those who ask.
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ironthread")
    except PackageNotFoundError:
        return "unknown"
