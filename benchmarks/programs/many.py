"""What an operation costs where there are many of something: one figure of one side.

Usage: ``many.py CASE MODULES SIZE``, where MODULES is ``threading,queue`` or ironthread's. Prints
nanoseconds for each of SIZE things.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from importlib import import_module
from time import perf_counter, sleep
from typing import Any

SETTLE_SECONDS = 0.02
"""A thread's last step before it waits for a lock cannot be seen; it takes far less than this."""

STACK_BYTES = 256 * 1024
"""Thousands of threads with stacks of the usual size do not fit everywhere."""


def rounds(size: int, enough: int, most: int = 50) -> int:
    """How often a small size is repeated: what takes microseconds once would be noise."""
    return min(max(enough // size, 1), most)


def acquire_with_waiters(threading: Any, _queue: Any, size: int) -> float:
    """A lock that is handed on until all who wait for it have had it."""
    lock = threading.Lock()
    arrived: list[None] = []
    passed, end = 0, 0.0

    def wait() -> None:
        nonlocal passed, end
        arrived.append(None)
        with lock:
            passed += 1
            if passed == size:
                end = perf_counter()

    lock.acquire()
    waiters = started(threading, wait, size)
    while len(arrived) < size:
        sleep(0.001)
    sleep(SETTLE_SECONDS)
    begin = perf_counter()
    lock.release()
    for thread in waiters:
        thread.join()
    return (end - begin) / size


def try_with_waiters(threading: Any, _queue: Any, size: int) -> float:
    """An acquire that does not wait, of a lock that others wait for."""
    lock = threading.Lock()
    arrived: list[None] = []

    def wait() -> None:
        arrived.append(None)
        with lock:
            pass

    lock.acquire()
    waiters = started(threading, wait, size)
    while len(arrived) < size:
        sleep(0.001)
    sleep(SETTLE_SECONDS)
    tries = 200_000
    begin = perf_counter()
    for _ in range(tries):
        lock.acquire(False)
    taken = perf_counter() - begin
    lock.release()
    for thread in waiters:
        thread.join()
    return taken / tries


def notify_all(threading: Any, _queue: Any, size: int) -> float:
    """From the notification to the return of the last waiter."""
    condition = threading.Condition()
    waiting, woken, end = 0, 0, 0.0

    def wait() -> None:
        nonlocal waiting, woken, end
        with condition:
            waiting += 1
            condition.wait()
            woken += 1
            if woken == size:
                end = perf_counter()

    waiters = started(threading, wait, size)
    while True:
        with condition:
            # Who has counted itself under the lock and is not in the lock waits.
            if waiting == size:
                begin = perf_counter()
                condition.notify_all()
                break
        sleep(0.001)
    for thread in waiters:
        thread.join()
    return (end - begin) / size


def queue_filled(_threading: Any, queue: Any, size: int) -> float:
    """All items put, then all got."""
    items = queue.Queue()
    begin = perf_counter()
    for _ in range(size):
        items.put(None)
    for _ in range(size):
        items.get()
    return (perf_counter() - begin) / size


def locks(threading: Any, _queue: Any, size: int) -> float:
    """All made, all acquired, all released."""
    begin = perf_counter()
    made = [threading.Lock() for _ in range(size)]
    for lock in made:
        lock.acquire()
    for lock in made:
        lock.release()
    return (perf_counter() - begin) / size


def threads(threading: Any, _queue: Any, size: int) -> float:
    """All started, so that they live at the same time, and joined."""
    go = threading.Event()
    begin = perf_counter()
    made = started(threading, go.wait, size)
    go.set()
    for thread in made:
        thread.join()
    return (perf_counter() - begin) / size


def started(threading: Any, step: Callable[[], object], count: int) -> list[Any]:
    """So many threads that do it."""
    made = [threading.Thread(target=step) for _ in range(count)]
    for thread in made:
        thread.start()
    return made


CASES: dict[str, tuple[Callable[[Any, Any, int], float], int]] = {
    "acquire-with-waiters": (acquire_with_waiters, 500),
    "try-with-waiters": (try_with_waiters, 1),
    "notify-all": (notify_all, 500),
    "queue-filled": (queue_filled, 100_000),
    "locks": (locks, 10_000),
    "threads": (threads, 500),
}
"""The case, and how many things are enough for a figure."""


def main() -> None:
    case, enough = CASES[sys.argv[1]]
    threading, queue = map(import_module, sys.argv[2].split(","))
    size = int(sys.argv[3])
    threading.stack_size(STACK_BYTES)
    gc.disable()
    figures = [case(threading, queue, size) for _ in range(rounds(size, enough))]
    print(sum(figures) / len(figures) * 1e9)


if __name__ == "__main__":
    main()
