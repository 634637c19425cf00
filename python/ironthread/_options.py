"""What `ThreadPoolExecutor.options()` returns."""

from __future__ import annotations

from concurrent.futures import _base

from ironthread._pool_map import mapped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, ParamSpec, TypeVar

    from ironthread._futures import Future
    from ironthread._intake import CallOptions
    from ironthread._pool import ThreadPoolExecutor

    _P = ParamSpec("_P")
    _T = TypeVar("_T")


class PoolWithOptions(_base.Executor):
    """A pool whose calls have options. All else is the pool's own."""

    def __init__(self, pool: ThreadPoolExecutor, options: CallOptions) -> None:
        self._pool = pool
        self._options = options

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        """Do what the pool's `submit()` does, with the options."""
        return self._pool._submit_with(self._options, fn, args, kwargs)

    def map(
        self,
        fn: Callable[..., _T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,  # noqa: ARG002 (for pools of processes)
        buffersize: int | None = None,
    ) -> Iterator[_T]:
        """Do what the pool's `map()` does, each call with the options.

        `timeout` is the results': submitting may take longer, for as long as the option of that
        name allows for each call. The result of a call that its deadline has cancelled is an error,
        CancelledError.
        """
        return mapped(self._pool, self._options, fn, iterables, timeout, buffersize)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Shut the pool down."""
        self._pool.shutdown(wait, cancel_futures=cancel_futures)
