"""Thread pools: idle, busy, with work in their queues, handed work while the program ends."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from itertools import repeat
from threading import Barrier, Event, Lock, _register_atexit  # type: ignore[attr-defined]
from typing import Any

import ironthread

from torture.cast import Cast, submit

# Plain Python has none.
_Stealing: Any = getattr(ironthread, "WorkStealingExecutor", None)
_Bounding: Any = getattr(ironthread, "ThreadPoolExecutor", None)

# Pools are waited for while the main thread still counts as alive: it cannot tell them of the exit.
exit_begun = Event()
_register_atexit(exit_begun.set)


def play(cast: Cast) -> Callable[[], object]:
    """Have pools in every state."""
    acts = [idle, working, submitting, shut_down, waited_for, forgotten, growing, passing]
    if _Stealing:
        acts += [dividing, held_back, slowed_down]
    for act in cast.rng.sample(acts, k=cast.rng.randint(1, 4)):
        act(cast)
    # All its workers exist: an interrupted start of one leaves a worker behind that the exit does not
    # know and waits for in vain, in the standard library.
    pool = ThreadPoolExecutor(2, initializer=Barrier(2).wait)
    wait([pool.submit(int) for _ in range(2)])
    return cast.rng.choice(
        [lambda: pool.submit(int).result(), lambda: list(pool.map(int, range(20)))]
    )


def make(cast: Cast) -> ThreadPoolExecutor:
    """Make a pool of a kind and size that the seed chooses."""
    kind: type[ThreadPoolExecutor] = cast.rng.choice(
        [ThreadPoolExecutor, _Stealing or ThreadPoolExecutor]
    )
    return kind(cast.rng.randint(1, 6))


def all_done(cast: Cast, futures: list[Future[object]]) -> None:
    """What a pool has accepted is done when the exit functions run."""
    cast.expect(lambda: all(future.done() for future in futures))


def idle(cast: Cast) -> None:
    """Workers with nothing to do."""
    pool = make(cast)
    wait([pool.submit(int) for _ in cast.some(1, 10)])


def working(cast: Cast) -> None:
    """Workers at work until the exit has begun, with more work in the queue."""
    pool = make(cast)
    bodies: list[Callable[[], object]] = [exit_begun.wait, int, lambda: sum(range(2000))]
    all_done(cast, [pool.submit(cast.rng.choice(bodies)) for _ in cast.some(1, 30)])


def submitting(cast: Cast) -> None:
    """Threads hand work to a pool for as long as it takes some."""
    pool = make(cast)
    accepted: list[Future[object]] = []
    turn = Lock()

    def hand_over() -> None:
        # What is accepted is noted, or the thread is not there any more to see.
        while True:
            with turn:
                future = submit(pool, int)
                if future is None:
                    return
                accepted.append(future)

    for _ in cast.some(1, 3):
        cast.either(hand_over)
    all_done(cast, accepted)


def shut_down(cast: Cast) -> None:
    """Pools that are shut down and not waited for, with and without their pending work."""
    for _ in cast.some(1, 3):
        pool = make(cast)
        futures: list[Future[object]] = [pool.submit(exit_begun.wait) for _ in cast.some(1, 10)]
        pool.shutdown(wait=False, cancel_futures=cast.rng.random() < 0.5)
        all_done(cast, futures)


def waited_for(cast: Cast) -> None:
    """Threads wait for what comes of the work: some of it comes at the exit, some never."""
    pool = make(cast)
    late, never = pool.submit(exit_begun.wait), Future[object]()
    for _ in cast.some(1, 3):
        cast.either(late.result)
        cast.daemon(never.result)
        cast.daemon(wait, [late, never])


def forgotten(cast: Cast) -> None:
    """Pools that nobody holds on to: their workers go by themselves."""
    for _ in cast.some(1, 5):
        make(cast).submit(int)


def growing(cast: Cast) -> None:
    """Work that makes work, and callbacks that do, until no more is accepted."""
    pool = make(cast)

    def work() -> None:
        future = submit(pool, work)
        if future is not None and cast.rng.random() < 0.2:
            future.add_done_callback(lambda _: submit(pool, int))

    for _ in cast.some(1, 3):
        pool.submit(work)


def held_back(cast: Cast) -> None:
    """Threads hand more work to a pool than it takes; some of it is to begin soon or never."""
    pool = _Bounding(cast.rng.randint(1, 3), max_queue=cast.rng.randint(1, 3))
    accepted: list[Future[object]] = [pool.submit(exit_begun.wait)]
    bodies: list[Callable[[], object]] = [int, int, exit_begun.wait]

    def hand_over(rng: random.Random) -> None:
        while True:
            view = pool.options(priority=rng.randrange(3), deadline=rng.choice([None, 0.0, 1e-3]))
            future = submit(view, rng.choice(bodies))
            if future is None:
                return
            if rng.random() < 0.1:
                future.cancel()

    for _ in cast.some(1, 4):
        cast.either(hand_over, cast.branch())
    all_done(cast, accepted)


def slowed_down(cast: Cast) -> None:
    """Work that waits for the rate at which it may begin, and threads that wait for the same."""
    limit = ironthread.RateLimit(2000, burst=cast.rng.randint(1, 3))
    pools = [_Bounding(2, rate_limit=limit) for _ in cast.some(1, 2)]
    for pool in pools:
        all_done(cast, [pool.submit(int) for _ in cast.some(1, 40)])
    for _ in cast.some(0, 2):
        cast.daemon(lambda: all(limit.acquire() for _ in repeat(None)))


def dividing(cast: Cast) -> None:
    """Work that divides itself and waits for its parts, until no more is accepted."""
    pool = _Stealing(cast.rng.randint(1, 4))

    def work(depth: int) -> None:
        parts = [submit(pool, partial(work, depth - 1)) for _ in range(2 if depth else 0)]
        wait(filter(None, parts))

    all_done(cast, [pool.submit(work, 8) for _ in cast.some(1, 5)])


def passing(cast: Cast) -> None:
    """Pools that are made, used and shut down all the time."""

    def use() -> None:
        while True:
            with ThreadPoolExecutor(2) as pool:
                for _ in range(5):
                    if submit(pool, int) is None:
                        return

    for _ in cast.some(1, 2):
        cast.either(use)
