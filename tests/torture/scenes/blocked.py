"""Threads are blocked in every kind of wait: daemons for ever, others until the exit has begun."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread

from waits import TIMED, WAITS, Wait

from torture.cast import NEVER, Cast, end_wait, until_exit

# An interrupt may come before a lock that is written in Python is taken back at the end of a wait.
INTERRUPTIBLE = [
    name for name in TIMED if name not in ("ConditionOverPythonRLock", "ConditionOverMinimalLock")
]


def play(cast: Cast) -> Callable[[], object]:
    """Have threads wait."""
    names = sorted(WAITS)
    for name in cast.rng.sample(names, k=cast.rng.randint(1, 15)):
        limit = cast.rng.choice([None, NEVER]) if name in TIMED else None
        cast.daemon(WAITS[name]().wait, limit)
    for name in cast.rng.sample(TIMED, k=cast.rng.randint(0, 4)):
        cast.daemon(wait_again_and_again, WAITS[name](), cast.rng.random() * 1e-3)
    for name in cast.rng.sample(names, k=cast.rng.randint(0, 5)):
        wait = WAITS[name]()
        cast.stay(end_after, wait, cast.stay(wait.wait))
    return cast.rng.choice([lambda: for_ever(cast), lambda: for_a_moment(cast)])


def wait_again_and_again(wait: Wait, limit: float) -> None:
    """Wait, and give up, without end."""
    while True:
        wait.wait(limit)


def end_after(wait: Wait, waiter: Thread) -> None:
    """End the wait when the main thread has ended."""
    until_exit()
    end_wait(wait, waiter)


def for_ever(cast: Cast) -> None:
    """Block the main thread."""
    name = cast.rng.choice(sorted({*WAITS} - {*TIMED} | {*INTERRUPTIBLE}))
    WAITS[name]().wait(NEVER if name in TIMED and cast.rng.random() < 0.5 else None)


def for_a_moment(cast: Cast) -> None:
    """Go through a short wait of some kind."""
    WAITS[cast.rng.choice(INTERRUPTIBLE)]().wait(cast.rng.random() * 2e-3)
