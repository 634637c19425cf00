"""Pools, whose calls return, raise or are cancelled."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic

from tally import THREADS, Counts, Crew, made

BATCH = 30


class Pools:
    """A pool for good, and one a round."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._workers: list[None] = []
        """One for each thread of a pool."""
        count = self._count_worker
        self._lasting = made("pools lasting", ThreadPoolExecutor(3, "lasting", count), counts)

    def _count_worker(self) -> None:
        self._workers.append(None)

    def start(self, crew: Crew, until: float) -> None:
        """Start threads that go on until that time of the monotonic clock."""

        def submit_to_lasting(own: Counts) -> None:
            while monotonic() < until:
                _submit("lasting", self._lasting, own)

        def submit_to_fresh(own: Counts) -> None:
            with self._fresh() as pool:
                while monotonic() < until:
                    _submit("fresh", pool, own)

        crew.start(submit_to_lasting, 2)
        crew.start(submit_to_fresh)

    def _fresh(self) -> ThreadPoolExecutor:
        count = self._count_worker
        return made("pools fresh", ThreadPoolExecutor(2, "fresh", count), self._counts)

    def rest(self) -> None:
        """Count the threads that have come."""
        self._counts[THREADS] += len(self._workers)
        self._workers.clear()

    def close(self) -> None:
        """End the pool that lasts."""
        self._lasting.shutdown()


def _submit(name: str, pool: ThreadPoolExecutor, own: Counts) -> None:
    """Have a batch of calls made; see what becomes of each."""
    futures: list[Future[int]] = [pool.submit(_call, number) for number in range(BATCH)]
    cancelled = sum(future.cancel() for future in futures[-3:])
    done = [future for future in futures if not future.cancelled()]
    failed = sum(future.exception() is not None for future in done)
    for figure, count in (
        ("submitted", BATCH),
        ("cancelled", cancelled),
        ("ended", BATCH - cancelled),
        ("failed", failed),
    ):
        own[f"pools {name} {figure}"] += count


def _call(number: int) -> int:
    if number % 7 == 0:
        raise ValueError(number)
    return number
