"""`ThreadPoolExecutor`: the standard pool over native futures and a native queue.

A subclass of the standard class, whose life cycle it keeps: workers are started when there is work
and none is idle, one `None` in the queue tells all workers one after the other to look whether they
should end, and the interpreter's exit puts it there and joins them (`_threads_queues` of the
standard module).

See https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from concurrent.futures import thread as _standard_module
from itertools import islice
from queue import Empty
from time import monotonic

from ironthread import _core, _imports
from ironthread._futures import Future
from ironthread._job import Job
from ironthread._pool_map import results
from ironthread._pose import pose
from ironthread._worker import work

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

# The standard module's own parts have no types.
_standard: Any = _standard_module

# Taken before `install()` puts ours there.
StandardExecutor: Any = _standard.ThreadPoolExecutor

BrokenThreadPool = _standard.BrokenThreadPool


class ThreadPoolExecutor(StandardExecutor):  # type: ignore[misc]
    """Runs calls in a pool of threads.

    Follows https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor.
    """

    # Whether it is ours in all it does: not what was made before `install()`, and not where a
    # subclass prepares its calls in the standard way.
    _is_plain = False

    # What its workers do.
    _work: Any = staticmethod(work)

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        **context: Any,
    ) -> None:
        """Make a pool of at most `max_workers` threads, which are started as they are needed.

        Each calls `initializer(*initargs)` first; when that raises, the pool is broken.
        """
        super().__init__(max_workers, thread_name_prefix, initializer, initargs, **context)
        self._is_plain = _prepares_nothing(type(self))
        if not self._is_plain:
            return
        self._initializer = initializer
        self._initargs = initargs
        self._work_queue: _core.SimpleQueue[Any] = _core.SimpleQueue()
        self._idle_semaphore = _core.Semaphore(0)
        self._shutdown_lock = _core.Lock()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Have `fn(*args, **kwargs)` called by a worker; return the future of its outcome.

        Raises RuntimeError after `shutdown()`, or when the interpreter is shutting down, and
        BrokenThreadPool after a worker's initializer has failed.
        """
        if not self._is_plain:
            return super().submit(fn, *args, **kwargs)
        with self._shutdown_lock, _standard._global_shutdown_lock:
            if self._broken:
                raise BrokenThreadPool(self._broken)
            if self._shutdown:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if _standard._shutdown:
                raise RuntimeError("cannot schedule new futures after interpreter shutdown")
            future = self._add_job(fn, args, kwargs)
            self._adjust_thread_count()
            return future

    def _add_job(
        self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Future:
        future = Future()
        self._work_queue.put(Job(future, fn, args, kwargs))
        return future

    def map(
        self,
        fn: Callable[..., Any],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,  # noqa: ARG002 (for pools of processes)
        buffersize: int | None = None,
    ) -> Iterator[Any]:
        """Call `fn` with the items of `iterables`, as `map()` does; yield results in their order.

        The iterables are consumed at once; with `buffersize`, only so many calls are ahead of the
        results taken (Python has it from 3.14 on). `TimeoutError` is raised when a result is not
        there within `timeout` seconds of this call. `chunksize` is for pools of processes.
        """
        if buffersize is not None and not isinstance(buffersize, int):
            raise TypeError("buffersize must be an integer or None")
        if buffersize is not None and buffersize < 1:
            raise ValueError("buffersize must be None or > 0")
        deadline = None if timeout is None else monotonic() + timeout
        calls = zip(*iterables, strict=False)
        first = calls if buffersize is None else islice(calls, buffersize)
        futures = deque(self.submit(fn, *args) for args in first)
        more = None if buffersize is None else (weakref.ref(self), fn, calls)
        return results(futures, deadline, more)

    def _adjust_thread_count(self) -> None:
        if not self._is_plain:
            super()._adjust_thread_count()
            return
        if self._idle_semaphore.acquire(blocking=False):
            return
        count = len(self._threads)
        if count >= self._max_workers:
            return
        queue = self._work_queue

        def wake(_: object) -> None:
            """The pool was collected: have the workers look."""
            queue.put(None)

        worker = threading.Thread(
            name=f"{self._thread_name_prefix or self}_{count}",
            target=self._work,
            args=(weakref.ref(self, wake), queue, self._initializer, self._initargs),
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
            for job in self._drained():
                job.abandon(BrokenThreadPool(self._broken))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `cancel_futures`, cancel those that have not begun.

        With `wait`, come back when all others have ended. Workers end when nothing is left to do.
        """
        with self._shutdown_lock:
            self._shutdown = True
            if cancel_futures:
                for job in self._drained():
                    job.abandon()
            self._work_queue.put(None)
        if wait:
            for worker in self._threads:
                worker.join()

    def _drained(self) -> Iterator[Job]:
        while True:
            try:
                job = self._work_queue.get_nowait()
            except Empty:
                return
            if job is not None:
                yield job


pose(ThreadPoolExecutor, StandardExecutor)


def _prepares_nothing(cls: type) -> bool:
    """Whether workers of the class run calls as they come.

    The standard pool of interpreters (3.14) is a pool of threads that prepares each call by methods
    it overrides: it goes on doing so, in the standard way.
    """
    preparing = next((base for base in cls.__mro__ if "prepare_context" in vars(base)), None)
    return preparing is None or preparing is StandardExecutor


_imports.catch_up()
