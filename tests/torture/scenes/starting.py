"""Threads are started: by the main thread, by others, by each other, with and without end."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from threading import Thread

from torture.cast import Cast, started, until_exit


def play(cast: Cast) -> Callable[[], object]:
    """Have threads start threads."""
    if cast.rng.random() < 0.1:
        threading.stack_size(256 * 1024)
    if cast.rng.random() < 0.1:
        threading.setprofile(lambda frame, event, argument: None)
    for act in cast.rng.sample(
        [storm, births, chain, tree, after_the_end], k=cast.rng.randint(0, 3)
    ):
        act(cast)
    burst(cast)
    return lambda: burst(cast)


class Derived(Thread):
    """A thread by inheritance, which is initialized late."""

    def __init__(self, body: Callable[[], object], daemon: bool) -> None:
        self.body = body
        super().__init__(daemon=daemon, name=f"derived {body.__name__}")

    def run(self) -> None:
        """Do what it was made for."""
        self.body()


def nothing() -> None:
    """What a thread does that ends as soon as it has begun."""


def burst(cast: Cast) -> None:
    """The main thread starts many threads in a row, and ends right after the last."""
    bodies = [nothing, until_exit, sys.exit, lambda: started(Thread(target=nothing))]
    for _ in cast.some(1, 20):
        body, daemon = cast.rng.choice(bodies), cast.rng.random() < 0.5
        thread = cast.rng.choice([Derived, make])(body, daemon)
        if not daemon:
            cast.wait_for(thread)
        thread.start()


def make(body: Callable[[], object], daemon: bool) -> Thread:
    """Make a thread of the usual kind."""
    return Thread(target=body, daemon=daemon)


def storm(cast: Cast) -> None:
    """Daemons start daemons for as long as there is a program."""

    def start_threads() -> None:
        while started(Thread(target=nothing, daemon=True)):
            pass

    for _ in cast.some(1, 3):
        cast.daemon(start_threads)


def births(cast: Cast) -> None:
    """Daemons start threads that the exit waits for."""

    def start_threads(number: int) -> None:
        for _ in range(number):
            started(Thread(target=nothing, daemon=False))

    for _ in cast.some(1, 3):
        cast.daemon(start_threads, cast.rng.randint(1, 100))


def chain(cast: Cast) -> None:
    """Each thread starts the next one: the exit waits for the last of them."""
    length = cast.rng.randint(1, 50)
    links: list[int] = []

    def link(number: int) -> None:
        links.append(number)
        if number + 1 < length and not started(Thread(target=link, args=(number + 1,))):
            cast.refused = True

    cast.stay(link, 0)
    cast.expect(lambda: links == list(range(length)))


def tree(cast: Cast) -> None:
    """Each thread starts two: the exit waits for the leaves."""
    depth = cast.rng.randint(1, 5)
    leaves: list[int] = []

    def grow(level: int) -> None:
        if level == depth:
            leaves.append(level)
            return
        for _ in range(2):
            if not started(Thread(target=grow, args=(level + 1,))):
                cast.refused = True

    cast.stay(grow, 0)
    cast.expect(lambda: len(leaves) == 2**depth)


def after_the_end(cast: Cast) -> None:
    """Threads are started, and joined, when the main thread has ended."""
    ran: list[int] = []
    each = cast.rng.randint(1, 10)

    def start_late() -> None:
        until_exit()
        threads = [Thread(target=ran.append, args=(number,)) for number in range(each)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    starters = [cast.stay(start_late) for _ in cast.some(1, 3)]
    cast.expect(lambda: len(ran) == each * len(starters))
