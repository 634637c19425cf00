"""`python -m torture.struck HOW HITS SCENE...`: strike the threads of each scene until so many strikes have hit."""

from __future__ import annotations

import ctypes
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType

from crew import Crew
from ironthread import WorkStealingExecutor, aio, futures, queue, threading
from waits import opened

from torture.struck.begun import Starts, Timers
from torture.struck.locks import Barriers, Conditions, Events, Locks
from torture.struck.loops import Awaits, Crossings
from torture.struck.outcomes import Ends, Futures, Joins, Pools
from torture.struck.queues import Queues, Tasks
from torture.struck.rates import Rates
from torture.struck.scene import Part, Scene
from torture.struck.worker import Strike, Worker

SCENES: dict[str, Callable[[], Scene]] = {
    "Lock": partial(Locks, threading.Lock),
    "RLock": partial(Locks, threading.RLock),
    "Semaphore": partial(Locks, partial(threading.Semaphore, 2), 2),
    "BoundedSemaphore": partial(Locks, partial(threading.BoundedSemaphore, 2), 2),
    "Condition": partial(Conditions, threading.Condition),
    "Condition over Lock": partial(Conditions, lambda: threading.Condition(threading.Lock())),
    "Event": Events,
    "Barrier": Barriers,
    "Queue": partial(Queues, partial(queue.Queue, 3)),
    "LifoQueue": partial(Queues, partial(queue.LifoQueue, 3)),
    "PriorityQueue": partial(Queues, partial(queue.PriorityQueue, 3)),
    "open Queue": partial(Queues, lambda: opened(queue.Queue(3))),
    "open PriorityQueue": partial(Queues, lambda: opened(queue.PriorityQueue(3))),
    "SimpleQueue": partial(Queues, queue.SimpleQueue, False),
    "Queue.join": partial(Tasks, queue.Queue),
    "open Queue.join": partial(Tasks, lambda: opened(queue.Queue())),
    "aio.Queue": partial(Crossings, aio.Queue, 2),
    "aio.Queue without limit": partial(Crossings, aio.Queue, 0),
    "aio.LifoQueue": partial(Crossings, aio.LifoQueue, 2),
    "aio.PriorityQueue": partial(Crossings, aio.PriorityQueue, 2),
    "open aio.Queue": partial(Crossings, aio.Queue, 2, opened),
    "await": Awaits,
    "RateLimit": partial(Rates, 20_000, 1),
    "RateLimit, tokens counted": partial(Rates, 1e-3, 2_000),
    "Thread.start": Starts,
    "Timer": partial(Timers, True),
    "Timer, unserved": partial(Timers, False),
    "Thread.join": Joins,
    "Future": Futures,
    "pool": partial(Pools, futures.ThreadPoolExecutor),
    "pool with options": partial(Pools, futures.ThreadPoolExecutor, call_options=True),
    "stealing pool": partial(Pools, WorkStealingExecutor),
    "shutdown": partial(Ends, futures.ThreadPoolExecutor),
}
THREADS = 3


def play(part: Part, worker: Worker) -> None:
    """Be a thread of the scene."""
    worker.run()
    part.finish()


def strike_by_exceptions(workers: list[Worker], parts: list[Part], hits: int) -> None:
    """Send exceptions to all threads, from this one."""
    rng = random.Random(hits)
    send = ctypes.pythonapi.PyThreadState_SetAsyncExc
    with Crew(600.0) as crew:
        members = [crew.start(play, *each) for each in zip(parts, workers, strict=True)]
        while sum(worker.hits for worker in workers) < hits:
            time.sleep(rng.random() * 3e-4)
            for worker, member in zip(workers, members, strict=True):
                if worker.can_be_struck and rng.random() < 0.5:
                    worker.can_be_struck = False
                    send(ctypes.c_ulong(member.thread.ident or 0), ctypes.py_object(Strike))
                if worker.failure is not None:
                    break
            if any(worker.failure for worker in workers):
                break
        for worker in workers:
            worker.over = True


def strike_by_signals(workers: list[Worker], parts: list[Part], hits: int) -> None:
    """Have signals raise exceptions in this thread, the main thread, which is one of the scene."""
    main = workers[0]

    def handler(number: int, frame: FrameType | None) -> None:
        if main.hits >= hits:
            main.over = True
        if main.can_be_struck:
            main.can_be_struck = False
            raise Strike

    with Crew(600.0) as crew:
        for part, worker in zip(parts[1:], workers[1:], strict=True):
            crew.start(play, part, worker)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, 0.0007, 0.0007)
        play(parts[0], main)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for worker in workers:
            worker.over = True


def count_swallowed(workers: list[Worker], unraisable: sys.UnraisableHookArgs) -> None:
    """Count a strike that hit in a finalizer or a callback of a weak reference, and ends there."""
    if unraisable.exc_type is not Strike:
        sys.__unraisablehook__(unraisable)
    for worker in workers:
        if worker.ident == threading.get_ident() and unraisable.exc_type is Strike:
            worker.hits += 1
            worker.can_be_struck = True


STRIKES = {"exceptions": strike_by_exceptions, "signals": strike_by_signals}


def play_scene(name: str, how: str, hits: int) -> None:
    """Play it, and see that all is well afterwards."""
    scene = SCENES[name]()
    parts = [scene.part(seed) for seed in range(THREADS)]
    workers = [Worker(part.step) for part in parts]
    sys.unraisablehook = partial(count_swallowed, workers)
    STRIKES[how](workers, parts, hits)
    for worker in workers:
        if worker.failure is not None:
            raise worker.failure
    scene.check(parts)


def main(how: str, hits: str, *names: str) -> None:
    """Play the scenes."""
    sys.setswitchinterval(2e-4)  # the one who strikes needs its turn
    for name in names:
        print(name, flush=True)
        play_scene(name, how, int(hits))


if __name__ == "__main__":
    main(*sys.argv[1:])
