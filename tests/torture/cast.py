"""The threads of a program, and what must hold of them when its exit functions run."""

from __future__ import annotations

import random
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Thread

from waits import ConditionFor, ConditionWait, RLockWait, Wait

NEVER = 3600.0
"""A time limit that no run reaches."""


def until_exit() -> None:
    """Wait until the main thread has begun to end the program."""
    threading.main_thread().join()


# From 3.12 on there may be no new threads when the main thread has ended.
_STARTS_MAY_BE_REFUSED = sys.version_info >= (3, 12)


def started(thread: Thread) -> bool:
    """Start a thread; return whether there was a program left for it to run in."""
    try:
        thread.start()
    except RuntimeError as error:
        if not is_refusal(error):
            raise
        return False
    return True


def is_refusal(error: RuntimeError) -> bool:
    """Whether the interpreter takes no more threads."""
    return _STARTS_MAY_BE_REFUSED and "at interpreter shutdown" in str(error)


class Cast:
    """Starts threads and keeps account of those that the end of the program has to wait for."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self._staying: list[Thread] = []
        self._unfinished: set[Thread] = set()
        self.refused = False
        """Whether a thread could not do its work because it could not start others."""
        self._checks: list[Callable[[], object]] = []

    def branch(self) -> random.Random:
        """Choices of its own for a thread."""
        return random.Random(self.rng.random())

    def some(self, few: int, many: int) -> range:
        """As many rounds as the seed says."""
        return range(self.rng.randint(few, many))

    def daemon(self, function: Callable[..., object], *arguments: object) -> Thread:
        """Start a thread that nobody waits for."""
        thread = Thread(target=function, args=arguments, daemon=True)
        thread.start()
        return thread

    def stay(self, function: Callable[..., object], *arguments: object) -> Thread:
        """Start a thread that the end of the program waits for."""
        thread = Thread(target=self._staying_for, args=(function, *arguments))
        self._unfinished.add(thread)
        thread.start()
        return thread

    def _staying_for(self, function: Callable[..., object], *arguments: object) -> None:
        # Noted by itself: `is_alive` may err for a moment when others join the thread.
        try:
            function(*arguments)
        except RuntimeError as error:
            if not is_refusal(error):
                raise
            self.refused = True
        finally:
            self._unfinished.discard(threading.current_thread())

    def either(self, function: Callable[..., object], *arguments: object) -> Thread:
        """Start a thread of one kind or the other."""
        return self.rng.choice([self.daemon, self.stay])(function, *arguments)

    def wait_for(self, thread: Thread) -> None:
        """The end of the program waits for this thread, which nobody joins."""
        self._staying.append(thread)

    def expect(self, check: Callable[[], object]) -> None:
        """Something that holds when the exit functions run."""
        self._checks.append(check)

    def check(self) -> None:
        """See that it is so."""
        alive = [thread for thread in self._staying if thread.is_alive()] + list(self._unfinished)
        assert not alive, f"the exit has not waited for {alive}"
        for check in () if self.refused else self._checks:
            assert check(), f"{check} does not hold"

    def moment(self) -> None:
        """Let a time go by that the seed chooses, mostly next to none: the others get on meanwhile."""
        rng = self.rng
        length = rng.choice([None, 0.0, rng.random() * 5e-4, rng.random() * 5e-3, 0.02])
        if length is not None:
            time.sleep(length)


def submit(pool: Executor, function: Callable[..., object]) -> Future[object] | None:
    """Hand work to a pool, unless it is too late for that."""
    try:
        return pool.submit(function)
    except RuntimeError as error:
        if "shutdown" not in str(error):
            raise
        return None


def end_wait(wait: Wait, waiter: Thread) -> None:
    """End a wait that a thread is in, or on its way to."""
    wait.end()
    if isinstance(wait, ConditionWait) and not isinstance(wait, ConditionFor):
        # The notification is lost on a thread that does not wait yet.
        while waiter.is_alive():
            waiter.join(0.005)
            wait.end()
    waiter.join()


def end_for_good(wait: Wait, waiter: Thread) -> None:
    """The same, and leave no thread behind that holds the thing again."""
    end_wait(wait, waiter)
    if isinstance(wait, RLockWait):
        wait.end()
