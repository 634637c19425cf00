"""What type checkers make of programs that use ironthread: mypy and pyright read this, nobody runs it."""

from __future__ import annotations

import concurrent.futures
import threading
from collections.abc import Iterator
from typing import Any, assert_type

import ironthread
from ironthread import aio, futures, queue


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
