"""How calls come into a pool that bounds them, orders them, or starts them at a rate."""

from __future__ import annotations

import sys
import threading
from _contextvars import Context, copy_context
from queue import Full
from time import monotonic

from ironthread import _core
from ironthread._exceptions import ShutDown
from ironthread._futures import Future
from ironthread._queued_job import QueuedJob

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ironthread._pool import ThreadPoolExecutor

_POLICIES = ("block", "raise", "run")
_PRIORITIES = range(-(2**63), 2**63)


class CallOptions:
    """What `ThreadPoolExecutor.options()` was asked for."""

    __slots__ = ("context", "deadline", "priority", "timeout")

    def __init__(
        self,
        priority: int = 0,
        deadline: float | None = None,
        timeout: float | None = None,
        context: Context | None = None,
    ) -> None:
        if isinstance(priority, bool) or not isinstance(priority, int):
            raise TypeError(f"priority must be an integer, not {type(priority).__name__}")
        if priority not in _PRIORITIES:
            raise ValueError("priority must be from -2**63 to 2**63 - 1")
        if context is not None and not isinstance(context, Context):
            raise TypeError(f"context must be a Context or None, not {type(context).__name__}")
        self.priority: int = priority
        self.deadline: float | None = _seconds("deadline", deadline)
        self.timeout: float | None = _seconds("timeout", timeout)
        self.context: Context | None = context


def _seconds(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{name} must be a number of seconds or None, not {type(value).__name__}")
    if not 0 <= value <= threading.TIMEOUT_MAX:
        raise ValueError(f"{name} must be from 0 to threading.TIMEOUT_MAX seconds, not {value}")
    return float(value)


STANDARD = CallOptions()


class Intake:
    """The backlog of a pool, and the rules by which calls get into it."""

    def __init__(
        self,
        workers: int,
        max_queue: int | None,
        when_full: str,
        rate_limit: float | _core.RateLimit | None,
        inherit_context: bool,
    ) -> None:
        self._max_queue = _checked(max_queue)
        if when_full not in _POLICIES:
            raise ValueError(f'when_full must be "block", "raise" or "run", not {when_full!r}')
        if max_queue is None and when_full != "block":
            raise ValueError(f"when_full={when_full!r} needs max_queue")
        self._when_full = when_full
        self._limit = _limit_of(rate_limit)
        self._inherits = bool(inherit_context)
        # Who is run by a worker has a place as well: so the workers that are free are room.
        places = None if max_queue is None else max_queue + workers
        self.backlog = _core.Backlog(places, self._limit)

    def submit(
        self,
        pool: ThreadPoolExecutor,
        options: CallOptions,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Future[Any]:
        """Do what `pool.submit()` says."""
        now = monotonic()
        due = None if options.deadline is None else now + options.deadline
        context = options.context
        if context is None and self._inherits:
            context = copy_context()
        job = QueuedJob(Future(), fn, args, kwargs, self.backlog, context, due)
        try:
            try:
                place = self.backlog.reserve(0.0)
                if place is None:
                    until = None if options.timeout is None else now + options.timeout
                    place = self._when_no_place(pool, job, until)
            except ShutDown:
                place = None
            else:
                if place is None:
                    return job.future
            # Nobody is held back under these locks.
            with pool._exit_lock, pool._shutdown_lock:
                pool._refuse_when_over()
                assert place is not None, "a pool whose backlog is closed is over"
                if pool._meter is not None:
                    job.task = pool._meter.submit()
                job.put(place, options.priority)
                pool._adjust_thread_count()
                # As in the pool's own: workers that were told to end may not see it.
                if pool._shutdown and job.future.cancel():
                    pool._refuse_when_over()
            return job.future
        finally:
            # What a call raises leads by its traceback to who made it: no cycle through this frame.
            del job

    def _when_no_place(
        self, pool: ThreadPoolExecutor, job: QueuedJob, until: float | None
    ) -> _core.BacklogPlace | None:
        """A place that the call has waited for; None when the call is settled without."""
        if self._when_full == "raise":
            raise Full(self._message())
        # A worker that waited for a place might wait for itself.
        if self._when_full == "run" or _is_worker(pool):
            try:
                self._run_here(pool, job, until)
            finally:
                del job  # no cycle, as above
            return None
        place = self.backlog.reserve(_left(job.due, until))
        if place is None:
            self._give_up(job, until)
        return place

    def _run_here(self, pool: ThreadPoolExecutor, job: QueuedJob, until: float | None) -> None:
        with pool._exit_lock, pool._shutdown_lock:
            pool._refuse_when_over()
        if job.is_late():
            job.abandon()
        elif self._limit is None or self._limit.acquire(_left(job.due, until)):
            if pool._meter is not None:
                job.task = pool._meter.submit()
            try:
                job.run_here()
            finally:
                del job  # no cycle, as above
        else:
            self._give_up(job, until)

    def _give_up(self, job: QueuedJob, until: float | None) -> None:
        """The call was held back until its deadline, or as long as `submit()` may be."""
        if job.due is None or (until is not None and until < job.due):
            raise Full(self._message())
        job.abandon()

    def _message(self) -> str:
        waiting = f"{self._max_queue} calls wait" if self._max_queue != 1 else "1 call waits"
        return (
            f"the pool is full: all workers are busy, and {waiting} for one "
            f"(max_queue={self._max_queue})"
        )


def _left(due: float | None, until: float | None) -> float | None:
    moments = [moment for moment in (due, until) if moment is not None]
    return min(moments) - monotonic() if moments else None


def _checked(max_queue: int | None) -> int | None:
    if max_queue is None:
        return None
    if isinstance(max_queue, bool) or not isinstance(max_queue, int):
        raise TypeError(f"max_queue must be an integer or None, not {type(max_queue).__name__}")
    if max_queue < 1:
        raise ValueError(f"max_queue must be 1 or more, not {max_queue}")
    if max_queue > sys.maxsize:
        raise ValueError("max_queue must be at most sys.maxsize; None stands for any number")
    return max_queue


def _limit_of(rate_limit: float | _core.RateLimit | None) -> _core.RateLimit | None:
    if rate_limit is None or isinstance(rate_limit, _core.RateLimit):
        return rate_limit
    if isinstance(rate_limit, bool) or not isinstance(rate_limit, (int, float)):
        raise TypeError(
            "rate_limit must be a number of calls per second, a RateLimit or None, "
            f"not {type(rate_limit).__name__}"
        )
    return _core.RateLimit(rate_limit)


def _is_worker(pool: ThreadPoolExecutor) -> bool:
    # Not `current_thread()`, which would list a thread that no `Thread` stands for.
    me = threading.get_ident()
    # (A list is made at once; a tuple, without the GIL, while the set grows.)
    return any(worker.ident == me for worker in list(pool._threads))
