"""`ThreadPoolExecutor`: the standard pool over native futures and a native queue.

A subclass of the standard class, whose life cycle it keeps: workers are started when there is work
and none is idle, one `None` in the queue tells all workers one after the other to look whether they
should end, and the interpreter's exit puts it there and joins them (`_threads_queues` of the
standard module). The worker's loop is Python: a native frame below the program's code would not
survive the end of the interpreter.

See https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor.
"""

from __future__ import annotations

import threading
import weakref
from collections import deque
from concurrent.futures import _base
from concurrent.futures import thread as _standard_module
from itertools import islice
from queue import Empty
from time import monotonic

from ironthread import _core, _imports
from ironthread._futures import Future
from ironthread._pose import pose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

# The standard module's own parts have no types.
_standard: Any = _standard_module

# Taken before `install()` puts ours there.
StandardExecutor: Any = _standard.ThreadPoolExecutor

BrokenThreadPool = _standard.BrokenThreadPool


class _Job:
    """A call, and the future of its outcome."""

    __slots__ = ("args", "fn", "future", "kwargs")

    def __init__(
        self, future: Future, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self.future = future
        self.fn = fn
        self.args = args
        self.kwargs = kwargs

    def run(self) -> None:
        """Make the call, unless it was cancelled."""
        future = self.future
        if not future.set_running_or_notify_cancel():
            return
        try:
            result = self.fn(*self.args, **self.kwargs)
        except BaseException as error:
            future.set_exception(error)
            # The error's traceback leads to this frame: no cycle through it.
            del future, self
        else:
            future.set_result(result)


class ThreadPoolExecutor(StandardExecutor):  # type: ignore[misc]
    """Runs calls in a pool of threads.

    Follows https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor.
    """

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
            future = Future()
            self._work_queue.put(_Job(future, fn, args, kwargs))
            self._adjust_thread_count()
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
        return _results(futures, deadline, more)

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
            target=_work,
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
                job.future.set_exception(BrokenThreadPool(self._broken))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Take no more calls; with `cancel_futures`, cancel those that have not begun.

        With `wait`, come back when all others have ended. Workers end when nothing is left to do.
        """
        with self._shutdown_lock:
            self._shutdown = True
            if cancel_futures:
                for job in self._drained():
                    job.future.cancel()
                    # Nobody will run it: who waits for all futures is told now.
                    job.future.set_running_or_notify_cancel()
            self._work_queue.put(None)
        if wait:
            for worker in self._threads:
                worker.join()

    def _drained(self) -> Iterator[_Job]:
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


def _work(
    reference: weakref.ref[ThreadPoolExecutor],
    queue: _core.SimpleQueue[Any],
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
) -> None:
    """What a worker does."""
    if initializer is not None:
        try:
            initializer(*initargs)
        except BaseException:
            _base.LOGGER.critical("Exception in initializer:", exc_info=True)
            executor = reference()
            if executor is not None:
                executor._initializer_failed()
            return
    try:
        while True:
            try:
                job = queue.get_nowait()
            except Empty:
                _note_idle(reference)
                job = queue.get()
            if job is not None:
                job.run()
                del job  # not for the time of the next wait
            elif _should_end(reference):
                queue.put(None)  # for the next worker
                return
    except BaseException:
        _base.LOGGER.critical("Exception in worker", exc_info=True)


def _note_idle(reference: weakref.ref[ThreadPoolExecutor]) -> None:
    executor = reference()
    if executor is not None:
        executor._idle_semaphore.release()


def _should_end(reference: weakref.ref[ThreadPoolExecutor]) -> bool:
    executor = reference()
    if executor is None:
        return True
    if _standard._shutdown:
        executor._shutdown = True
    return bool(executor._shutdown)


def _results(
    futures: deque[Any],
    deadline: float | None,
    more: tuple[weakref.ref[ThreadPoolExecutor], Callable[..., Any], Iterator[Any]] | None,
) -> Iterator[Any]:
    try:
        while futures:
            if more is not None:
                _submit_next(futures, *more)
            limit = None if deadline is None else deadline - monotonic()
            yield _result_of(futures.popleft(), limit)
    finally:
        for future in futures:
            future.cancel()


def _submit_next(
    futures: deque[Any],
    reference: weakref.ref[ThreadPoolExecutor],
    fn: Callable[..., Any],
    calls: Iterator[Any],
) -> None:
    executor = reference()
    if executor is None or executor._shutdown:
        return
    for args in calls:
        futures.append(executor.submit(fn, *args))
        return


def _result_of(future: Any, limit: float | None) -> Any:
    try:
        try:
            return future.result(limit)
        finally:
            future.cancel()
    finally:
        # An error's traceback leads to this frame: no cycle through it.
        del future


_imports.catch_up()
