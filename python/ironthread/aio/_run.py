"""`run()`: a program's event loop and its pool of threads, from the begin to an orderly end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ironthread.aio import _ending
from ironthread.aio._termination import Termination
from ironthread.futures import ThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")

LOGGER = logging.getLogger("ironthread.aio")


def run(
    main: Coroutine[Any, Any, T],
    *,
    executor: Any = None,
    grace: float = 30.0,
    debug: bool | None = None,
) -> T | None:
    """Run a coroutine in a loop of its own, and end gracefully on SIGTERM; return what it returns.

    Like `asyncio.run()`, and:

    * `executor`, a ThreadPoolExecutor (None: one made here), is the loop's default executor, and is
      shut down at the end.
    * SIGTERM cancels main, as Ctrl-C does, and from then on the program has `grace` seconds. Main
      cleans up by its own `finally` and `except CancelledError`, with the loop, the other tasks and
      the pool at work; then the tasks that are left are cancelled, then the pool's calls that have
      not begun; those that run are awaited. What has not ended in time is cancelled once more, or
      left behind. What main left for others to end is named in warnings of the logger
      `ironthread.aio`.
    * A second SIGTERM ends the process at once, as SIGTERM does without a handler.

    When main has ended by that cancellation None is returned and the program goes on, to exit with
    status 0 unless it says otherwise; whatever main returns or raises instead counts as always.
    After Ctrl-C the end is the same, from main's end on, and KeyboardInterrupt is raised, whether
    SIGTERM comes before or after it. When main ends by itself its tasks are cancelled and all calls
    of the pool are awaited, as `asyncio.run()` does; a SIGTERM then begins the time of grace.

    SIGTERM is left alone outside of the main thread, and where the program has its own handler.
    RuntimeError is raised when the thread runs a loop already, ValueError for a negative `grace`,
    TypeError when main is no coroutine.
    """
    if not isinstance(main, Coroutine):
        raise TypeError(f"main must be a coroutine, such as main(), not {main!r}")
    with _closing(main):
        if not grace >= 0:
            raise ValueError("'grace' must be a non-negative number")
        if asyncio._get_running_loop() is not None:
            raise RuntimeError("aio.run() cannot be called from a running event loop")
        with asyncio.Runner(debug=debug) as runner:
            loop = runner.get_loop()
            pool = ThreadPoolExecutor(thread_name_prefix="aio") if executor is None else executor
            loop.set_default_executor(pool)
            termination = Termination(loop)
            supervised = _supervise(main, pool, grace, termination)
            with _closing(supervised), termination.handled():
                return runner.run(supervised)


@contextmanager
def _closing(coroutine: Coroutine[Any, Any, Any]) -> Iterator[None]:
    """Close a coroutine that may not come to run, which would be warned of."""
    try:
        yield
    finally:
        coroutine.close()


class _Request:
    """The request to end that main gets, and what it does with it."""

    def __init__(self, grace: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        self._grace = grace
        self._reminder: asyncio.TimerHandle | None = None
        self._made = 0
        self.deadline: float | None = None

    def make(self) -> None:
        """Have main end within the time of grace."""
        assert self._task is not None
        self.limit()
        self._reminder = self._loop.call_later(self._grace, self._remind)
        if not self._task.cancelling():  # Ctrl-C came before, and main is about to end
            self._cancel()

    def limit(self) -> None:
        """The time of grace begins."""
        if self.deadline is None:
            self.deadline = self._loop.time() + self._grace

    def is_all_there_is(self) -> bool:
        """Whether nothing but SIGTERM has asked main to end."""
        assert self._task is not None
        return 0 < self._made == self._task.cancelling()

    def is_answered(self) -> None:
        """Main has ended: a cancellation that comes now is somebody else's."""
        if self._reminder is not None:
            self._reminder.cancel()
        for _ in range(self._made):
            assert self._task is not None
            self._task.uncancel()

    def _remind(self) -> None:
        LOGGER.warning(
            "main has not ended within %g s of SIGTERM, and is cancelled once more: %s",
            self._grace,
            _ending.place_of(self._task),
        )
        self._cancel()

    def _cancel(self) -> None:
        assert self._task is not None
        self._made += 1
        self._task.cancel()


async def _supervise(
    main: Coroutine[Any, Any, T], pool: Any, grace: float, termination: Termination
) -> T | None:
    request = _Request(grace)
    termination.begins(request.make)
    try:
        return await main
    except asyncio.CancelledError:
        if request.is_all_there_is():
            return None
        # By Ctrl-C, of which the Runner makes a KeyboardInterrupt; or by main's own doing.
        request.limit()
        raise
    finally:
        request.is_answered()
        end = _ending.End(grace, request.deadline)
        termination.begins(end.hurry)
        await end.of_tasks()
        await end.of_generators()
        await end.of_pool(pool)
        termination.is_over()
