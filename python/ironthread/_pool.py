"""`ThreadPoolExecutor`: the standard pool over native futures and a native queue of calls.

A subclass of the standard class, whose life cycle it keeps: workers are started when there is work
and none is idle, one `None` in the queue tells all workers one after the other to look whether they
should end, and the interpreter's exit puts it there and joins them (`_threads_queues` of the
standard module). A pool with options of ours has a backlog in the queue's place (`_intake.py`).

See https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor.
"""

from __future__ import annotations

import threading
import weakref
from concurrent.futures import thread as _standard_module
from queue import Empty

from ironthread import _core, _imports
from ironthread._futures import Future
from ironthread._intake import STANDARD, CallOptions, Intake
from ironthread._job import Job
from ironthread._options import PoolWithOptions
from ironthread._pool_map import mapped
from ironthread._pose import pose
from ironthread._threads import StandardThread, Thread
from ironthread._worker import work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextvars import Context
    from typing import Any, Literal, ParamSpec, TypeVar

    _P = ParamSpec("_P")
    _T = TypeVar("_T")

# The standard module's own parts have no types.
_standard: Any = _standard_module

# Taken before `install()` puts ours there.
if TYPE_CHECKING:

    class StandardExecutor(_standard_module.ThreadPoolExecutor):
        """The standard class, with what we put into its attributes."""

        _broken: Any
        _idle_semaphore: Any
        _initializer: Any
        _shutdown_lock: Any
        _threads: Any

else:
    StandardExecutor = _standard.ThreadPoolExecutor

BrokenThreadPool = _standard.BrokenThreadPool

# As many as the engine counts to.
_MOST_WORKERS = 2**32 - 1


