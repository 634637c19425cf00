"""What a burst makes queues and pools take they give back when it is over."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from typing import Any

import pytest
from in_use import allocated
from ironthread import aio
from ironthread.futures import ThreadPoolExecutor
from ironthread.queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
from ironthread.threading import Event

KEPT_BYTES = 64 << 10
"""What may be left: the rooms of empty queues, and what pytest and the interpreter do beside."""
PLACE_BYTES = 8
"""A reference."""

pytestmark = pytest.mark.skipif(not allocated(), reason="the system does not say what is in use")


@pytest.mark.parametrize("make", [Queue, LifoQueue, PriorityQueue, SimpleQueue])
def test_a_queue_gives_back_the_room_of_items_that_have_left(make: Callable[[], Any]) -> None:
    queue, items = make(), 300_000
    before = allocated()
    for _ in range(items):
        queue.put(1)
    full = allocated() - before
    assert full >= items * PLACE_BYTES

    for _ in range(items - items // 10):
        queue.get()
    assert allocated() - before < full // 2
    for _ in range(items // 10):
        queue.get()
    assert allocated() - before < KEPT_BYTES


def test_a_queue_that_is_shut_down_at_once_gives_it_back() -> None:
    queue, items = Queue[int](), 300_000
    before = allocated()
    for _ in range(items):
        queue.put(1)
    queue.shutdown(immediate=True)
    assert allocated() - before < KEPT_BYTES


def test_a_pool_gives_back_the_room_of_calls_that_were_made() -> None:
    calls = 50_000
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        gc.collect()
        before = allocated()
        begin = Event()
        pool.submit(begin.wait)
        for _ in range(calls):
            last = pool.submit(int)
        assert allocated() - before >= calls * PLACE_BYTES
        begin.set()
        last.result()
        del last
        assert allocated() - before < KEPT_BYTES


def test_a_queue_of_asyncio_gives_back_the_room_of_those_who_waited() -> None:
    waiting = 30_000

    async def wait_all(queue: aio.Queue[int]) -> None:
        tasks = [asyncio.ensure_future(queue.aget()) for _ in range(waiting)]
        await asyncio.sleep(0)
        for _ in tasks:
            queue.put(1)
        await asyncio.gather(*tasks)

    async def measure() -> int:
        queue = aio.Queue[int]()
        await wait_all(queue)
        fresh = aio.Queue[int]()
        gc.collect()
        before = allocated()
        await wait_all(fresh)
        gc.collect()
        return allocated() - before

    assert asyncio.run(measure()) < KEPT_BYTES
