"""Threads and coroutines at one queue, cancelled and timed out all the time: each item is accounted for."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from crew import Crew
from ironthread import aio
from waits import opened

QUEUES: dict[str, Callable[[], Any]] = {
    "unbounded": aio.Queue,
    "of size one": lambda: aio.Queue(1),
    "small": lambda: aio.Queue(5),
    "stack": lambda: aio.LifoQueue(5),
    "priority": lambda: aio.PriorityQueue(5),
    "open": lambda: opened(aio.Queue(2)),
}
HASTE = 0.0005
"""The longest a hasty one waits, in seconds."""


class Traffic:
    """Producers and consumers of both kinds, the patient and the hasty, at one queue."""

    def __init__(self, queue: Any, each: int, seed: int) -> None:
        self.queue = queue
        self.each = each
        self.random = random.Random(seed)
        self.received: list[list[int]] = []
        self.vain = 0

    def run(self) -> None:
        """Have all items produced and consumed."""
        with Crew(1000.0) as crew:
            consumers = [self.get, self.get_hastily]
            for consume in consumers:
                crew.start(consume, self.hands())
            for loop in range(2):
                crew.start(asyncio.run, self.consume_in_loop())
                crew.start(asyncio.run, self.produce_in_loop(10 + loop))
            producers = [
                crew.start(self.produce, 0),
                crew.start(self.produce_hastily, 1),
            ]
            for producer in producers:
                producer.result(1000.0)
            asyncio.run(self.until_through())
            self.queue.shutdown()

    def hands(self) -> list[int]:
        """A list of the items that one consumer receives."""
        self.received.append([])
        return self.received[-1]

    def items(self, producer: int) -> range:
        """What a producer puts."""
        first = producer * 1_000_000
        return range(first, first + self.each)

    async def until_through(self) -> None:
        total = 8 * self.each
        while sum(map(len, self.received)) < total:
            await self.queue.ajoin()
            await asyncio.sleep(0.001)  # producers that have not begun

    # ------------------------------------------------------------ threads

    def produce(self, producer: int) -> None:
        for item in self.items(producer):
            self.queue.put(item)

    def produce_hastily(self, producer: int) -> None:
        for item in self.items(producer):
            while True:
                try:
                    self.queue.put(item, timeout=self.random.random() * HASTE)
                    break
                except aio.Full:
                    self.vain += 1

    def get(self, hands: list[int]) -> None:
        while True:
            try:
                hands.append(self.queue.get())
            except aio.ShutDown:
                return
            self.queue.task_done()

    def get_hastily(self, hands: list[int]) -> None:
        while True:
            try:
                hands.append(self.queue.get(timeout=self.random.random() * HASTE))
            except aio.Empty:
                self.vain += 1
                continue
            except aio.ShutDown:
                return
            self.queue.task_done()

    # --------------------------------------------------------- coroutines

    async def produce_in_loop(self, producer: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number, way in enumerate((self.aput, self.aput_in_time, self.aput_or_cancel)):
                group.create_task(self.produce_by(way, producer * 10 + number))

    async def produce_by(self, way: Callable[[int], Coroutine[Any, Any, None]], who: int) -> None:
        for item in self.items(who):
            await way(item)

    async def aput(self, item: int) -> None:
        await self.queue.aput(item)

    async def aput_in_time(self, item: int) -> None:
        while True:
            try:
                async with asyncio.timeout(self.random.random() * HASTE):
                    await self.queue.aput(item)
                    return
            except TimeoutError:
                self.vain += 1

    async def aput_or_cancel(self, item: int) -> None:
        while not await self.ends(self.queue.aput(item)):
            self.vain += 1

    async def consume_in_loop(self) -> None:
        async with asyncio.TaskGroup() as group:
            for way in (self.aget, self.aget_in_time, self.aget_in_timeout, self.aget_or_cancel):
                group.create_task(self.consume_by(way, self.hands()))

    async def consume_by(
        self, way: Callable[[], Coroutine[Any, Any, list[int]]], hands: list[int]
    ) -> None:
        while True:
            try:
                items = await way()
            except aio.ShutDown:
                return
            for item in items:
                hands.append(item)
                self.queue.task_done()

    async def aget(self) -> list[int]:
        return [await self.queue.aget()]

    async def aget_in_time(self) -> list[int]:
        try:
            return [await asyncio.wait_for(self.queue.aget(), self.random.random() * HASTE)]
        except TimeoutError:
            self.vain += 1
            return []

    async def aget_in_timeout(self) -> list[int]:
        try:
            async with asyncio.timeout(self.random.random() * HASTE):
                return [await self.queue.aget()]
        except TimeoutError:
            self.vain += 1
            return []

    async def aget_or_cancel(self) -> list[int]:
        return await self.ends(self.queue.aget())

    async def ends(self, work: Coroutine[Any, Any, Any]) -> list[Any]:
        """What the work comes to, unless a cancellation after some steps was sooner: then nothing."""
        task = asyncio.ensure_future(work)
        for _ in range(self.random.randrange(4)):
            await asyncio.sleep(0)
        task.cancel()
        try:
            return [await task]
        except asyncio.CancelledError:
            return []


@pytest.mark.hang_limit(300.0)
@pytest.mark.parametrize("name", QUEUES)
def test_every_item_arrives_once_whoever_is_cancelled(name: str, long: bool) -> None:
    for seed in range(8 if long else 1):
        queue = QUEUES[name]()
        traffic = Traffic(queue, 500 if long else 300, seed)
        traffic.run()
        found = Counter(item for hands in traffic.received for item in hands)
        producers = [0, 1, *(10 * loop + way for loop in (10, 11) for way in range(3))]
        expected = Counter(item for producer in producers for item in traffic.items(producer))
        assert found == expected, f"seed {seed}: {(found - expected, expected - found)}"
        assert (queue.qsize(), queue.unfinished_tasks) == (0, 0)
        assert traffic.vain > 0
