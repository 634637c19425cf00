"""``threading.Lock``: alone, and wanted by four threads."""

from __future__ import annotations

from collections.abc import Sequence
from time import sleep

from measure.crew import Body, Crew, Fairness
from measure.loop import Loop
from measure.operation import Operation
from measure.side import Side

GROUP = "Lock"
MADE = "lock = threading.Lock()"
HELD = "lock = threading.Lock()\nlock.acquire()"
THREADS = 4


def _short(side: Side, count: int) -> Sequence[Body]:
    lock = side.threading.Lock()
    total = 0

    def body() -> None:
        nonlocal total
        for _ in range(count // THREADS):
            with lock:
                total += 1

    return [body] * THREADS


def _long(side: Side, count: int) -> Sequence[Body]:
    lock = side.threading.Lock()
    total = 0

    def body() -> None:
        nonlocal total
        for _ in range(count // THREADS):
            with lock:
                for _ in range(100):
                    total += 1

    return [body] * THREADS


def _letting_go(side: Side, count: int) -> Sequence[Body]:
    lock = side.threading.Lock()

    def body() -> None:
        for _ in range(count // THREADS):
            with lock:
                sleep(0)

    return [body] * THREADS


def _short_turn(side: Side) -> Body:
    lock = side.threading.Lock()
    total = 0

    def turn() -> None:
        nonlocal total
        with lock:
            total += 1

    return turn


def _long_turn(side: Side) -> Body:
    lock = side.threading.Lock()
    total = 0

    def turn() -> None:
        nonlocal total
        with lock:
            for _ in range(100):
                total += 1

    return turn


OPERATIONS: tuple[Operation, ...] = (
    Loop(GROUP, "acquire + release", "lock.acquire()\nlock.release()", MADE),
    Loop(GROUP, "with", "with lock:\n    pass", MADE),
    Loop(GROUP, "acquire(timeout=1) + release", "lock.acquire(timeout=1)\nlock.release()", MADE),
    Loop(GROUP, "acquire(False) when held", "lock.acquire(False)", HELD),
    Loop(GROUP, "acquire(blocking=False) when held", "lock.acquire(blocking=False)", HELD),
    Loop(GROUP, "locked", "lock.locked()", MADE),
    Crew(GROUP, "4 threads, 1 turn inside", _short, multiple=THREADS),
    Crew(GROUP, "4 threads, 100 turns inside", _long, multiple=THREADS),
    Crew(GROUP, "4 threads, sleep(0) inside", _letting_go, multiple=THREADS),
    Fairness(GROUP, "4 threads, 1 turn inside: least share", _short_turn, THREADS),
    Fairness(GROUP, "4 threads, 100 turns inside: least share", _long_turn, THREADS),
)
