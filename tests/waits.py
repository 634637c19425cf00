"""Every kind of wait, in one form: a wait that one thread is in and another one ends.

A wait can be gone through again and again: after `wait()` has returned, however it ended, the thing is as
it was before.
"""

from __future__ import annotations

import _thread
import os
import threading as standard
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, ClassVar

from ironthread import queue, threading


class Wait(ABC):
    """A wait; `kind` is the engine's word for it."""

    kind: ClassVar[str]
    timed: ClassVar[bool] = True
    """Whether the wait takes a time limit."""

    @abstractmethod
    def wait(self, limit: float | None = None) -> bool:
        """Wait for `end()`, at most `limit` seconds; return whether it came."""

    @abstractmethod
    def end(self) -> None:
        """End the wait of one thread. May be called by a signal handler in the very thread that waits."""


class LockWait(Wait):
    """A lock that is held; as any thread may release it, nobody in particular holds it."""

    kind = "Lock"

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.lock.acquire()

    def wait(self, limit: float | None = None) -> bool:
        return self.lock.acquire(timeout=-1 if limit is None else limit)

    def end(self) -> None:
        self.lock.release()


class LockStatement(LockWait):
    """The same, taken by a `with` statement."""

    timed = False

    def wait(self, limit: float | None = None) -> bool:
        with self.lock:
            pass
        return self.lock.acquire(False)


class RLockWait(Wait):
    """A reentrant lock that is held by a thread for as long as it is not told to let go."""

    kind = "RLock"

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self._hold()

    def _hold(self) -> None:
        held = standard.Event()
        self._let_go = standard.Event()
        self._holder = standard.Thread(target=self._holding, args=(held, self._let_go), daemon=True)
        self._holder.start()
        held.wait()

    def _holding(self, held: standard.Event, let_go: standard.Event) -> None:
        with self.lock:
            held.set()
            let_go.wait()

    def wait(self, limit: float | None = None) -> bool:
        acquired = self.lock.acquire(timeout=-1 if limit is None else limit)
        if acquired:
            self.lock.release()
            self._hold()
        return acquired

    def end(self) -> None:
        holder = self._holder  # who gets the lock has another one hold it
        self._let_go.set()
        holder.join()


class RLockStatement(RLockWait):
    """The same, taken by a `with` statement."""

    timed = False

    def wait(self, limit: float | None = None) -> bool:
        with self.lock:
            pass
        self._hold()
        return True


class MinimalLock:
    """A lock written in Python that has nothing but what a condition of the standard library needs."""

    def __init__(self) -> None:
        self._lock = _thread.allocate_lock()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        return self._lock.acquire(blocking, timeout)

    def release(self) -> None:
        self._lock.release()

    def locked(self) -> bool:
        return self._lock.locked()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


class SubclassedRLock(threading.RLock):  # type: ignore[misc]
    """A lock of ours that conditions take for any other object."""


class ConditionWait(Wait):
    """A condition over the lock it makes for itself."""

    kind = "Condition"
    depth: ClassVar[int] = 1
    """How often the lock is held."""

    def __init__(self) -> None:
        self.condition = self.make()

    def make(self) -> threading.Condition:
        return threading.Condition()

    @contextmanager
    def held(self) -> Iterator[None]:
        for _ in range(self.depth):
            self.condition.acquire()
        try:
            yield
        finally:
            for _ in range(self.depth):
                self.condition.release()

    def wait(self, limit: float | None = None) -> bool:
        with self.held():
            return self.condition.wait(limit)

    def end(self) -> None:
        with self.condition:
            self.condition.notify()


class ConditionOverLock(ConditionWait):
    def make(self) -> threading.Condition:
        return threading.Condition(threading.Lock())


class ConditionOverNestedRLock(ConditionWait):
    depth = 3


class ConditionOverSubclass(ConditionWait):
    depth = 2

    def make(self) -> threading.Condition:
        return threading.Condition(SubclassedRLock())


