"""`faults()`: a block in which primitives fail now and then, as a seed has it."""

from __future__ import annotations

import _thread
import os
from contextlib import ContextDecorator

from ironthread.testing._exchange import Exchange
from ironthread.testing._injector import Injector
from ironthread.testing._log import Injection, told
from ironthread.testing._options import Options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from ironthread.testing._options import Classes, Patterns, Raised

# How many faults are named in the note of an exception.
_MOST_TOLD = 20

# Held by the block that is on.
_one_at_a_time = _thread.allocate_lock()


class faults(ContextDecorator):  # noqa: N801 (used like a function)
    """A context, or a decorator, in which operations on ironthread's classes meet faults.

    ``with faults(seed=7, timeout=0.1, spurious=0.05) as f: ...``

    Each fault has a probability from 0 (never) to 1 (always), drawn anew each time that a fault can
    happen.

    timeout: the time of a limited wait is up at once: `acquire()`, `put()`, `get()`, `wait()`,
        `wait_for()`, `join()`, `result()` and `exception()` with a timeout above 0.
    spurious: `Condition.wait()` returns True within a millisecond though nobody has notified.
    delay: an acquire, put or get takes longer, before it is done or after: (probability, longest in
        seconds), or a probability alone for delays up to 1 ms.
    start: `Thread.start()` raises RuntimeError, as it does when there can be no more threads; the
        workers of pools are such threads.
    task: a call that is submitted to a pool raises `InjectedError` and is not made; or, as
        (probability, exception), that exception.
    full: a bounded queue is full: `put_nowait()` and `put(block=False)` raise `queue.Full`, and so
        does `put()` with a timeout, at once.
    empty: `get_nowait()`, `get(block=False)` and `get()` with a timeout raise `queue.Empty`.

    only: classes, or their names ("Queue"), and with them their subclasses; None: all.
    where: patterns (`fnmatch`) of modules (``shop.*``) or of the ends of files (``shop/*.py``)
        whose calls meet faults; None: those of the program, and not of the standard library.
    threads: patterns of threads by name (``worker-*``), or by path (see `Injection.thread`).

    What is drawn depends on the seed, on the thread and what it did before, and on the function
    that calls; never on the schedule. The seed is a number or text; None: one is chosen.

    Faults reach all objects of ironthread's classes, those made before the block as well, and by
    the standard names after `ironthread.install()`; not what C code calls by itself, nor bound
    methods that were looked up before. An exception that leaves the block gets a note that says
    what was injected. One block is on at a time, for all threads: RuntimeError is raised for
    another. TypeError and ValueError are raised for options that are none.
    """

    def __init__(
        self,
        seed: int | str | None = None,
        *,
        timeout: float = 0.0,
        spurious: float = 0.0,
        delay: float | tuple[float, float] = 0.0,
        start: float = 0.0,
        task: float | tuple[float, Raised] = 0.0,
        full: float = 0.0,
        empty: float = 0.0,
        only: Classes | None = None,
        where: Patterns | None = None,
        threads: Patterns | None = None,
    ) -> None:
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, str))):
            raise TypeError(f"a seed must be a number or text, not {type(seed).__name__}")
        chances = {
            "timeout": timeout,
            "spurious": spurious,
            "start": start,
            "full": full,
            "empty": empty,
        }
        self._options = Options(chances, delay, task, only, where, threads)
        self.seed: int | str = int.from_bytes(os.urandom(4)) if seed is None else seed
        self._exchange = Exchange()
        self._injector: Injector | None = None

    @property
    def log(self) -> list[Injection]:
        """What was injected since the block began, thread by thread, each in its own order."""
        return [] if self._injector is None else sorted(self._injector.log)

    @property
    def replay(self) -> str:
        """The call of `faults()` that repeats this."""
        return self._options.source(self.seed)

    def describe(self, most: int = _MOST_TOLD) -> str:
        """Say how to repeat it and what was injected, with the first `most` faults."""
        return told(self.replay, self.log, most)

    def __enter__(self) -> Self:
        if not _one_at_a_time.acquire(False):
            raise RuntimeError("faults are on already: one block at a time")
        try:
            self._injector = Injector(self.seed, self._options)
            self._exchange.enter(self._injector)
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        self._leave()
        if error is not None:
            error.add_note(self.describe())

    def _leave(self) -> None:
        if self._injector is not None:
            self._injector.is_on = False  # for bound methods that somebody keeps
        self._exchange.leave()
        _one_at_a_time.release()
