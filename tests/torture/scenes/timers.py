"""Timers are pending, fire and are cancelled."""

from __future__ import annotations

import sys
from collections.abc import Callable
from threading import Event, Timer

from torture.cast import NEVER, Cast, started, until_exit


def play(cast: Cast) -> Callable[[], object]:
    """Have timers pending, firing and cancelled."""
    acts = [
        pending,
        waited_for,
        cancelled_at_the_exit,
        cancelled_as_they_fire,
        one_after_another,
        busy,
    ]
    for act in cast.rng.sample(acts, k=cast.rng.randint(1, 4)):
        act(cast)
    return cast.rng.choice([lambda: start_and_cancel(cast), lambda: fire_and_join(cast)])


def daemon(interval: float, function: Callable[..., object], *arguments: object) -> Timer:
    """A timer that the exit does not wait for."""
    timer = Timer(interval, function, arguments)
    timer.daemon = True
    return timer


def start_and_cancel(cast: Cast) -> None:
    """Start timers and cancel some of them, pending or firing."""
    for _ in cast.some(1, 5):
        timer = daemon(cast.rng.choice([0.0, 1e-4, 1e-3, NEVER]), int)
        timer.start()
        if cast.rng.random() < 0.7:
            timer.cancel()


def fire_and_join(cast: Cast) -> None:
    """Start a timer and wait until it has fired."""
    timer = daemon(cast.rng.random() * 1e-3, int)
    timer.start()
    timer.join()


def pending(cast: Cast) -> None:
    """Daemon timers that will not fire, with threads that join them."""
    for _ in cast.some(1, 60):
        daemon(NEVER, int).start()
    joined = daemon(NEVER, int)
    joined.start()
    for _ in cast.some(0, 3):
        cast.daemon(joined.join, cast.rng.choice([None, NEVER]))


def waited_for(cast: Cast) -> None:
    """Timers that fire before the program has ended: the exit waits for them."""
    fired: list[int] = []
    number = cast.rng.randint(1, 20)
    for each in range(number):
        timer = Timer(cast.rng.random() * 0.02, fired.append, (each,))
        cast.wait_for(timer)
        timer.start()
    cast.expect(lambda: sorted(fired) == list(range(number)))


def cancelled_at_the_exit(cast: Cast) -> None:
    """Timers that the exit would wait for, for very long, were they not cancelled while it does."""
    fired: list[int] = []
    timers = [Timer(NEVER, fired.append, (0,)) for _ in cast.some(1, 20)]
    for timer in timers:
        cast.wait_for(timer)
        timer.start()

    def cancel() -> None:
        until_exit()
        for timer in timers:
            timer.cancel()

    cast.stay(cancel)
    for timer in timers[:3]:
        cast.stay(timer.join)
    cast.expect(lambda: not fired and all(timer.finished.is_set() for timer in timers))


def cancelled_as_they_fire(cast: Cast) -> None:
    """Threads race with timers: each fires once or not at all."""
    fired: list[int] = []
    timers = [Timer(cast.rng.random() * 5e-3, fired.append, (each,)) for each in cast.some(1, 30)]

    def cancel(seed: float) -> None:
        for timer in timers:
            timer.finished.wait(seed * 1e-3)
            timer.cancel()

    for timer in timers:
        cast.wait_for(timer)
        timer.start()
    for _ in cast.some(1, 2):
        cast.either(cancel, cast.rng.random())
    cast.expect(lambda: len(fired) == len(set(fired)))
    cast.expect(lambda: all(timer.finished.is_set() for timer in timers))


def one_after_another(cast: Cast) -> None:
    """A timer's function starts the next timer: the exit waits for the last."""
    fired: list[int] = []
    length = cast.rng.randint(1, 8)

    def fire(number: int) -> None:
        fired.append(number)
        following = Timer(cast.rng.random() * 1e-3, fire, (number + 1,))
        if number + 1 < length and not started(following):
            cast.refused = True

    first = Timer(0.0, fire, (0,))
    first.start()
    cast.expect(lambda: fired == list(range(length)))


def busy(cast: Cast) -> None:
    """Timers whose functions are at work, or blocked, or end their thread."""

    def again() -> None:
        started(daemon(1e-4, again))

    functions: list[Callable[[], object]] = [Event().wait, again]
    for _ in cast.some(1, 5):
        function = cast.rng.choice(functions)
        daemon(cast.rng.random() * 2e-3, function).start()
    for _ in cast.some(1, 5):
        timer = Timer(cast.rng.random() * 2e-3, cast.rng.choice([until_exit, sys.exit]))
        cast.wait_for(timer)
        timer.start()