class ConditionOverMinimalLock(ConditionWait):
    def make(self) -> threading.Condition:
        return threading.Condition(MinimalLock())  # type: ignore[arg-type]


class ConditionOverPythonRLock(ConditionWait):
    """Over a lock in Python that has `_is_owned`, `_release_save` and `_acquire_restore`."""

    depth = 2

    def make(self) -> threading.Condition:
        return threading.Condition(standard._PyRLock())  # type: ignore[attr-defined]


class ConditionOverStandardLock(ConditionWait):
    def make(self) -> threading.Condition:
        return threading.Condition(_thread.allocate_lock())  # type: ignore[arg-type]


class ConditionOverStandardRLock(ConditionWait):
    depth = 2

    def make(self) -> threading.Condition:
        return threading.Condition(_thread.RLock())  # type: ignore[arg-type]


class ConditionOverProcessLock(ConditionWait):
    def make(self) -> threading.Condition:
        # Imported by the programs that need it only.
        import multiprocessing

        # By another method of starting processes its name lasts, and who is killed leaves it behind.
        context = multiprocessing.get_context("fork" if hasattr(os, "fork") else None)
        return threading.Condition(context.Lock())  # type: ignore[arg-type]


class ConditionFor(ConditionWait):
    """A wait for a predicate."""

    def __init__(self) -> None:
        super().__init__()
        self.true = False

    def wait(self, limit: float | None = None) -> bool:
        with self.condition:
            came = self.condition.wait_for(lambda: self.true, limit)
            self.true = False
            return came

    def end(self) -> None:
        with self.condition:
            self.true = True
            self.condition.notify()


class SemaphoreWait(Wait):
    kind = "Semaphore"

    def __init__(self) -> None:
        self.semaphore = threading.Semaphore(0)

    def wait(self, limit: float | None = None) -> bool:
        return self.semaphore.acquire(timeout=limit)

    def end(self) -> None:
        self.semaphore.release()


class SemaphoreStatement(SemaphoreWait):
    """The same, taken by a `with` statement."""

    timed = False

    def wait(self, limit: float | None = None) -> bool:
        with self.semaphore:
            pass
        return self.semaphore.acquire(blocking=False)


class BoundedSemaphoreWait(SemaphoreWait):
    def __init__(self) -> None:
        self.semaphore = threading.BoundedSemaphore(2)
        self.semaphore.acquire()
        self.semaphore.acquire()


class EventWait(Wait):
    kind = "Event"

    def __init__(self) -> None:
        self.event = threading.Event()

    def wait(self, limit: float | None = None) -> bool:
        came = self.event.wait(limit)
        self.event.clear()
        return came

    def end(self) -> None:
        self.event.set()


class BarrierWait(Wait):
    kind = "Barrier"

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2)

    def wait(self, limit: float | None = None) -> bool:
        try:
            self.barrier.wait(limit)
        except threading.BrokenBarrierError:
            self.barrier.reset()
            return False
        return True

    def end(self) -> None:
        self.barrier.wait()


class SetQueue(queue.Queue[Any]):
    """A queue whose class stores the items its own way."""

    def _init(self, maxsize: int) -> None:
        self.stored: set[Any] = set()

    def _qsize(self) -> int:
        return len(self.stored)

    def _put(self, item: Any) -> None:
        self.stored.add(item)

    def _get(self) -> Any:
        return self.stored.pop()


class PlainSubclass(queue.Queue[Any]):
    """A subclass that stores the items as its base does."""


def opened(made: queue.Queue[Any]) -> queue.Queue[Any]:
    """A queue whose lock the program has seen."""
    assert made.mutex is not None
    return made


class QueueWait(Wait):
    """A wait at a queue, of whatever class."""

    size: ClassVar[int] = 0

    def __init__(self, make: Callable[[int], Any]) -> None:
        self.queue = make(self.size)