class ThreadPoolExecutor(StandardExecutor):
    """Runs calls in a pool of threads.

    Follows https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor.
    """

    # Whether it is ours in all it does: not what was made before `install()`, and not where a
    # subclass prepares its calls in the standard way.
    _is_plain = False

    # Where its calls come in, if it was made with options of ours.
    _intake: Intake | None = None

    # What it tells of its calls, if the program is watched.
    _meter: _core.PoolMeter | None = None

    # Those who will begin its calls, where nobody else can.
    _workers: _core.PoolWorkers | None = None

    # Why it has no options().
    _no_options = (
        "options() needs a ThreadPoolExecutor made with call_options=True, max_queue, "
        "rate_limit or inherit_context=True"
    )

    # Held where calls come in and threads start, so that the interpreter's exit sees them all.
    # As with a pool's own lock, a thread may come again while it has it: a finalizer or a signal's
    # handler that runs in the middle of a submit() may submit, too, to any pool of ours. So it
    # comes before the lock of any of them: else two threads could have one pool's each, and want
    # the other's.
    _exit_lock = _core.Reentrant(
        _standard._global_shutdown_lock.acquire, _standard._global_shutdown_lock.release
    )

    # Whether its thread, under its lock, is looking for a worker, and how many calls that came in
    # meanwhile from within that (by a finalizer, say) want one as well.
    _is_staffing = False
    _came_within = 0

    # What its workers do.
    _work: Any = staticmethod(work)

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        max_queue: int | None = None,
        when_full: Literal["block", "raise", "run"] = "block",
        rate_limit: float | _core.RateLimit | None = None,
        inherit_context: bool = False,
        call_options: bool = False,
        **context: Any,
    ) -> None:
        """Make a pool of at most `max_workers` threads, which are started as they are needed.

        Each calls `initializer(*initargs)` first; when that raises, the pool is broken.

        The standard library's pool has none of the following.

        max_queue: how many calls may wait for a worker (1 or more; None: any number).
        when_full: what `submit()` does when so many wait. "block": it waits until one of them does
            not any more; in a worker of this same pool, which might wait for itself, it makes the
            call instead. "raise": it raises `queue.Full`. "run": it makes the call itself and
            returns a future that is done.
        rate_limit: how many calls may be started per second, or a `RateLimit`.
        inherit_context: whether a call runs in a copy of the context (`contextvars`) of the
            `submit()` it came by.
        call_options: whether there is to be `options()` without any of the other four.
        """
        super().__init__(max_workers, thread_name_prefix, initializer, initargs, **context)
        self._is_plain = _prepares_nothing(type(self))
        special = (max_queue, rate_limit) != (None, None) or when_full != "block"
        if special or inherit_context or call_options:
            if not self._is_plain:
                raise TypeError(f"{type(self).__name__} runs calls in its own way: no options")
            workers = _seats(self._max_workers)
            self._intake = Intake(workers, max_queue, when_full, rate_limit, inherit_context)
        if not self._is_plain:
            return
        self._meter = _core.pool_meter(thread_name_prefix or "", _seats(self._max_workers))
        self._initializer = initializer
        self._initargs = initargs
        self._idle_semaphore = _core.Semaphore(0)
        self._shutdown_lock = _core.RLock()
        self._work_queue: Any = self._make_queue()

    def _make_queue(self) -> Any:
        if self._intake is not None:
            return self._intake.backlog
        self._workers = _core.PoolWorkers(_seats(self._max_workers))
        quick = self._meter is None and _adds_as_ours(type(self))
        return _core.PoolJobs(self._idle_semaphore, self._workers, quick)

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Have `fn(*args, **kwargs)` called by a worker; return the future of its outcome.

        Raises RuntimeError after `shutdown()`, or when the interpreter is shutting down, and
        BrokenThreadPool after a worker's initializer has failed. What it does, and raises, when the
        pool was made with `max_queue` and is full, is told there.
        """
        if self._intake is not None:
            return self._intake.submit(self, STANDARD, fn, args, kwargs)
        if not self._is_plain:
            # One of the standard library's, for a pool that it made.
            return super().submit(fn, *args, **kwargs)  # type: ignore[return-value]
        with self._exit_lock, self._shutdown_lock:
            if self._shutdown or self._broken or _standard._shutdown:
                self._refuse_when_over()
            future = self._add_job(fn, args, kwargs)
            self._adjust_thread_count()
            # Shut down from within: its workers may have been told to end before this call.
            if self._shutdown and future.cancel():
                self._refuse_when_over()
            return future

    def _add_job(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Future[Any]:
        future = Future()
        task = None if self._meter is None else self._meter.submit()
        if isinstance(self._work_queue, _core.PoolJobs):
            self._work_queue.add(future, fn, args, kwargs or None, task)
            return future
        # The program has put a queue of its own there.
        job = Job(future, fn, args, kwargs)
        job.task = task
        self._work_queue.put(job)
        return future

    def _refuse_when_over(self) -> None:
        """Raise an error if the pool takes no more calls. To be called under its locks."""
        if self._broken:
            raise BrokenThreadPool(self._broken)
        if self._shutdown:
            raise RuntimeError("cannot schedule new futures after shutdown")
        if _standard._shutdown:
            raise RuntimeError("cannot schedule new futures after interpreter shutdown")

    def options(
        self,
        *,
        priority: int = 0,
        deadline: float | None = None,
        timeout: float | None = None,
        context: Context | None = None,
    ) -> PoolWithOptions:
        """Return an executor whose `submit()` and `map()` are the pool's, for calls with options.

        priority: of the calls that wait, the next to start is one of the highest; equal ones start
            in the order of their submission.
        deadline: a call that has not started so many seconds after its `submit()` is cancelled
            then. Its callbacks are called by the thread that serves timers, or by its worker, and
            must not wait: timers and deadlines would wait with them.
        timeout: how many seconds `submit()` may be held back; then it raises `queue.Full`.
        context: the `contextvars.Context` to run calls in, one at a time.

        A pool has them when it was made with `call_options=True`, or with one of `max_queue`,
        `rate_limit` and `inherit_context`. Raises ValueError for others.
        """
        if self._intake is None:
            raise ValueError(self._no_options)
        return PoolWithOptions(self, CallOptions(priority, deadline, timeout, context))

    def _submit_with(
        self,
        options: CallOptions,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Future[Any]:
        assert self._intake is not None, "who has options has a pool that takes them"
        return self._intake.submit(self, options, fn, args, kwargs)

    def map(
        self,
        fn: Callable[..., _T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,  # noqa: ARG002 (for pools of processes)
        buffersize: int | None = None,
    ) -> Iterator[_T]:
        """Call `fn` with the items of `iterables`, as `map()` does; yield results in their order.

        The iterables are consumed at once; with `buffersize`, only so many calls are ahead of the
        results taken (Python has it from 3.14 on). `TimeoutError` is raised when a result is not
        there within `timeout` seconds of this call; submitting may take longer, in a pool that is
        full (`max_queue`) or makes calls in this thread. `chunksize` is for pools of processes.
        """
        return mapped(self, None, fn, iterables, timeout, buffersize)

    def _adjust_thread_count(self) -> None:
        if not self._is_plain:
            super()._adjust_thread_count()
            return
        if self._is_staffing:
            self._came_within += 1
            return
        while True:
            self._is_staffing = True
            try:
                self._staff()
            finally:
                self._is_staffing = False
            # Who comes from within now looks for itself.
            if not self._came_within:
                return
            self._came_within -= 1

    def _staff(self) -> None:
        """See to it that one more call has a worker. To be called under the pool's locks."""
        count = len(self._threads)
        if self._intake is not None:
            # Exact, where the semaphore would count as idle a worker that waits for the rate.
            if self._intake.backlog.unfinished() <= count:
                return
        elif self._idle_semaphore.acquire(blocking=False):
            return
        if count >= self._max_workers:
            if isinstance(self._work_queue, _core.PoolJobs):
                self._work_queue.note_staffed()
            return
        queue = self._work_queue

        def wake(_: object) -> None:
            """The pool was collected: have the workers look."""
            queue.put(None)

        # Ours also where it is not installed; of a class that somebody else put there, as ever.
        kind = Thread if threading.Thread is StandardThread else threading.Thread
        worker = kind(
            name=f"{self._thread_name_prefix or self}_{count}",
            target=self._work,
            args=(weakref.ref(self, wake), queue, self._initializer, self._initargs, self._workers),
        )
        worker.start()
        self._threads.add(worker)
        _standard._threads_queues[worker] = queue

    def _initializer_failed(self) -> None:
        if not self._is_plain:
            super()._initializer_failed()
            return
        with self._shutdown_lock:
            self._broken = "A thread initializer failed, the thread pool is not usable anymore"
            jobs = self._closed()
        # Callbacks of futures may wait for other pools' locks, and submit to them.
        for job in jobs:
            job.abandon(BrokenThreadPool(self._broken))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `cancel_futures`, cancel those that have not begun.

        With `wait`, come back when all others have ended. Workers end when nothing is left to do.
        Raises RuntimeError, when that is done but for the wait, in a finalizer or a signal's
        handler that came in the middle of a `submit()`: what workers still do may need to submit.
        """
        with self._shutdown_lock:
            self._shutdown = True
            jobs = self._closed() if cancel_futures else []
            if self._intake is not None:
                self._intake.backlog.close()
            self._work_queue.put(None)
        # Callbacks of futures may wait for other pools' locks, and submit to them.
        for job in jobs:
            job.abandon()
        if wait:
            if self._exit_lock.is_mine():
                raise RuntimeError(
                    "shutdown() came in the middle of a submit() of this thread and cannot wait "
                    "for the workers: use shutdown(wait=False) here, and wait outside"
                )
            for worker in self._threads:
                worker.join()

    def _closed(self) -> list[Job | _core.PoolJob]:
        """The calls that have not begun, taken out; none comes in unasked from now on."""
        if self._intake is not None:
            self._intake.backlog.close()
            return list(self._intake.backlog.drain())
        self._work_queue.put(None)
        jobs: list[Job | _core.PoolJob] = []
        while True:
            try:
                job = self._work_queue.get_nowait()
            except Empty:
                return jobs
            if job is not None:
                jobs.append(job)


pose(ThreadPoolExecutor, StandardExecutor)
_core.prepare_pool(ThreadPoolExecutor)


def _adds_as_ours(cls: type[ThreadPoolExecutor]) -> bool:
    """Whether calls of the class's pools come in, and get their threads, as written here."""
    ours = ThreadPoolExecutor
    return (cls._add_job, cls._adjust_thread_count) == (ours._add_job, ours._adjust_thread_count)


def _seats(max_workers: float) -> int:
    """How many workers there may be at most: a program may divide its processors by two."""
    return int(-(-max_workers // 1)) if max_workers < _MOST_WORKERS else _MOST_WORKERS


def _prepares_nothing(cls: type) -> bool:
    """Whether workers of the class run calls as they come.

    The standard pool of interpreters (3.14) is a pool of threads that prepares each call by methods
    it overrides: it goes on doing so, in the standard way.
    """
    preparing = next((base for base in cls.__mro__ if "prepare_context" in vars(base)), None)
    return preparing is None or preparing is StandardExecutor


_imports.catch_up()
