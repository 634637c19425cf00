"""Items through a queue from thread to thread: throughput."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from measure.crew import Body, Crew, Play
from measure.operation import Operation
from measure.side import Side

GROUP = "Throughput, an item"
MAXSIZE = 10


def _unbounded(side: Side) -> Any:
    return side.queue.Queue()


def _bounded(side: Side) -> Any:
    return side.queue.Queue(MAXSIZE)


def _simple(side: Side) -> Any:
    return side.queue.SimpleQueue()


def _pipeline(make: Callable[[Side], Any], pairs: int) -> Play:
    """As many producers as consumers over one queue; an operation is one item put and got."""

    def play(side: Side, count: int) -> Sequence[Body]:
        queue = make(side)

        def producer() -> None:
            for item in range(count // pairs):
                queue.put(item)

        def consumer() -> None:
            for _ in range(count // pairs):
                queue.get()

        return [producer] * pairs + [consumer] * pairs

    return play


OPERATIONS: tuple[Operation, ...] = (
    Crew(GROUP, "Queue, 1 to 1", _pipeline(_unbounded, 1)),
    Crew(GROUP, "Queue, 4 to 4", _pipeline(_unbounded, 4), multiple=4),
    Crew(GROUP, "Queue(10), 1 to 1", _pipeline(_bounded, 1)),
    Crew(GROUP, "Queue(10), 4 to 4", _pipeline(_bounded, 4), multiple=4),
    Crew(GROUP, "SimpleQueue, 1 to 1", _pipeline(_simple, 1)),
    Crew(GROUP, "SimpleQueue, 4 to 4", _pipeline(_simple, 4), multiple=4),
)
