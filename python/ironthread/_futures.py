"""`Future`, `wait()` and `as_completed()`.

The future is native and an instance of the standard class at the same time: whatever looks for a
`concurrent.futures.Future` (asyncio, the standard `wait()`, other libraries) takes it. `wait()` and
`as_completed()` take standard futures as well, also mixed with ours.

See https://docs.python.org/3/library/concurrent.futures.html.
"""

from __future__ import annotations

import sys
from concurrent.futures import _base
from queue import Empty
from time import monotonic

from ironthread import _core, _imports
from ironthread._helping import here, nudge_at_end_of, work_until
from ironthread._pose import pose

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator
    from types import TracebackType
    from typing import Any, Self

    from typing_extensions import TypeVar

# Taken before `install()` puts ours there.
StandardFuture: Any = _base.Future
if TYPE_CHECKING:
    _T = TypeVar("_T", default=Any)
    _AnyFuture = TypeVar("_AnyFuture", bound=_base.Future[Any])
    _Native = _core.Future
    _Standard = _base.Future
else:
    # To checkers a class of outcomes of some type. When the program runs `typing` is not loaded.
    _T = None
    _Native, _Standard = {_T: _core.Future}, {_T: StandardFuture}

FIRST_COMPLETED = _base.FIRST_COMPLETED
FIRST_EXCEPTION = _base.FIRST_EXCEPTION
ALL_COMPLETED = _base.ALL_COMPLETED
DoneAndNotDoneFutures = _base.DoneAndNotDoneFutures

_FINAL = frozenset({_base.CANCELLED_AND_NOTIFIED, _base.FINISHED})


class Future(_Native[_T], _Standard[_T]):
    """The outcome of a job, which may not be there yet.

    Follows https://docs.python.org/3/library/concurrent.futures.html#future-objects, and can be
    awaited by a task of an asyncio loop as well.
    """

    def __await__(self) -> Generator[Any, None, _T]:
        """Wait without blocking the loop; return the result, or raise what the job raised.

        When the task is cancelled meanwhile the job is, unless it has begun. RuntimeError is raised
        where no asyncio loop runs.
        """
        # A loop that runs has asyncio loaded; nobody else should have to load it.
        asyncio = sys.modules.get("asyncio")
        if asyncio is None or asyncio._get_running_loop() is None:
            raise RuntimeError(
                "await of a Future needs a running asyncio loop; use result() to wait in a thread"
            )
        waiting: Generator[Any, None, _T] = asyncio.wrap_future(self).__await__()
        return waiting


pose(Future, StandardFuture)
_core.prepare_futures(Future)


class _Teller:
    """What a standard future tells when it is done, as `_waiters` of such a future."""

    def __init__(self, done: _core.SimpleQueue[Any]) -> None:
        self.add_result = self.add_exception = self.add_cancelled = done.put


class _Ends:
    """The ends of some futures, one after the other."""

    def __init__(self, pending: set[Any]) -> None:
        """Of `pending`; the caller takes out what has ended, and nobody else keeps it."""
        self._done: _core.SimpleQueue[Any] = _core.SimpleQueue()
        self._teller = _Teller(self._done)
        self._pending: set[Any] = pending

    def __enter__(self) -> Self:
        for future in self._pending:
            if isinstance(future, _core.Future):
                future._tell(self._done)
                continue
            with future._condition:
                if future._state in _FINAL:
                    self._done.put(future)
                else:
                    future._waiters.append(self._teller)
        if here.hand is not None:
            nudge_at_end_of(self._pending)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for future in self._pending:
            if isinstance(future, _core.Future):
                future._tell_no_more(self._done)
            else:
                self._forget(future)
        self._pending = set()

    def _has_next(self) -> bool:
        return not self._done.empty()

    def _forget(self, future: Any) -> None:
        with future._condition:
            if self._teller in future._waiters:
                future._waiters.remove(self._teller)

    def next(self, deadline: float | None) -> Any:
        """The future that ended next; None when none has by the deadline."""
        if here.hand is not None:
            work_until(self._has_next, self._pending, deadline)
        limit = None if deadline is None else max(deadline - monotonic(), 0.0)
        try:
            future = self._done.get(timeout=limit)
        except Empty:
            return None
        try:
            if not isinstance(future, _core.Future):
                self._forget(future)
            return future
        finally:
            # If a call was made above this frame its error leads here by its traceback: no cycle.
            del future


def as_completed(fs: Iterable[_AnyFuture], timeout: float | None = None) -> Iterator[_AnyFuture]:
    """Yield the futures as they complete, those first that have already.

    A future given twice is yielded once. `TimeoutError` is raised when not all have completed
    within `timeout` seconds of this call (None: without limit).
    """
    deadline = None if timeout is None else monotonic() + timeout
    return _completing(set(fs), deadline)


def _completing(pending: set[Any], deadline: float | None) -> Iterator[Any]:
    total = len(pending)
    with _Ends(pending) as ends:
        while pending:
            future = ends.next(deadline)
            if future is None:
                raise TimeoutError(f"{len(pending)} (of {total}) futures unfinished")
            pending.discard(future)
            yielded = [future]
            del future  # the caller may want to be the only one who knows it
            yield yielded.pop()


def wait(fs: Iterable[Any], timeout: float | None = None, return_when: str = ALL_COMPLETED) -> Any:
    """Wait for futures, at most `timeout` seconds (None: without limit).

    Return those that are done and those that are not, as `DoneAndNotDoneFutures`: when all are
    (`ALL_COMPLETED`), when the first is (`FIRST_COMPLETED`), or when the first has raised or all
    are done (`FIRST_EXCEPTION`).
    """
    if return_when not in (ALL_COMPLETED, FIRST_COMPLETED, FIRST_EXCEPTION):
        raise ValueError(f"Invalid return condition: {return_when!r}")
    deadline = None if timeout is None else monotonic() + timeout
    futures = set(fs)
    pending = set(futures)
    future = None
    try:
        with _Ends(pending) as ends:
            over = not pending
            while not over:
                future = ends.next(deadline)
                if future is None:
                    break
                over = _ends_wait(future, return_when)
                pending.discard(future)
                over = over or not pending
            # What has ended meanwhile is done, too.
            while pending and (future := ends.next(0.0)) is not None:
                pending.discard(future)
        return DoneAndNotDoneFutures(futures - pending, pending)
    finally:
        del fs, futures, pending, future  # no cycle, as in next()


def _ends_wait(future: Any, return_when: str) -> bool:
    if return_when == FIRST_EXCEPTION:
        return not future.cancelled() and future.exception() is not None
    return return_when == FIRST_COMPLETED


_imports.catch_up()
