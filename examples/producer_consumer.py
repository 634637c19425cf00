"""Hand items from producers to consumers through a bounded buffer, made in two ways.

* `ConditionBuffer` is the classic: one lock, and two `Condition`s on it, one for "not full" and
  one for "not empty". A wait stands in a loop: when it returns, another thread may have been
  faster.
* `QueueBuffer` is a `queue.Queue`, which has all of that inside.

The same producers and consumers run over both. Every item must arrive exactly once, and a
consumer must get the items of any one producer in the order they were made.

    python examples/producer_consumer.py
    ironthread run examples/producer_consumer.py
"""

from __future__ import annotations

import queue
import sys
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

PRODUCERS = 4
CONSUMERS = 4
ITEMS = 5000  # of each producer
CAPACITY = 16


@dataclass(frozen=True)
class Item:
    """One of the items of a producer."""

    producer: int
    number: int


class Buffer(Protocol):
    """What producers and consumers need; None tells a consumer to end."""

    def put(self, item: Item | None) -> None:
        """Add an item, waiting for room."""

    def get(self) -> Item | None:
        """Remove the oldest item, waiting for one."""


class ConditionBuffer:
    """A bounded buffer made of one lock and two conditions."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.most = 0
        self._items: deque[Item | None] = deque()
        self._lock = threading.Lock()
        self._not_full = threading.Condition(self._lock)
        self._not_empty = threading.Condition(self._lock)

    def put(self, item: Item | None) -> None:
        """Add an item, waiting for room."""
        with self._not_full:
            while len(self._items) == self.capacity:
                self._not_full.wait()
            self._items.append(item)
            self.most = max(self.most, len(self._items))
            self._not_empty.notify()

    def get(self) -> Item | None:
        """Remove the oldest item, waiting for one."""
        with self._not_empty:
            self._not_empty.wait_for(lambda: self._items)
            item = self._items.popleft()
            self._not_full.notify()
            return item


class QueueBuffer:
    """The same, on the queue of the standard library."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.most = 0
        self._queue: queue.Queue[Item | None] = queue.Queue(capacity)
        self._most_lock = threading.Lock()

    def put(self, item: Item | None) -> None:
        """Add an item, waiting for room."""
        self._queue.put(item)
        with self._most_lock:
            self.most = max(self.most, self._queue.qsize())

    def get(self) -> Item | None:
        """Remove the oldest item, waiting for one."""
        return self._queue.get()


def produce(buffer: Buffer, producer: int) -> None:
    """Put all items of one producer."""
    for number in range(ITEMS):
        buffer.put(Item(producer, number))


def consume(buffer: Buffer) -> list[Item]:
    """Get items up to the sentinel."""
    items = []
    while (item := buffer.get()) is not None:
        items.append(item)
    return items


def run(buffer: Buffer) -> list[list[Item]]:
    """Move everything through the buffer; return what each consumer got."""
    with ThreadPoolExecutor(PRODUCERS + CONSUMERS, thread_name_prefix="buffer") as pool:
        consumers = [pool.submit(consume, buffer) for _ in range(CONSUMERS)]
        producers = [pool.submit(produce, buffer, number) for number in range(PRODUCERS)]
        for future in producers:
            future.result()
        for _ in consumers:
            buffer.put(None)
        return [future.result() for future in consumers]


def in_order(items: list[Item]) -> bool:
    """Tell whether the numbers of each producer rise."""
    last = [-1] * PRODUCERS
    for item in items:
        if item.number <= last[item.producer]:
            return False
        last[item.producer] = item.number
    return True


def verify(buffer: ConditionBuffer | QueueBuffer, received: list[list[Item]]) -> list[str]:
    """Return the claims that do not hold."""
    items = [item for part in received for item in part]
    sent = {Item(producer, number) for producer in range(PRODUCERS) for number in range(ITEMS)}
    name = type(buffer).__name__
    claims = {
        f"{name}: every item arrives": set(items) == sent,
        f"{name}: {len(sent)} items arrive ({len(items)})": len(items) == len(sent),
        f"{name}: each producer's items arrive in order": all(map(in_order, received)),
        f"{name}: at most {CAPACITY} items wait ({buffer.most})": 0 < buffer.most <= CAPACITY,
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    problems = []
    for buffer in (ConditionBuffer(CAPACITY), QueueBuffer(CAPACITY)):
        began = time.perf_counter()
        received = run(buffer)
        seconds = time.perf_counter() - began
        shares = ", ".join(str(len(part)) for part in received)
        print(f"{type(buffer).__name__:15} {PRODUCERS * ITEMS} items in {seconds:.2f} s ({shares})")
        problems += verify(buffer, received)
    for problem in problems:
        print(f"producer_consumer: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print("producer_consumer: OK, each item exactly once and in order, through both buffers")
    return 0


if __name__ == "__main__":
    sys.exit(main())
