"""Two threads in turns over each primitive: the time of a wake-up, there and back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from measure.crew import Body, Crew, Play
from measure.operation import Operation
from measure.side import Side

GROUP = "Ping-pong, there and back"


def _over_queues(make: Callable[[Side], Any]) -> Play:
    def play(side: Side, count: int) -> Sequence[Body]:
        there, back = make(side), make(side)

        def ping() -> None:
            for _ in range(count):
                there.put(None)
                back.get()

        def pong() -> None:
            for _ in range(count):
                there.get()
                back.put(None)

        return [ping, pong]

    return play


def _event(side: Side, count: int) -> Sequence[Body]:
    there, back = side.threading.Event(), side.threading.Event()

    def ping() -> None:
        for _ in range(count):
            there.set()
            back.wait()
            back.clear()

    def pong() -> None:
        for _ in range(count):
            there.wait()
            there.clear()
            back.set()

    return [ping, pong]


def _condition(side: Side, count: int) -> Sequence[Body]:
    condition = side.threading.Condition()
    turn = 0

    def player(own: int) -> Body:
        def body() -> None:
            nonlocal turn
            for _ in range(count):
                with condition:
                    while turn != own:
                        condition.wait()
                    turn = 1 - own
                    condition.notify()

        return body

    return [player(0), player(1)]


def _over_tokens(make: Callable[[Side], Any]) -> Play:
    """Both tokens start taken; each thread releases the one that the other waits for."""

    def play(side: Side, count: int) -> Sequence[Body]:
        there, back = make(side), make(side)
        there.acquire()
        back.acquire()

        def ping() -> None:
            for _ in range(count):
                there.release()
                back.acquire()

        def pong() -> None:
            for _ in range(count):
                there.acquire()
                back.release()

        return [ping, pong]

    return play


OPERATIONS: tuple[Operation, ...] = (
    Crew(GROUP, "Queue", _over_queues(lambda side: side.queue.Queue())),
    Crew(GROUP, "SimpleQueue", _over_queues(lambda side: side.queue.SimpleQueue())),
    Crew(GROUP, "Event", _event),
    Crew(GROUP, "Condition", _condition),
    Crew(GROUP, "Lock", _over_tokens(lambda side: side.threading.Lock())),
    Crew(GROUP, "Semaphore", _over_tokens(lambda side: side.threading.Semaphore())),
)
