"""``concurrent.futures.Future`` in one thread, and many of them at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import Any

from measure.errand import Errand, Run
from measure.loop import Loop
from measure.operation import Operation
from measure.side import Side

GROUP = "Future"
MANY = 10_000


def _many(collect: Callable[[Side, list[Any]], Iterable[Any]]) -> Run:
    """Futures that end while they are waited for, `MANY` at a time; an operation is one of them."""

    def run(side: Side, count: int) -> float:
        with side.futures.ThreadPoolExecutor(4) as pool:
            begin = perf_counter()
            for _ in range(count // MANY):
                futures = [pool.submit(int) for _ in range(MANY)]
                if sum(1 for _ in collect(side, futures)) != MANY:
                    raise RuntimeError("not every future has ended")
            return perf_counter() - begin

    return run


def _as_completed(side: Side, futures: list[Any]) -> Iterable[Any]:
    done: Iterable[Any] = side.futures.as_completed(futures)
    return done


def _wait(side: Side, futures: list[Any]) -> Iterable[Any]:
    done: Iterable[Any] = side.futures.wait(futures).done
    return done


OPERATIONS: tuple[Operation, ...] = (
    Loop(
        GROUP,
        "made, set_result + result",
        "future = Future()\nfuture.set_result(None)\nfuture.result()",
        "Future = futures.Future",
    ),
    Loop(
        GROUP,
        "result when done",
        "future.result()",
        "future = futures.Future()\nfuture.set_result(1)",
    ),
    Errand(GROUP, "submit + as_completed, 10,000 at a time", _many(_as_completed), MANY),
    Errand(GROUP, "submit + wait, 10,000 at a time", _many(_wait), MANY),
)
