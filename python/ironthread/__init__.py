"""Python's threading stack on a Rust engine: a drop-in for `threading` and `queue`.

Three ways to use it::

    from ironthread import Lock, Queue      # explicit
    import ironthread; ironthread.install()  # this process: `threading` and `queue` get ours
    $ ironthread run app.py                  # an unmodified program, with a report at its end

The classes have the exact semantics of those of the standard library. `ironthread.threading` and
`ironthread.queue` are modules that can be imported in place of the standard ones.
"""

from __future__ import annotations

from ironthread import _interpreter

_interpreter.check()  # before the native module is loaded

from queue import Empty, Full  # noqa: E402
from threading import BrokenBarrierError  # noqa: E402

from ironthread import queue, threading  # noqa: E402
from ironthread._core import (  # noqa: E402
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
from ironthread._exceptions import ShutDown  # noqa: E402
from ironthread._threads import Thread  # noqa: E402
from ironthread._timer import Timer  # noqa: E402
from ironthread.install import (  # noqa: E402
    LateInstallWarning,
    install,
    installed,
    uninstall,
)

__all__ = [
    "Barrier",
    "BoundedSemaphore",
    "BrokenBarrierError",
    "Condition",
    "Empty",
    "Event",
    "Full",
    "LateInstallWarning",
    "LifoQueue",
    "Lock",
    "PriorityQueue",
    "Queue",
    "RLock",
    "Semaphore",
    "ShutDown",
    "SimpleQueue",
    "Thread",
    "Timer",
    "install",
    "installed",
    "queue",
    "threading",
    "uninstall",
]


TYPE_CHECKING = False
if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        # importlib.metadata pulls in a dozen modules: only for those who ask.
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("ironthread")
        except PackageNotFoundError:
            return "unknown"
