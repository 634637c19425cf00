"""``ThreadPoolExecutor`` of four threads: trivial calls, many at a time and one after the other."""

from __future__ import annotations

from time import perf_counter

from measure.errand import Errand
from measure.operation import Operation
from measure.side import Side

GROUP = "ThreadPoolExecutor(4)"
WORKERS = 4
BATCH = 20_000


def _submit(side: Side, count: int) -> float:
    """Calls that are all submitted before the first result is asked for, `BATCH` at a time."""
    with side.futures.ThreadPoolExecutor(WORKERS) as pool:
        begin = perf_counter()
        for _ in range(count // BATCH):
            for future in [pool.submit(int) for _ in range(BATCH)]:
                future.result()
        return perf_counter() - begin


def _map(side: Side, count: int) -> float:
    """The same by `map()`."""
    with side.futures.ThreadPoolExecutor(WORKERS) as pool:
        begin = perf_counter()
        for _ in range(count // BATCH):
            for _ in pool.map(abs, range(BATCH)):
                pass
        return perf_counter() - begin


def _round_trip(side: Side, count: int) -> float:
    """Each call is submitted when the one before has ended."""
    with side.futures.ThreadPoolExecutor(WORKERS) as pool:
        begin = perf_counter()
        for _ in range(count):
            pool.submit(int).result()
        return perf_counter() - begin


OPERATIONS: tuple[Operation, ...] = (
    Errand(GROUP, "submit + result, 20,000 at a time", _submit, BATCH),
    Errand(GROUP, "map, 20,000 at a time", _map, BATCH),
    Errand(GROUP, "submit().result(), one by one", _round_trip),
)
