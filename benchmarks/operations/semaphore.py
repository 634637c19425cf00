"""``threading.Semaphore`` and ``BoundedSemaphore``: alone, and two places for eight threads."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

from measure.crew import Body, Crew
from measure.loop import Loop
from measure.operation import Operation
from measure.side import Side

GROUP = "Semaphore"
MADE = "semaphore = threading.Semaphore(4)"
BOUNDED = "semaphore = threading.BoundedSemaphore(4)"
EMPTY = "semaphore = threading.Semaphore(0)"
ACQUIRE_RELEASE = "semaphore.acquire()\nsemaphore.release()"
WITH = "with semaphore:\n    pass"
THREADS = 8


def _pool(side: Side, count: int) -> Sequence[Body]:
    semaphore = side.threading.Semaphore(2)

    def body() -> None:
        for _ in range(count // THREADS):
            with semaphore:
                pass

    return [body] * THREADS


def _pool_letting_go(side: Side, count: int) -> Sequence[Body]:
    semaphore = side.threading.Semaphore(2)

    def body() -> None:
        for _ in range(count // THREADS):
            with semaphore:
                sleep(0)

    return [body] * THREADS


OPERATIONS: tuple[Operation, ...] = (
    Loop(GROUP, "acquire + release", ACQUIRE_RELEASE, MADE),
    Loop(GROUP, "with", WITH, MADE),
    Loop(GROUP, "bounded: acquire + release", ACQUIRE_RELEASE, BOUNDED),
    Loop(GROUP, "bounded: with", WITH, BOUNDED),
    Loop(GROUP, "acquire(blocking=False) at zero", "semaphore.acquire(blocking=False)", EMPTY),
    Crew(GROUP, "8 threads, 2 places, nothing inside", _pool, multiple=THREADS),
    Crew(GROUP, "8 threads, 2 places, sleep(0) inside", _pool_letting_go, multiple=THREADS),
)
