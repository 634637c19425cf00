"""What the interpreter runs in the middle of `submit()` may submit, too, and shut the pool down.

Finalizers and the handlers of signals come between any two steps of Python code. A trace function
comes there as they do, and at each line in turn.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from functools import partial
from threading import Barrier

import pytest
from crew import Crew
from ironthread.futures import ThreadPoolExecutor, wait

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from threading import Thread
    from types import FrameType
    from typing import Any

    MakePool = Callable[[], ThreadPoolExecutor]


def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2)


def _pool_with_options() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, call_options=True)


@contextmanager
def _called_at(line: int, call: Callable[[], object]) -> Iterator[list[str]]:
    """Have `call` called before the line of that number that runs of ironthread's in this thread.

    What it gives is where that was; nowhere when fewer lines ran.
    """
    count = 0
    came: list[str] = []

    def trace(frame: FrameType, event: str, _: object) -> Any:
        nonlocal count
        if frame.f_globals.get("__name__", "").startswith("ironthread."):
            if event == "line":
                count += 1
                if count == line:
                    came.append(f"{frame.f_code.co_name}:{frame.f_lineno}")
                    call()
            return trace
        return None

    old = sys.gettrace()
    sys.settrace(trace)
    try:
        yield came
    finally:
        sys.settrace(old)


@pytest.mark.parametrize("make", [_pool, _pool_with_options])
@pytest.mark.parametrize("make_other", [None, _pool, _pool_with_options])
def test_a_submit_in_the_middle_of_a_submit_is_as_any_other(
    make: MakePool, make_other: MakePool | None
) -> None:
    places: list[str] = []
    for line in range(1, 1000):
        with make() as pool, (make_other or make)() as other:
            within = pool if make_other is None else other
            futures: list[Future[int]] = []
            with _called_at(line, lambda: futures.append(within.submit(int, "2"))) as came:
                futures.append(pool.submit(int, "1"))
                futures.append(pool.submit(int, "3"))
            assert not wait(futures, 30).not_done, came
            assert sorted(future.result() for future in futures) == [1, *[2] * len(came), 3]
            assert len(pool._threads) <= 2, came
        if not came:
            break
        places += came
    assert any(place.startswith("_staff:") for place in places), places


@pytest.mark.parametrize("make", [_pool, _pool_with_options])
def test_a_call_is_made_or_refused_when_its_pool_is_shut_down_in_the_middle(make: MakePool) -> None:
    made: list[str] = []
    refused: list[str] = []
    for line in range(1, 1000):
        pool = make()
        future = None
        # A refusal is as after any other shutdown().
        end = _called_at(line, partial(pool.shutdown, wait=False))
        with end as came, suppress(RuntimeError):
            future = pool.submit(int, "1")
        if future is not None:
            assert future.result(30) == 1, came
        (refused if future is None else made).extend(came)
        pool.shutdown()
        if not came:
            break
    assert made
    assert refused


def _pool_at_work() -> ThreadPoolExecutor:
    pool = ThreadPoolExecutor(2, call_options=True)
    pool.submit(int).result(30)
    return pool


def test_a_pool_with_options_whose_workers_end_in_the_middle_of_a_submit_leaves_no_call() -> None:
    made = refused = 0
    for line in range(1, 1000):
        pool = _pool_at_work()
        workers = tuple(pool._threads)

        def end(pool: ThreadPoolExecutor = pool, workers: tuple[Thread, ...] = workers) -> None:
            pool.shutdown(wait=False)
            for worker in workers:
                worker.join(30)

        future = None
        with _called_at(line, end) as came, suppress(RuntimeError):
            future = pool.submit(int, "1")
        if future is not None:
            assert future.result(30) == 1, came
        made, refused = made + (future is not None), refused + (future is None)
        pool.shutdown()
        if not came:
            break
    assert made
    assert refused


def test_a_wait_for_the_workers_in_the_middle_of_a_submit_is_refused_and_they_end() -> None:
    pool = ThreadPoolExecutor(2)
    refusals: list[str] = []

    def shut_down() -> None:
        try:
            pool.shutdown()
        except RuntimeError as error:
            refusals.append(str(error))

    for line in range(1, 1000):
        pool = ThreadPoolExecutor(2)
        with _called_at(line, shut_down) as came, suppress(RuntimeError):
            pool.submit(int)
        if not came:
            pool.shutdown()
            break
        for worker in tuple(pool._threads):
            worker.join(30)
            assert not worker.is_alive(), came
    assert refusals
    assert "use shutdown(wait=False)" in refusals[0]


def test_very_many_submits_in_the_middle_of_one_are_no_recursion() -> None:
    for line in range(1, 1000):
        with ThreadPoolExecutor(4) as pool:
            futures: list[Future[int]] = []
            many = partial(_submit_many, pool, futures)
            with _called_at(line, many) as came:
                futures.append(pool.submit(int, "1"))
            assert not wait(futures, 30).not_done, came
        if came and came[0].startswith("_staff:"):
            break
    assert len(futures) == 2001


def _submit_many(pool: ThreadPoolExecutor, futures: list[Future[int]]) -> None:
    futures.extend(pool.submit(int) for _ in range(2000))


def test_two_threads_that_submit_to_each_others_pools_from_within_do_not_meet() -> None:
    for line in range(1, 1000):
        with _pool() as first, _pool() as second:
            both = Barrier(2)
            came: list[str] = []

            def submit(
                own: ThreadPoolExecutor,
                other: ThreadPoolExecutor,
                line: int = line,
                both: Barrier = both,
                came: list[str] = came,
            ) -> list[int]:
                futures: list[Future[int]] = []
                both.wait(30)
                with _called_at(line, lambda: futures.append(other.submit(int, "2"))) as at:
                    futures.append(own.submit(int, "1"))
                came.extend(at)
                return [future.result(30) for future in futures]

            with Crew() as crew:
                crew.start(submit, first, second)
                crew.start(submit, second, first)
        if not came:
            break
