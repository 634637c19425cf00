"""Thread pools are idle, busy, and given work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from threading import Event

from torture.cast import submit
from torture.crowd import Crowd


def gather(crowd: Crowd) -> None:
    """Have pools in every state."""
    for act in crowd.rng.sample([idle, working, submitting, passing], k=crowd.rng.randint(1, 4)):
        act(crowd)


def idle(crowd: Crowd) -> None:
    """Workers with nothing to do."""
    pool = ThreadPoolExecutor(3)
    wait([pool.submit(int) for _ in range(5)])
    crowd.at_the_end(pool.shutdown)


def working(crowd: Crowd) -> None:
    """Workers that are at work, with more work in the queue."""
    pool, begun = ThreadPoolExecutor(2), Event()
    pool.submit(begun.set)
    for _ in range(5):
        pool.submit(crowd.over.wait)
    begun.wait()
    crowd.at_the_end(pool.shutdown)


def submitting(crowd: Crowd) -> None:
    """Work that comes and goes."""
    pool = ThreadPoolExecutor(2)
    crowd.at_the_end(pool.shutdown)
    for _ in crowd.some(1, 2):
        crowd.again_and_again(lambda: wait(filter(None, [submit(pool, int)])))


def passing(crowd: Crowd) -> None:
    """Pools that come and go."""

    def step() -> None:
        with ThreadPoolExecutor(2) as pool:
            submit(pool, int)

    crowd.again_and_again(step)
