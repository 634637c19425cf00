"""What type checkers make of programs that use ironthread: mypy and pyright read this, nobody runs it."""

from __future__ import annotations

import concurrent.futures
import contextvars
import threading
from collections.abc import Iterator
from typing import Any, assert_type

import ironthread
from ironthread import aio, diagnosis, futures, queue, testing


def locks_are_context_managers(lock: ironthread.Lock, again: ironthread.RLock) -> None:
    with lock as held:
        assert_type(held, bool)
    assert_type(again.acquire(timeout=1.0), bool)


def conditions_return_what_their_predicate_does(condition: ironthread.Condition) -> None:
    with condition:
        assert_type(condition.wait(0.1), bool)


def queues_are_of_their_items(items: queue.Queue[int]) -> None:
    items.put(1)
    assert_type(items.get(timeout=1.0), int)
    assert_type(queue.PriorityQueue[tuple[int, str]]().get_nowait(), tuple[int, str])
    assert_type(ironthread.SimpleQueue[bytes]().get(), bytes)


def threads_are_standard_threads() -> None:
    standard: threading.Thread = ironthread.Thread(target=print, daemon=True)
    assert_type(standard.name, str)
    assert_type(ironthread.Event().wait(1.0), bool)


def pools_are_standard_pools(pool: futures.ThreadPoolExecutor) -> Iterator[Any]:
    with pool as same:
        assert_type(same, futures.ThreadPoolExecutor)
    future = pool.submit(int, "7", base=8)
    assert_type(future, futures.Future[int])
    assert_type(future.result(timeout=1.0), int)
    assert_type(next(pool.map(str, [1])), str)
    standard: concurrent.futures.Future[int] = future
    assert_type(standard.done(), bool)
    for ended in futures.as_completed([pool.submit(len, "text")], timeout=1.0):
        assert_type(ended, futures.Future[int])
        yield ended


def wrong_uses_are_told(lock: ironthread.Lock, items: queue.Queue[int]) -> None:
    lock.acquire(timeout="1")  # type: ignore[arg-type]
    items.put("text")  # type: ignore[arg-type]
    ironthread.Semaphore("many")  # type: ignore[arg-type]
    futures.ThreadPoolExecutor(1).submit(len, 1)  # type: ignore[arg-type]


def what_is_waited_for_has_types(barrier: ironthread.Barrier, timer: ironthread.Timer) -> None:
    assert_type(barrier.wait(1.0), int)
    assert_type(barrier.parties, int)
    assert_type(timer.cancel(), None)


async def queues_cross_into_asyncio(items: aio.Queue[str]) -> None:
    assert_type(await items.aget(), str)


async def outcomes_are_awaited(pool: futures.ThreadPoolExecutor) -> None:
    assert_type(await pool.submit(len, "text"), int)


def what_is_observed_has_types(thread: threading.Thread) -> None:
    seen = ironthread.state(thread)
    assert_type(seen.waits_for, str | None)
    assert_type(ironthread.__version__, str)


def stealing_pools_are_pools(pool: ironthread.WorkStealingExecutor) -> None:
    with pool as same:
        assert_type(same, ironthread.WorkStealingExecutor)
    assert_type(pool.submit(len, "text"), futures.Future[int])
    assert_type(next(pool.map(str, [1])), str)
    ironthread.WorkStealingExecutor(while_waiting="all")  # type: ignore[arg-type]


def limits_by_time_have_types(limit: ironthread.RateLimit) -> None:
    assert_type(limit.acquire(timeout=1.0), bool)
    assert_type((limit.rate, limit.burst), tuple[float, int])
    pool = futures.ThreadPoolExecutor(2, rate_limit=limit, when_full="raise", max_queue=1)
    hurried = pool.options(priority=1, timeout=1.0, context=contextvars.copy_context())
    assert_type(hurried.submit(len, "text"), futures.Future[int])
    assert_type(next(hurried.map(str, [1])), str)


async def coroutines_share_queues(items: aio.PriorityQueue[int]) -> None:
    standard: ironthread.PriorityQueue[int] = items
    assert_type(standard.get_nowait(), int)
    assert_type(await items.aput(1), None)
    assert_type(await items.ajoin(), None)
    await items.aput("text")  # type: ignore[arg-type]


async def _count() -> int:
    return 1


def runs_end_with_their_outcome_or_none() -> None:
    with futures.ThreadPoolExecutor(2) as pool:
        assert_type(aio.run(_count(), executor=pool, grace=1.0), int | None)
    aio.run(_count)  # type: ignore[arg-type]


def faults_are_a_block_and_a_decorator() -> None:
    with testing.faults(7, delay=(0.1, 0.01), task=(0.1, OSError), only=["Queue"]) as met:
        assert_type(met, testing.faults)
    assert_type(met.log, list[testing.Injection])
    assert_type((met.seed, met.replay, met.describe()), tuple[int | str, str, str])
    assert_type((met.log[0].kind, met.log[0].seconds), tuple[str, float])

    @testing.faults(seed="text")
    def decorated(number: int) -> str:
        return str(number)

    assert_type(decorated(1), str)
    decorated("1")  # type: ignore[arg-type]
    testing.faults(1, task=(0.1, "error"))  # type: ignore[arg-type]


def what_is_served_has_types() -> None:
    with ironthread.serve_metrics(port=0) as server:
        assert_type(server, ironthread.metrics.MetricsServer)
        assert_type(server.port, int)
    assert_type(diagnosis.listen(), str)
    assert_type(diagnosis.dump_on(10), None)
    assert_type(diagnosis.close(), None)


def deadlocks_are_told_to_a_hook(
    found: list[ironthread.Deadlock], inversions: list[ironthread.LockOrderInversion]
) -> None:
    with ironthread.deadlocks(hook=found.append), ironthread.lock_order(hook=inversions.append):
        pass
    assert_type(found[0].headline(), str)
    assert_type(found[0].nature, str)
    assert_type(inversions[0].headline(), str)
    with ironthread.deadlocks("raise"):
        pass
    ironthread.deadlocks("ignore")  # type: ignore[arg-type]
