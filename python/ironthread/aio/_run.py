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
      not begun; those that run are awaited. What has not ended in time, main or another task, is
      cancelled once more, and left behind when it does not end by that, either: the loop closes
      under it. That, and what main left for others to end, is named in warnings of the logger
      `ironthread.aio`.
    * A second SIGTERM ends the process at once, as SIGTERM does without a handler.

    When main has ended by that cancellation, or was left behind, None is returned and the program
    goes on, to exit with status 0 unless it says otherwise; whatever main returns or raises instead
    counts as always.
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
            request = _Request(loop, grace)
            supervised = _supervise(main, pool, request, termination)
            with _closing(supervised), termination.handled():
                try:
                    return runner.run(supervised)
                except RuntimeError:  # of a loop that was stopped
                    if not request.gave_up:
                        raise
                runner.run(_end(pool, request, termination))
                if request.is_all_there_was:
                    return None
                raise KeyboardInterrupt


@contextmanager
def _closing(coroutine: Coroutine[Any, Any, Any]) -> Iterator[None]:
    """Close a coroutine that may not come to run, which would be warned of."""
    try:
        yield
    finally:
        coroutine.close()


class _Request:
    """The request to end that main gets, and what it does with it."""

    def __init__(self, loop: asyncio.AbstractEventLoop, grace: float) -> None:
        self.grace = grace
        self.gave_up = False
        self.is_all_there_was = False
        self._loop = loop
        self._task: asyncio.Task[Any] | None = None
        self._reminder: asyncio.TimerHandle | None = None
        self._made = 0
        self.deadline: float | None = None

    def is_for(self, task: asyncio.Task[Any] | None) -> None:
        """It is the task that runs main."""
        self._task = task

    def make(self) -> None:
        """Have main end within the time of grace."""
        assert self._task is not None
        self.limit()
        self._reminder = self._loop.call_later(self.grace, self._remind)
        if not self._task.cancelling():  # Ctrl-C came before, and main is about to end
            self._cancel()

    def limit(self) -> None:
        """The time of grace begins."""
        if self.deadline is None:
            self.deadline = self._loop.time() + self.grace

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
            self.grace,
            _ending.place_of(self._task),
        )
        self._cancel()
        self._reminder = self._loop.call_later(_ending.LAST_MOMENT, self._give_up)

    def _give_up(self) -> None:
        """Leave main behind. The loop stops, for main's task is what it runs for."""
        assert self._task is not None
        place = _ending.place_of(self._task)
        LOGGER.warning("main has not ended by its cancellation, left behind: %s", place)
        self.gave_up, self.is_all_there_was = True, self.is_all_there_is()
        _ending.forget([self._task])
        self._task._log_destroy_pending = False  # type: ignore[attr-defined] # it has been told
        self._loop.stop()

    def _cancel(self) -> None:
        assert self._task is not None
        self._made += 1
        self._task.cancel()


async def _supervise(
    main: Coroutine[Any, Any, T], pool: Any, request: _Request, termination: Termination
) -> T | None:
    request.is_for(asyncio.current_task())
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
        # When main was left behind, this is merely the end of its coroutine, at some time.
        if not request.gave_up:
            request.is_answered()
            await _end(pool, request, termination)


async def _end(pool: Any, request: _Request, termination: Termination) -> None:
    """End what main has left."""
    end = _ending.End(request.grace, request.deadline)
    termination.begins(end.hurry)
    await end.of_tasks()
    await end.of_generators()
    await end.of_pool(pool)
    termination.is_over()
