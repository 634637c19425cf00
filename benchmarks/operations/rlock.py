"""``threading.RLock``."""

from __future__ import annotations

from collections.abc import Sequence

from measure.crew import Body, Crew
from measure.loop import Loop
from measure.operation import Operation
from measure.side import Side

GROUP = "RLock"
MADE = "lock = threading.RLock()"
HELD = "lock = threading.RLock()\nlock.acquire()"
THREADS = 4


def _contended(side: Side, count: int) -> Sequence[Body]:
    lock = side.threading.RLock()
    total = 0

    def body() -> None:
        nonlocal total
        for _ in range(count // THREADS):
            with lock:
                total += 1

    return [body] * THREADS


OPERATIONS: tuple[Operation, ...] = (
    Loop(GROUP, "acquire + release", "lock.acquire()\nlock.release()", MADE),
    Loop(GROUP, "with", "with lock:\n    pass", MADE),
    Loop(GROUP, "acquire + release when held", "lock.acquire()\nlock.release()", HELD),
    Loop(GROUP, "with, when held", "with lock:\n    pass", HELD),
    Crew(GROUP, "4 threads, 1 turn inside", _contended, multiple=THREADS),
)
