"""Moving items through a queue with many threads, and seeing that each arrives once and in order."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from crew import Crew, until

Item = tuple[int, int]
"""The number of the item, counted by its producer, and the number of the producer."""

END = 1 << 60
"""The number of what ends a consumer: after all others, also for a queue that sorts."""


def put_all(queue: Any, producer: int, count: int) -> None:
    for number in range(count):
        queue.put((number, producer))


def put_impatiently(queue: Any, producer: int, count: int, full: type[Exception]) -> None:
    """Put with time limits around the time that a put takes."""
    rng = random.Random(producer)
    for number in range(count):
        while True:
            try:
                if rng.random() < 0.3:
                    queue.put_nowait((number, producer))
                else:
                    queue.put((number, producer), timeout=rng.random() * 2e-4)
                break
            except full:
                pass


def get_all(queue: Any) -> list[Item]:
    received: list[Item] = []
    while True:
        item = queue.get()
        if item[0] == END:
            return received
        received.append(item)


def get_impatiently(queue: Any, seed: int, empty: type[Exception]) -> list[Item]:
    """Get with time limits around the time that a get takes."""
    rng = random.Random(seed)
    received: list[Item] = []
    while True:
        try:
            item = (
                queue.get_nowait() if rng.random() < 0.3 else queue.get(timeout=rng.random() * 2e-4)
            )
        except empty:
            continue
        if item[0] == END:
            return received
        received.append(item)


class Interrupted(Exception):
    """Raised by a signal handler in the middle of a wait."""


@dataclass
class Trigger:
    """Whether a signal handler may raise."""

    armed: bool = False

    def pull(self) -> None:
        """Raise, once, if armed."""
        if self.armed:
            self.armed = False
            raise Interrupted


def get_interrupted(queue: Any, trigger: Trigger) -> list[Item]:
    """Get in the main thread, whose signal handler pulls the trigger.

    `extend(map(...))` runs no bytecode between the return of `get` and the noting of the item, so the
    handler cannot come between them.
    """
    received: list[Item] = []
    while not received or received[-1][0] != END:
        try:
            trigger.armed = True
            received.extend(map(queue.get, repeat(True, 1)))
            trigger.armed = False
        except Interrupted:
            pass
    return received[:-1]


def transfer(
    queue: Any,
    count: int,
    *,
    producers: int = 4,
    consumers: int = 4,
    put: Callable[[Any, int, int], None] = put_all,
    get: Callable[[Any], list[Item]] = get_all,
    here: Callable[[Any], list[Item]] | None = None,
    in_order: bool = True,
    limit: float = 60.0,
) -> None:
    """Move `count` items; `here` is what the calling thread does as one more consumer."""
    share = count // producers
    with Crew(limit) as crew:
        takers = [crew.start(get, queue) for _ in range(consumers)]
        givers = [crew.start(put, queue, producer, share) for producer in range(producers)]

        def finish() -> None:
            for giver in givers:
                giver.result(limit)
            # A stack would give the end to a consumer with items left below.
            until(queue.empty, limit)
            for number in range(consumers + (here is not None)):
                queue.put((END, number))

        finisher = crew.start(finish)
        received = [here(queue)] if here is not None else []
        finisher.result(limit)
        received += [taker.result(limit) for taker in takers]
    check(received, producers, share, in_order)
    assert queue.qsize() == 0
    assert queue.empty()


def check(received: list[list[Item]], producers: int, share: int, in_order: bool) -> None:
    """See that what the consumers received is what the producers put."""
    everything = Counter(item for items in received for item in items)
    doubled = [item for item, times in everything.items() if times > 1]
    assert not doubled, f"received more than once: {doubled[:5]}"
    lost = {(number, who) for who in range(producers) for number in range(share)} - set(everything)
    assert not lost, f"{len(lost)} items lost: {sorted(lost)[:5]}"
    assert len(everything) == producers * share
    if in_order:
        for items in received:
            for producer in range(producers):
                numbers = [number for number, who in items if who == producer]
                assert numbers == sorted(numbers), f"out of order: items of producer {producer}"
