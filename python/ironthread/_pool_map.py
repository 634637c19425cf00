"""A pool's `map()`: its calls, and their results one after the other."""

from __future__ import annotations

import weakref
from collections import deque
from itertools import islice, repeat
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from ironthread._intake import CallOptions
    from ironthread._pool import ThreadPoolExecutor


def mapped(
    pool: ThreadPoolExecutor,
    options: CallOptions | None,
    fn: Callable[..., Any],
    iterables: tuple[Iterable[Any], ...],
    timeout: float | None,
    buffersize: int | None,
) -> Iterator[Any]:
    """Do what `pool.map()` says; the calls have these options."""
    if buffersize is not None and not isinstance(buffersize, int):
        raise TypeError("buffersize must be an integer or None")
    if buffersize is not None and buffersize < 1:
        raise ValueError("buffersize must be None or > 0")
    deadline = None if timeout is None else monotonic() + timeout
    calls = zip(*iterables, strict=False)
    futures: deque[Any] = deque()
    try:
        if options is None and buffersize is None and iterables:
            # Without a frame for each.
            futures.extend(map(pool.submit, repeat(fn), *iterables))
        else:
            for args in calls if buffersize is None else islice(calls, buffersize):
                futures.append(_submit(pool, options, fn, args))
    except BaseException:
        for future in futures:
            future.cancel()
        raise
    more = None if buffersize is None else _More(pool, options, fn, calls)
    return _results(futures, deadline, more)


def _submit(
    pool: ThreadPoolExecutor,
    options: CallOptions | None,
    fn: Callable[..., Any],
    args: tuple[Any, ...],
) -> Any:
    if options is None:
        return pool.submit(fn, *args)
    return pool._submit_with(options, fn, args, {})


class _More:
    """The calls that are submitted as results are taken. A pool that is dropped gets no more."""

    def __init__(
        self,
        pool: ThreadPoolExecutor,
        options: CallOptions | None,
        fn: Callable[..., Any],
        calls: Iterator[Any],
    ) -> None:
        self._reference = weakref.ref(pool)
        self._options = options
        self._fn = fn
        self._calls = calls

    def submit_next(self, futures: deque[Any]) -> None:
        pool = self._reference()
        if pool is None or pool._shutdown:
            return
        for args in self._calls:
            futures.append(_submit(pool, self._options, self._fn, args))
            return


def _results(futures: deque[Any], deadline: float | None, more: _More | None) -> Iterator[Any]:
    try:
        while futures:
            if more is not None:
                more.submit_next(futures)
            if futures[0].done():
                yield futures.popleft().result()
                continue
            limit = None if deadline is None else deadline - monotonic()
            yield _result_of(futures.popleft(), limit)
    finally:
        for future in futures:
            future.cancel()


def _result_of(future: Any, limit: float | None) -> Any:
    try:
        try:
            return future.result(limit)
        finally:
            future.cancel()
    finally:
        # An error's traceback leads to this frame: no cycle through it.
        del future
