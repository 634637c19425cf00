"""Pools under everything at once: every future ends exactly once, nothing is lost, nothing is left."""

from __future__ import annotations

import gc
import random
import threading
import weakref
from collections.abc import Callable
from concurrent.futures import CancelledError, Executor
from itertools import count
from typing import Any

import pytest
from crew import Crew, until_ended
from ironthread import RateLimit, ThreadPoolExecutor, WorkStealingExecutor, as_completed, wait

pytestmark = pytest.mark.hang_limit(300.0)

SUBMITTERS = 4


class Meant(Exception):
    """Raised by calls on purpose."""


class Record:
    """What happened to one call."""

    def __init__(self) -> None:
        # next() of a count is one step for threads.
        self.made, self.called_back = count(), count()
        self.callbacks = 0
        self.future: Any = None

    def check(self) -> None:
        """It ended once: it was made once or it was cancelled, and everybody was told once."""
        assert self.future.done()
        assert next(self.made) == (0 if self.future.cancelled() else 1)
        assert next(self.called_back) == self.callbacks
        if not self.future.cancelled():
            assert self.future.exception() is None or isinstance(self.future.exception(), Meant)


class Storm:
    """Threads that submit, cancel, wait, shut down and go on with another pool."""

    def __init__(self, make: Callable[[], Executor], waits_inside: bool, calls: int) -> None:
        self._make = make
        self._waits_inside = waits_inside
        self._left = iter(range(calls))
        self._pool = make()
        self._exchange = threading.Lock()
        self.records: list[Record] = []

    def submit(self, rng: random.Random, depth: int) -> Record | None:
        """Submit one call; None when there are none left. A pool that was shut down is exchanged."""
        if next(self._left, None) is None:
            return None
        record = Record()
        while record.future is None:
            pool = self._pool
            try:
                record.future = pool.submit(self._call, record, random.Random(rng.random()), depth)
            except RuntimeError as error:
                if "after shutdown" not in str(error):
                    raise
                with self._exchange:
                    if self._pool is pool:
                        self._pool = self._make()
        self.records.append(record)
        for _ in range(rng.choice([0, 0, 1, 3])):
            record.callbacks += 1
            record.future.add_done_callback(lambda _: next(record.called_back))
        if rng.random() < 0.1:
            record.future.cancel()
        return record

    def _call(self, record: Record, rng: random.Random, depth: int) -> int:
        next(record.made)
        count_parts = rng.choice([0, 0, 0, 1, 3]) if depth else 0
        parts = [self.submit(rng, depth - 1) for _ in range(count_parts)]
        if self._waits_inside:
            for part in filter(None, parts):
                end_of(part)
        if rng.random() < 0.1:
            raise Meant
        return depth

    def submit_many(self, seed: int) -> None:
        """What one of the threads does."""
        rng = random.Random(seed)
        recent: list[Any] = []
        while (record := self.submit(rng, 3)) is not None:
            recent.append(record.future)
            chance = rng.random()
            if chance < 0.01:
                assert wait(recent).not_done == set()
                recent.clear()
            elif chance < 0.02:
                assert len(list(as_completed(recent))) == len(recent)
                recent.clear()
            elif chance < 0.03:
                wait(recent, timeout=0.001)
            elif chance < 0.04:
                end_of(record)
            elif chance < 0.045:
                self._pool.shutdown(wait=rng.random() < 0.5, cancel_futures=rng.random() < 0.5)

    def close(self) -> None:
        """Take no more calls by the pool of this moment; all that were before it take none either."""
        self._pool.shutdown()


def end_of(record: Record) -> None:
    """Wait for the end of a call, whatever it is."""
    try:
        record.future.result()
    except (Meant, CancelledError):
        pass


class Choosing(Executor):
    """A pool whose calls have priorities and deadlines, whatever comes."""

    def __init__(self, pool: ThreadPoolExecutor) -> None:
        self._pool = pool
        self._rng = random.Random(1)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        rng = self._rng
        deadline = rng.choice([None, None, 0.0, 1e-4, 1e-3, 0.01])
        view = self._pool.options(priority=rng.randrange(-3, 3), deadline=deadline)
        return view.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._pool.shutdown(wait, cancel_futures=cancel_futures)


POOLS: dict[str, tuple[Callable[[], Executor], bool]] = {
    "plain": (lambda: ThreadPoolExecutor(4), False),
    "plain of one": (lambda: ThreadPoolExecutor(1), False),
    "bounded": (lambda: ThreadPoolExecutor(4, max_queue=3), False),
    "bounded, run by callers": (
        lambda: ThreadPoolExecutor(2, max_queue=1, when_full="run"),
        False,
    ),
    "slowed down": (lambda: ThreadPoolExecutor(4, rate_limit=RateLimit(20_000, 5)), False),
    "with priorities and deadlines": (
        lambda: Choosing(ThreadPoolExecutor(3, max_queue=50)),
        False,
    ),
    "stealing": (lambda: WorkStealingExecutor(4), True),
    "stealing whatever there is": (
        lambda: WorkStealingExecutor(4, while_waiting="any"),
        True,
    ),
    "stealing of one": (lambda: WorkStealingExecutor(1), True),
}


@pytest.mark.parametrize("name", POOLS)
def test_every_future_ends_exactly_once(name: str, long: bool) -> None:
    make, waits_inside = POOLS[name]
    others = set(threading.enumerate())
    storm = Storm(make, waits_inside, 200_000 if long else 20_000)
    with Crew(limit=1000.0) as crew:
        for seed in range(SUBMITTERS):
            crew.start(storm.submit_many, seed)
    # Pools that were shut down without waiting have ended their calls when their threads have ended, and
    # until then a call may find its pool shut down, and open another.
    while threads := set(threading.enumerate()) - others:
        storm.close()
        until_ended(threads)
    storm.close()
    for record in storm.records:
        record.check()
    futures = [weakref.ref(record.future) for record in storm.records]
    del record, storm, crew, threads
    gc.collect()
    assert [future() for future in futures if future() is not None] == []
