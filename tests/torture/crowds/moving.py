"""Threads start, end, pass locks and items to each other, and set timers, all the time."""

from __future__ import annotations

from collections.abc import Callable
from queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
from threading import (
    Barrier,
    BrokenBarrierError,
    Condition,
    Event,
    Lock,
    RLock,
    Semaphore,
    Thread,
    Timer,
)
from typing import Any

from torture.crowd import Crowd, go_on

LOCKS: list[Callable[[], Any]] = [Lock, RLock, Semaphore, Condition, lambda: Queue[int]().mutex]
QUEUES: list[Callable[[], Any]] = [Queue, LifoQueue, PriorityQueue, SimpleQueue, lambda: Queue(2)]


def gather(crowd: Crowd) -> None:
    """Have threads move."""
    moves = [threads, families, locks, queues, conditions, events, barriers, timers]
    for move in crowd.rng.sample(moves, k=crowd.rng.randint(1, 4)):
        for _ in crowd.some(1, 2):
            move(crowd)


def threads(crowd: Crowd) -> None:
    """Threads come and go."""

    def step() -> None:
        thread = Thread(target=int, daemon=True)
        thread.start()
        thread.join()

    crowd.again_and_again(step)


def families(crowd: Crowd) -> None:
    """Threads start threads, and end before those do."""
    crowd.again_and_again(lambda: Thread(target=go_on, args=(Thread(target=int).start,)).start())


def locks(crowd: Crowd) -> None:
    """A lock that several threads want."""
    lock = crowd.rng.choice(LOCKS)()

    def step() -> None:
        with lock:
            pass

    for _ in range(2):
        crowd.again_and_again(step)


def queues(crowd: Crowd) -> None:
    """A queue with two ends."""
    queue = crowd.rng.choice(QUEUES)()

    def step() -> None:
        queue.put(1)
        queue.get()

    for _ in range(2):
        crowd.again_and_again(step)


def conditions(crowd: Crowd) -> None:
    """Notifications, and waits that give up."""
    condition = crowd.rng.choice([Condition, lambda: Condition(Lock())])()

    def step() -> None:
        with condition:
            condition.notify()
            condition.wait(0.001)

    for _ in range(2):
        crowd.again_and_again(step)


def events(crowd: Crowd) -> None:
    """An event that is set and cleared."""
    event = Event()
    crowd.again_and_again(event.set)
    crowd.again_and_again(event.clear)
    crowd.again_and_again(lambda: event.wait(0.001))


def barriers(crowd: Crowd) -> None:
    """Parties that meet."""
    barrier = Barrier(2)

    def step() -> None:
        try:
            barrier.wait(0.5)
        except BrokenBarrierError:
            barrier.reset()

    for _ in range(2):
        crowd.again_and_again(step)


def timers(crowd: Crowd) -> None:
    """Timers that fire or are cancelled."""
    rng = crowd.rng

    def step() -> None:
        timer = Timer(rng.choice([0.0, 1e-3, 60.0]), int)
        timer.start()
        timer.cancel()
        timer.join()

    crowd.again_and_again(step)
