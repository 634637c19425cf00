"""Queues of each kind, bounded ones among them, with producers and consumers."""

from __future__ import annotations

import queue
from time import monotonic

from tally import Counts, Crew, made

Any = queue.Queue[bool] | queue.SimpleQueue[bool]


class Queues:
    """They outlive a round, at whose end each is empty."""

    def __init__(self, counts: Counts) -> None:
        self._queues: dict[str, Any] = {
            "bounded": made("queues bounded", queue.Queue(8), counts),
            "stack": made("queues stack", queue.LifoQueue(8), counts),
            "priority": made("queues priority", queue.PriorityQueue(8), counts),
            "simple": made("queues simple", queue.SimpleQueue(), counts),
        }

    def start(self, crew: Crew, until: float) -> None:
        """Start threads that go on until that time of the monotonic clock."""
        for name, each in self._queues.items():
            _start(crew, until, name, each)


def _start(crew: Crew, until: float, name: str, queue_: Any) -> None:
    def produce(own: Counts) -> None:
        while monotonic() < until:
            queue_.put(True)
            own[f"queues {name} puts"] += 1

    def consume(own: Counts) -> None:
        while True:
            over = not any(producer.is_alive() for producer in producers)
            try:
                queue_.get(timeout=0.01)
            except queue.Empty:
                if over:
                    return
                continue
            own[f"queues {name} gets"] += 1
            if isinstance(queue_, queue.Queue):
                queue_.task_done()

    def see_it_done(own: Counts) -> None:
        for producer in producers:
            producer.join()
        if isinstance(queue_, queue.Queue):
            queue_.join()

    producers = crew.start(produce, 2)
    crew.start(consume, 2)
    crew.start(see_it_done)
