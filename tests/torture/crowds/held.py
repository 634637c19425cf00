"""Locks of every kind are held, and threads wait for them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from queue import Queue
from threading import BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore
from typing import Any

from torture.crowd import Crowd

KINDS: list[Callable[[], Any]] = [
    *(Lock, RLock, Condition, lambda: Condition(Lock()), Semaphore, BoundedSemaphore),
    *(lambda: Queue().mutex, lambda: Queue().not_empty),
]


def gather(crowd: Crowd) -> None:
    """Have threads hold locks, and others wait for them."""
    for _ in crowd.some(1, 3):
        locks = [make() for make in crowd.rng.sample(KINDS, k=crowd.rng.randint(1, len(KINDS)))]
        hold(crowd, locks)
        for lock in locks:
            for _ in crowd.some(0, 2):
                crowd.start(pass_through, lock)
            crowd.legacies.append(partial(use_inherited, lock))


def hold(crowd: Crowd, locks: list[Any]) -> None:
    """Have a thread hold locks until the crowd disperses."""
    held = Event()

    def holding() -> None:
        with ExitStack() as stack:
            for lock in locks:
                stack.enter_context(lock)
            held.set()
            crowd.over.wait()

    crowd.start(holding)
    held.wait()


def pass_through(lock: Any) -> None:
    """Take the lock once."""
    with lock:
        pass


def use_inherited(lock: Any) -> None:
    """A lock that was held at the fork is held in the child, where nobody holds it: it can be made free."""
    assert not lock.acquire(False), f"{lock} is free"
    if hasattr(lock, "_at_fork_reinit"):
        lock._at_fork_reinit()
    else:
        lock.release()
    with lock:
        pass
    assert lock.acquire(False), f"{lock} is held"
    lock.release()
