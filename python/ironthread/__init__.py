"""Python's threading stack on a Rust engine: `threading`, `queue`, pools and futures.

Three ways to use it::

    from ironthread import Lock, Queue      # explicit
    import ironthread; ironthread.install()  # this process: the standard modules get ours
    $ ironthread run app.py                  # an unmodified program, with a report at its end

Classes that go by the names of the standard library have its exact semantics.
`ironthread.threading`, `ironthread.queue` and `ironthread.futures` are modules to import in place
of the standard ones.
`WorkStealingExecutor`, `RateLimit` and `ironthread.aio` are ours alone.

(To pytest, which would rewrite the assertions of what comes with a plugin: PYTEST_DONT_REWRITE.)
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
    RateLimit,
    RLock,
    Semaphore,
    SimpleQueue,
)
from ironthread._deadlock import Deadlock, DeadlockError, deadlocks  # noqa: E402
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
    "Deadlock",
    "DeadlockError",
    "Empty",
    "Event",
    "Full",
    "Future",
    "LateInstallWarning",
    "LifoQueue",
    "Lock",
    "LockOrderInversion",
    "Phase",
    "PriorityQueue",
    "Queue",
    "RLock",
    "RateLimit",
    "Semaphore",
    "ShutDown",
    "SimpleQueue",
    "Thread",
    "ThreadPoolExecutor",
    "ThreadState",
    "Timer",
    "WorkStealingExecutor",
    "aio",
    "as_completed",
    "deadlocks",
    "diagnosis",
    "export",
    "install",
    "installed",
    "lock_order",
    "logs",
    "metrics",
    "queue",
    "serve_metrics",
    "state",
    "testing",
    "threading",
    "uninstall",
    "wait",
]


# Loaded for those who ask for them, because of what they import: names, and modules.
_LATER = {
    "Future": "ironthread._futures",
    "LockOrderInversion": "ironthread._lock_order",
    "Phase": "ironthread._state",
    "ThreadPoolExecutor": "ironthread._pool",
    "ThreadState": "ironthread._state",
    "WorkStealingExecutor": "ironthread._stealing",
    "as_completed": "ironthread._futures",
    "lock_order": "ironthread._lock_order",
    "serve_metrics": "ironthread.metrics",
    "state": "ironthread._state",
    "wait": "ironthread._futures",
}
_LATER_MODULES = frozenset({"aio", "diagnosis", "export", "logs", "metrics", "testing"})

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread import aio, diagnosis, export, logs, metrics, testing
    from ironthread._futures import Future, as_completed, wait
    from ironthread._lock_order import LockOrderInversion, lock_order
    from ironthread._pool import ThreadPoolExecutor
    from ironthread._state import Phase, ThreadState, state
    from ironthread._stealing import WorkStealingExecutor
    from ironthread.metrics import serve_metrics

    __version__: str
else:

    def __getattr__(name: str) -> object:
        if name in _LATER:
            from importlib import import_module

            value = getattr(import_module(_LATER[name]), name)
        elif name in _LATER_MODULES:
            from importlib import import_module

            value = import_module(f"ironthread.{name}")
        elif name == "__version__":
            value = _version()
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__, "__version__"})

    def _version() -> str:
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("ironthread")
        except PackageNotFoundError:
            return "unknown"