class GetWait(QueueWait):
    kind = "Queue.get"

    def wait(self, limit: float | None = None) -> bool:
        try:
            self.queue.get(timeout=limit)
        except queue.Empty:
            return False
        return True

    def end(self) -> None:
        self.queue.put(1)


class PutWait(QueueWait):
    kind = "Queue.put"
    size = 2

    def __init__(self, make: Callable[[int], Any]) -> None:
        super().__init__(make)
        self.number = 2
        self.queue.put(1)
        self.queue.put(2)

    def wait(self, limit: float | None = None) -> bool:
        self.number += 1
        try:
            self.queue.put(self.number, timeout=limit)
        except queue.Full:
            return False
        return True

    def end(self) -> None:
        self.queue.get()


class JoinWait(QueueWait):
    kind = "Queue.join"
    timed = False

    def __init__(self, make: Callable[[int], Any]) -> None:
        super().__init__(make)
        self.queue.put(1)

    def wait(self, limit: float | None = None) -> bool:
        self.queue.join()
        self.queue.get()
        self.queue.put(1)
        return True

    def end(self) -> None:
        self.queue.task_done()


class MutexWait(QueueWait):
    """A queue whose lock the program holds: every method waits for it."""

    kind = "Lock"
    timed = False

    def __init__(self, make: Callable[[int], Any]) -> None:
        super().__init__(make)
        self.queue.mutex.acquire()

    def wait(self, limit: float | None = None) -> bool:
        self.queue.put(1)
        self.queue.mutex.acquire()
        return True

    def end(self) -> None:
        self.queue.mutex.release()


_PRIMITIVES: list[type[Wait]] = [
    *(LockWait, LockStatement, RLockWait, RLockStatement),
    *(ConditionWait, ConditionOverLock, ConditionOverNestedRLock, ConditionOverSubclass),
    *(ConditionOverMinimalLock, ConditionOverPythonRLock, ConditionOverStandardLock),
    *(ConditionOverStandardRLock, ConditionOverProcessLock, ConditionFor),
    *(SemaphoreWait, SemaphoreStatement, BoundedSemaphoreWait, EventWait, BarrierWait),
]

# How each is made, whether its items are under a lock of Python's, and whether it has a size and tasks.
_QUEUES: dict[str, tuple[Callable[[int], Any], bool, bool]] = {
    "Queue": (queue.Queue, False, True),
    "LifoQueue": (queue.LifoQueue, False, True),
    "PriorityQueue": (queue.PriorityQueue, True, True),
    "PlainSubclass": (PlainSubclass, False, True),
    "SetQueue": (SetQueue, True, True),
    "OpenQueue": (lambda maxsize: opened(queue.Queue(maxsize)), True, True),
    "OpenLifoQueue": (lambda maxsize: opened(queue.LifoQueue(maxsize)), True, True),
    "SimpleQueue": (lambda _: queue.SimpleQueue(), False, False),
}


class _At:
    """Makes a wait at a queue."""

    def __init__(self, wait: type[QueueWait], queue_name: str) -> None:
        self.wait, self.queue_name = wait, queue_name
        self.timed = wait.timed

    def __call__(self) -> Wait:
        make, _, _ = _QUEUES[self.queue_name]
        return self.wait(make)


def _at_queues() -> Iterator[tuple[str, _At]]:
    for name, (_, is_open, is_full_queue) in _QUEUES.items():
        yield f"{name}.get", _At(GetWait, name)
        if is_full_queue:
            yield f"{name}.put", _At(PutWait, name)
            yield f"{name}.join", _At(JoinWait, name)
        if is_open:
            yield f"{name}.mutex", _At(MutexWait, name)


WAITS: dict[str, Callable[[], Wait]] = {
    **{wait.__name__: wait for wait in _PRIMITIVES},
    **dict(_at_queues()),
}
"""How to make each of them, by name."""

TIMED = [name for name, make in WAITS.items() if make.timed]  # type: ignore[attr-defined]
"""Those that take a time limit."""
