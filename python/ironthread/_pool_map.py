"""The results of a pool's `map()`, one after the other."""

from __future__ import annotations

from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    import weakref
    from collections import deque
    from collections.abc import Callable, Iterator
    from typing import Any

    from ironthread._pool import ThreadPoolExecutor


def results(
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
