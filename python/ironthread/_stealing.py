"""`WorkStealingExecutor`: a pool for work that divides itself.

Each worker keeps the calls that its calls submit, and makes the newest first; one that has none
steals the oldest of another. A call that waits for the future of a call of its pool (`result()`,
`exception()`, `wait()`, `as_completed()`, `map()`) makes that call (`ironthread._helping`), so that
calls may wait for calls, as deep as the stack allows, on a pool of any size.

It is a class of its own and no mode of `ThreadPoolExecutor`, for it keeps other promises: calls do
not begin in the order of their submission, and a call that another one waits for may run on the
stack of that one, with the worker's `threading.local` values.
"""

from __future__ import annotations

import os
from contextvars import copy_context
from functools import partial
from time import monotonic

from ironthread import _core
from ironthread._futures import Future
from ironthread._helping import here, nudge_at_end_of, work_until
from ironthread._job import Job
from ironthread._pool import ThreadPoolExecutor
from ironthread._worker import work

TYPE_CHECKING = False
if TYPE_CHECKING:
    import weakref
    from collections.abc import Callable
    from typing import Any, Literal


MOST_WORKERS = 2**15
"""How many workers a pool may have: their places are made with the pool, not with the threads."""


class TaskFuture(Future):
    """The future of a call of a work-stealing pool: a worker of it that waits makes the call."""

    # The job, until somebody begins it, and the pool's jobs. (Not in a slot: see _begin().)
    _job: _StolenJob
    _crew: _core.Crew

    def result(self, timeout: float | None = None) -> Any:
        """Return what the call returned, or raise what it raised, after `timeout` s at most."""
        try:
            if here.hand is not None and not self.done():
                timeout = _work_for(self, timeout)
            return super().result(timeout)
        finally:
            # What the call raised may lead to this frame by its traceback: no cycle through it.
            del self

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the call raised, or None, after `timeout` seconds at most."""
        try:
            if here.hand is not None and not self.done():
                timeout = _work_for(self, timeout)
            return super().exception(timeout)
        finally:
            del self  # no cycle, as above

    def _begin(self) -> bool:
        """Whether the caller is the one who is to make the call. One dictionary operation."""
        return self.__dict__.pop("_job", None) is not None

    def _unbegun(self, crew: _core.Crew) -> _StolenJob | None:
        """The job, if it is one of that pool and nobody has begun it."""
        return self.__dict__.get("_job") if self._crew is crew else None


class _StolenJob(Job):
    """A job that may be found in a deque after somebody who waited for it has done it."""

    __slots__ = ()

    future: TaskFuture

    def run(self) -> None:
        if self.future._begin():
            try:
                super().run()
            finally:
                del self  # no cycle, as above

    def abandon(self, error: BaseException | None = None) -> None:
        if self.future._begin():
            super().abandon(error)


def _work_for(future: TaskFuture, timeout: float | None) -> float | None:
    """Work until the future is done; return what is left of the timeout."""
    deadline = None if timeout is None else monotonic() + timeout
    nudge_at_end_of((future,))
    work_until(future.done, (future,), deadline)
    del future  # no cycle, as above
    return None if deadline is None else max(deadline - monotonic(), 0.0)


def _work_and_steal(
    helps_any: bool,
    reference: weakref.ref[ThreadPoolExecutor],
    crew: _core.Crew,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
    workers: _core.PoolWorkers | None,
) -> None:
    """What a worker does."""
    here.crew, here.hand, here.helps_any = crew, crew.join(), helps_any
    work(reference, here.hand, initializer, initargs, workers)


class WorkStealingExecutor(ThreadPoolExecutor):
    """Runs calls in a pool of threads that steal work from one another.

    For work that divides itself: a call may submit calls and wait for them. It pays on builds
    without the GIL, and for calls that let the GIL go (files, hashes, compression).

    Calls may wait for calls by `result()`, `exception()`, `map()`, and by `wait()` and
    `as_completed()` of `ironthread.futures`: what the call waits for, and nobody has begun, its
    worker makes meanwhile, to its end, whatever the time limit of the wait. (Those of
    `concurrent.futures` are ours after `install()`; the standard ones just block the worker.) A
    call that a waiting worker makes is a few frames deeper on its stack: about 140 that wait for
    one another reach the interpreter's default recursion limit. `sys.setrecursionlimit()` has more
    in proportion, but on Python 3.12 never more than about 500: there, what C code calls has a
    limit of its own, which is fixed.
    """

    _no_options = (
        "a WorkStealingExecutor makes its calls in no order that options() could change; use a "
        "ThreadPoolExecutor made with call_options=True"
    )

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        inherit_context: bool = True,
        while_waiting: Literal["awaited", "any"] = "awaited",
    ) -> None:
        """Make a pool of at most `max_workers` threads (None: one for each processor).

        Each calls `initializer(*initargs)` first; when that raises, the pool is broken. With
        `inherit_context`, a call runs in a copy of the `contextvars` context of its submission.
        ValueError is raised for less than 1 worker, and for more than 32768.

        while_waiting: which calls a worker makes while one of its calls waits for others.
            "awaited": those that are waited for, unless they have begun elsewhere; then it sleeps.
            "any": other calls of the pool as well, on top of the one that waits. That keeps all
            workers busy; but never hold a lock over a wait then. One of those calls may want it, on
            the same stack: with a Lock it waits for ever, with an RLock it enters as well.
        """
        if while_waiting not in ("awaited", "any"):
            raise ValueError(f'while_waiting must be "awaited" or "any", not {while_waiting!r}')
        workers = _processors() if max_workers is None else max_workers
        if workers > MOST_WORKERS:
            raise ValueError(f"max_workers must be at most {MOST_WORKERS}, not {workers}")
        super().__init__(workers, thread_name_prefix, initializer, initargs)
        self._work_queue: Any = _core.Crew(workers)
        self._inherits = inherit_context
        self._work: Any = partial(_work_and_steal, while_waiting == "any")

    def _add_job(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Future[Any]:
        if self._inherits:
            fn, args = copy_context().run, (fn, *args)
        future = TaskFuture()
        future._crew = crew = self._work_queue
        future._job = job = _StolenJob(future, fn, args, kwargs)
        if self._meter is not None:
            job.task = self._meter.submit()
        ours = here.hand if here.crew is crew else None
        (crew if ours is None else ours).put(job)
        return future


def _processors() -> int:
    """How many the process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
