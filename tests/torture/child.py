"""What a forked, or spawned, process does: uses fresh things of every kind, and ends."""

from __future__ import annotations

import logging
import random
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
from threading import Event, Thread, Timer

from waits import WAITS

from torture import classes
from torture.cast import NEVER, end_for_good
from torture.crowd import Crowd


def inherit(crowd: Crowd, way: str) -> None:
    """See that what the process inherited is whole."""
    alone()
    # From 3.13 on a thread is freed once. Who was about to do that in the parent is not here, and the
    # standard library's threads wait for that, for ever: some runs in a thousand of 3.15.2's hang.
    if way != classes.PLAIN or sys.version_info < (3, 13):
        ended(crowd)
    for legacy in crowd.legacies:
        legacy()


def live(rng: random.Random) -> None:
    """See that the process is whole with what it makes."""
    acts: list[Callable[[random.Random], object]] = [waits, threads, timers, pool, traffic, logs]
    for act in rng.sample(acts, k=rng.randint(1, 4)):
        act(rng)


def alone() -> None:
    """There is one thread, and it is the main one."""
    current = threading.current_thread()
    assert threading.enumerate() == [current], threading.enumerate()
    assert threading.active_count() == 1
    assert threading.main_thread() is current
    assert current.is_alive()
    assert current.ident == threading.get_ident()


def ended(crowd: Crowd) -> None:
    """The parent's threads are over."""
    for thread in crowd.threads:
        if thread is not threading.current_thread():
            assert not thread.is_alive(), f"{thread} is alive"
            thread.join()


def waits(rng: random.Random) -> None:
    """Wait, in a new thread, and end the wait."""
    for name in rng.sample(sorted(WAITS), k=rng.randint(1, 6)):
        wait = WAITS[name]()
        waiter = Thread(target=wait.wait)
        waiter.start()
        end_for_good(wait, waiter)


def threads(rng: random.Random) -> None:
    """Start threads and join them; leave one behind that waits for ever."""
    ran: list[int] = []
    started = [Thread(target=ran.append, args=(number,)) for number in range(rng.randint(1, 10))]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    assert sorted(ran) == list(range(len(started)))
    assert not any(thread.is_alive() for thread in started)


def timers(rng: random.Random) -> None:
    """Have a timer fire and another one cancelled."""
    fired = Event()
    timer, cancelled = Timer(rng.random() * 2e-3, fired.set), Timer(NEVER, int)
    timer.start()
    cancelled.start()
    assert fired.wait(NEVER)
    cancelled.cancel()
    for each in (timer, cancelled):
        each.join()


def pool(rng: random.Random) -> None:
    """Give work to a pool."""
    with ThreadPoolExecutor(rng.randint(1, 4)) as workers:
        assert list(workers.map(abs, range(20))) == list(range(20))


def traffic(rng: random.Random) -> None:
    """Send items through a queue."""
    queue = rng.choice([Queue[int], LifoQueue[int], PriorityQueue[int], SimpleQueue[int]])()
    sender = Thread(target=lambda: [queue.put(number) for number in range(100)])
    sender.start()
    assert sorted(queue.get() for _ in range(100)) == list(range(100))
    sender.join()


def logs(rng: random.Random) -> None:
    """Log, which takes locks that every process has."""
    logger = logging.getLogger(f"child {rng.random()}")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    logger.error("a line")
