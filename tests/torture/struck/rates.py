"""Rate limits: the tokens that were had and those that are left are as many as there were."""

from __future__ import annotations

import time

from crew import Crew
from ironthread import RateLimit

from torture.struck.scene import MOMENT, Part, Scene
from torture.struck.worker import Account


class Spending(Part):
    """Takes tokens."""

    def __init__(self, seed: int, limit: RateLimit, patient: bool) -> None:
        super().__init__(seed)
        self.limit, self.taken = limit, Account()
        self.timeouts = [0, MOMENT, None] if patient else [0, MOMENT]

    def step(self) -> None:
        self.taken.note_if_true(self.limit.acquire, self.rng.choice(self.timeouts))


class Rates(Scene):
    """A limit whose tokens come back; so slowly, perhaps, that all can be counted."""

    def __init__(self, rate: float, burst: int) -> None:
        self.began = time.monotonic()
        self.limit = RateLimit(rate, burst)

    def part(self, seed: int) -> Part:
        return Spending(seed, self.limit, patient=self.limit.rate > 1)

    def check(self, parts: list[Part]) -> None:
        taken = sum(len(part.taken) for part in parts if isinstance(part, Spending))
        if self.limit.rate > 1:
            with Crew() as crew:
                waiters = [crew.start(self.limit.acquire) for _ in range(3)]
                assert all(waiter.result() for waiter in waiters)
            taken += len(waiters)
        else:
            while self.limit.acquire(0):
                taken += 1
            assert taken >= self.limit.burst, f"{self.limit.burst - taken} tokens are lost"
        most = self.limit.burst + (time.monotonic() - self.began) * self.limit.rate
        assert taken <= most, f"{taken} tokens, of {most}"
