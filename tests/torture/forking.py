"""The ways to a new process, and the child's way through it and out of it."""

from __future__ import annotations

import multiprocessing
import os
import random
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Condition, Lock, RLock, Thread, Timer
from typing import Any

from torture import child, spawned
from torture.crowd import Crowd
from torture.forks import CROWDS

# How the thread that forked may end its process: what it calls, and the status that comes of it.
_End = tuple[Callable[[int], object], bool]
EXIT: _End = (sys.exit, True)
_END_OF_THREAD: _End = (sys.exit, False)
_AT_ONCE: _End = (os._exit, True)
_OF_A_THREAD = [_END_OF_THREAD, _AT_ONCE]
_OF_A_WORKER = [_AT_ONCE]


class Line:
    """A process that may fork, and what its children do."""

    def __init__(self, rng: random.Random, way: str, ends: list[_End], depth: int = 0) -> None:
        self.rng, self.way, self.depth = rng, way, depth
        self._ends = ends
        self.crowd = Crowd(rng)

    def fork(self) -> None:
        """Fork, in a thread that the seed chooses, and see the child to its end."""
        ways = [self.here, self.in_thread, self.in_timer, self.in_pool]
        if self._ends != _OF_A_WORKER:
            # A process started by a pool's worker joins that worker, itself, when it ends.
            ways.append(self.as_process)
        self.rng.choice(ways)()

    def here(self) -> None:
        """Fork in this thread."""
        self._fork(self._ends)

    def in_thread(self) -> None:
        """Fork in a new thread."""
        _finish(Thread(target=self._fork, args=(_OF_A_THREAD,)))

    def in_timer(self) -> None:
        """Fork in a timer's function."""
        _finish(Timer(self.rng.random() * 1e-3, self._fork, (_OF_A_THREAD,)))

    def in_pool(self) -> None:
        """Fork in a pool's worker."""
        with ThreadPoolExecutor(2) as pool:
            pool.submit(self._fork, _OF_A_WORKER).result()

    def as_process(self) -> None:
        """Start a process that is forked, here or in a new thread."""
        if self.rng.random() < 0.5:
            self._process()
        else:
            _finish(Thread(target=self._process))

    def spawn(self, method: str) -> None:
        """Start a process by another method, here or in a new thread."""
        status = self.rng.randint(0, 100)
        process = multiprocessing.get_context(method).Process(  # type: ignore[attr-defined]
            target=spawned.live, args=(self.rng.random(), self.way, status)
        )
        process.start()
        process.join()
        assert process.exitcode == status, f"{process.exitcode}, not {status}"

    def _process(self) -> None:
        process = multiprocessing.get_context("fork").Process(target=self._born, args=([EXIT],))
        process.start()
        process.join()
        assert process.exitcode == 0, process.exitcode

    def _fork(self, ends: list[_End]) -> None:
        end, tells = self.rng.choice(ends)
        status = self.rng.randint(0, 100)
        mine: list[Any] = [Lock(), RLock(), Condition()]
        with ExitStack() as stack:
            for lock in mine:
                stack.enter_context(lock)
            process = os.fork()
        # What the forking thread held it holds, and lets go, in both processes.
        assert all(lock.acquire(False) for lock in mine)
        if not process:
            self._born(ends)
            end(status)
        _reap(process, status if tells else 0)

    def _born(self, ends: list[_End]) -> None:
        """The life of the child."""
        try:
            child.inherit(self.crowd, self.way)
            child.live(self.rng)
            if self.depth < 2 and self.rng.random() < 0.4:
                line = Line(self.rng, self.way, ends, self.depth + 1)
                line.crowd.gather(self.rng.choice(CROWDS))
                line.fork()
                line.crowd.disperse()
        except Exception:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(255)


def _finish(thread: Thread) -> None:
    """Run a thread whose error is ours."""
    thread.start()
    thread.join()


def _reap(process: int, status: int) -> None:
    found = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert found == status, f"the child ended with {found}, not {status}"
