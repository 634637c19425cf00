"""The classes that meet faults."""

from __future__ import annotations

from ironthread import _core
from ironthread._futures import Future
from ironthread._pool import ThreadPoolExecutor
from ironthread._stealing import TaskFuture, WorkStealingExecutor
from ironthread._threads import Thread
from ironthread._timer import Timer

# What they are called: the classes themselves pose as the standard ones, whose names differ between
# versions.
NAMES: dict[type, str] = {
    _core.Lock: "Lock",
    _core.RLock: "RLock",
    _core.Condition: "Condition",
    _core.Semaphore: "Semaphore",
    _core.BoundedSemaphore: "BoundedSemaphore",
    _core.Event: "Event",
    _core.Barrier: "Barrier",
    _core.Queue: "Queue",
    _core.LifoQueue: "LifoQueue",
    _core.PriorityQueue: "PriorityQueue",
    _core.SimpleQueue: "SimpleQueue",
    Thread: "Thread",
    Timer: "Timer",
    Future: "Future",
    _core.Future: "Future",
    TaskFuture: "Future",
    ThreadPoolExecutor: "ThreadPoolExecutor",
    WorkStealingExecutor: "WorkStealingExecutor",
}
