"""Timers are pending, about to fire, at work."""

from __future__ import annotations

import os
from threading import Timer

from torture.cast import NEVER
from torture.crowd import Crowd


def gather(crowd: Crowd) -> None:
    """Have timers in every state."""
    fired: list[int] = []
    kinds = [
        (NEVER, fired_here),
        (0.0, fired_here),
        (2e-3, fired_here),
        (0.0, lambda _: crowd.over.wait()),
    ]
    timers = []
    for interval, function in crowd.rng.choices(kinds, k=crowd.rng.randint(1, 30)):
        timer = Timer(interval, function, (fired,))
        timer.daemon = True
        timers.append(timer)
        timer.start()
    for timer in crowd.rng.sample(timers, k=min(3, len(timers))):
        crowd.start(timer.join)
    cancel_some(crowd)
    crowd.legacies.append(lambda: use_inherited(fired))
    for timer in timers:
        crowd.at_the_end(timer.cancel)
    crowd.threads += timers


def fired_here(fired: list[int]) -> None:
    """Note which process a timer fired in."""
    fired.append(os.getpid())


def cancel_some(crowd: Crowd) -> None:
    """Have a thread start timers and cancel them."""

    def step() -> None:
        timer = Timer(NEVER, int)
        timer.start()
        timer.cancel()

    if crowd.rng.random() < 0.5:
        crowd.again_and_again(step)


def use_inherited(fired: list[int]) -> None:
    """The parent's timers never fire in the child."""
    # One more, of the child's own, that fires after those that would.
    late = Timer(5e-3, int)
    late.start()
    late.join()
    assert os.getpid() not in fired
