"""Locks, semaphores, conditions, events and barriers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from crew import Crew
from ironthread import threading

from torture.struck.scene import MOMENT, Part, Scene
from torture.struck.worker import Account


class Holding(Part):
    """Takes a lock and gives it back."""

    def __init__(self, seed: int, lock: Any) -> None:
        super().__init__(seed)
        self.lock, self.acquired, self.released = lock, Account(), Account()

    def is_holding(self) -> bool:
        return len(self.acquired) > len(self.released)

    def step(self) -> None:
        if self.is_holding() and self.rng.random() < 0.7:
            self.released.note(self.lock.release)
        elif not self.is_holding():
            limit = self.rng.choice([(), (True, MOMENT), (False,)])
            self.acquired.note_if_true(self.lock.acquire, *limit)

    def finish(self) -> None:
        while self.is_holding():
            self.released.note(self.lock.release)


class Locks(Scene):
    """A lock of any kind that lets `value` in."""

    def __init__(self, make: Callable[[], Any], value: int = 1) -> None:
        self.lock, self.value = make(), value

    def part(self, seed: int) -> Part:
        return Holding(seed, self.lock)

    def check(self, parts: list[Part]) -> None:
        def take() -> list[bool]:
            return [self.lock.acquire(False) for _ in range(self.value + 1)]

        taken = take()
        assert taken[: self.value] == [True] * self.value, f"{self.lock} is not free"
        # The one who holds a reentrant lock may come in again; others may not.
        with Crew() as crew:
            assert not any(crew.start(take).result()), f"{self.lock} lets too many in"


class Waiting(Holding):
    """Waits for a condition, and notifies it."""

    def step(self) -> None:
        if not self.is_holding():
            super().step()
            return
        do = self.rng.choice(["wait", "wait", "wait for", "notify", "notify all", "release"])
        if do == "wait":
            self.lock.wait(MOMENT)
        elif do == "wait for":
            self.lock.wait_for(lambda: False, MOMENT)
        elif do == "notify":
            self.lock.notify()
        elif do == "notify all":
            self.lock.notify_all()
        else:
            self.released.note(self.lock.release)


class Conditions(Locks):
    """A condition."""

    def part(self, seed: int) -> Part:
        return Waiting(seed, self.lock)

    def check(self, parts: list[Part]) -> None:
        assert repr(self.lock).endswith(", 0)>"), f"{self.lock} has waiters"
        super().check(parts)


class Flagging(Part):
    """Sets an event, clears it, waits for it."""

    def __init__(self, seed: int, event: Any) -> None:
        super().__init__(seed)
        self.calls = [event.set, event.clear, event.is_set, lambda: event.wait(MOMENT)]

    def step(self) -> None:
        self.rng.choice(self.calls)()


class Events(Scene):
    """An event."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def part(self, seed: int) -> Part:
        return Flagging(seed, self.event)

    def check(self, parts: list[Part]) -> None:
        self.event.clear()
        assert not self.event.wait(MOMENT)
        with Crew() as crew:
            waiters = [crew.start(self.event.wait).until_asleep() for _ in range(3)]
            self.event.set()
            assert all(waiter.result() for waiter in waiters)


class Meeting(Part):
    """Meets the others, or breaks the barrier and mends it."""

    def __init__(self, seed: int, barrier: Any) -> None:
        super().__init__(seed)
        self.barrier = barrier

    def step(self) -> None:
        try:
            self.barrier.wait(MOMENT * self.rng.randrange(1, 10))
        except threading.BrokenBarrierError:
            self.barrier.reset()


class Barriers(Scene):
    """A barrier of two, met by three."""

    def __init__(self) -> None:
        self.barrier = threading.Barrier(2, lambda: None)

    def part(self, seed: int) -> Part:
        return Meeting(seed, self.barrier)

    def check(self, parts: list[Part]) -> None:
        self.barrier.reset()
        assert (self.barrier.n_waiting, self.barrier.broken) == (0, False)
        with Crew() as crew:
            members = [crew.start(self.barrier.wait) for _ in range(2)]
            assert sorted(member.result() for member in members) == [0, 1]
