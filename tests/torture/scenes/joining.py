"""Threads are joined: one by many, many by one, in chains, with time limits, at the moment they end."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Semaphore, Thread

from torture.cast import NEVER, Cast, started, until_exit


def play(cast: Cast) -> Callable[[], object]:
    """Have threads join threads."""
    acts = [chain, crowd, of_the_ending, impatient, of_main]
    for act in cast.rng.sample(acts, k=cast.rng.randint(1, len(acts))):
        act(cast)
    forever = cast.daemon(Event().wait)
    return cast.rng.choice(
        [lambda: start_and_join(3), lambda: forever.join(0.001), lambda: forever.join(NEVER)]
    )


def start_and_join(number: int) -> None:
    """Start threads that end at once, and join them."""
    threads = [Thread(target=int, daemon=True) for _ in range(number)]
    for thread in threads:
        if started(thread):
            thread.join()


def chain(cast: Cast) -> None:
    """Each thread joins the one before it; the first waits for the exit, or for ever."""
    stays = cast.rng.random() < 0.5
    thread = cast.stay(until_exit) if stays else cast.daemon(Event().wait)
    for _ in cast.some(1, 10):
        start = cast.stay if stays else cast.daemon
        thread = start(thread.join, cast.rng.choice([None, NEVER]))


def crowd(cast: Cast) -> None:
    """Many join one."""
    target = cast.stay(until_exit) if cast.rng.random() < 0.5 else cast.daemon(Event().wait)
    for _ in cast.some(1, 10):
        cast.daemon(target.join, cast.rng.choice([None, NEVER]))
    for _ in cast.some(1, 10):
        cast.either(target.join, cast.rng.random() * 0.01)


def of_the_ending(cast: Cast) -> None:
    """Threads are joined by several at the moment they end."""

    def join_many() -> None:
        while True:
            thread = Thread(target=int, daemon=True)
            if not started(thread):
                return
            others = [Thread(target=thread.join, daemon=True) for _ in range(2)]
            for other in others:
                started(other)
            thread.join()

    for _ in cast.some(1, 2):
        cast.daemon(join_many)


def impatient(cast: Cast) -> None:
    """Joins that give up, again and again, until the thread has ended."""
    target = cast.stay(until_exit)

    def look(limit: float) -> None:
        while target.is_alive():
            target.join(limit)

    for _ in cast.some(1, 4):
        cast.either(look, cast.rng.random() * 1e-3)


def of_main(cast: Cast) -> None:
    """The main thread is joined, and those that join it are joined."""
    joined: list[int] = []
    begun = Semaphore(0)

    def join(depth: int) -> None:
        begun.release()
        if depth:
            inner = Thread(target=join, args=(depth - 1,))
            if started(inner):
                inner.join()
        until_exit()
        joined.append(depth)

    depths = [cast.rng.randint(0, 4) for _ in cast.some(1, 3)]
    for depth in depths:
        cast.stay(join, depth)
    for _ in range(sum(depth + 1 for depth in depths)):
        begun.acquire()  # all have begun before the main thread ends: 3.12 starts none afterwards
    cast.expect(lambda: len(joined) == sum(depth + 1 for depth in depths))
