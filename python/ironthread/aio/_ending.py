"""Ending what main has left: tasks, and a pool's calls. Nothing is cut short in silence."""

from __future__ import annotations

import asyncio
import logging
import os.path
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ironthread import _core
from ironthread.futures import ThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, FrameType

LOGGER = logging.getLogger("ironthread.aio")

_HERE = os.path.dirname(__file__)
_JOBS = ("ironthread/_job", "ironthread/_queued_job", "futures/thread")
_WORKER = "ironthread/_worker"

LAST_MOMENT = 0.5
"""Seconds that are waited for what was told to end, when nothing is left of the time of grace."""

MOST_NAMED = 10
"""How many tasks a warning names; it counts the others."""


class End:
    """The end of what runs beside main: without a time limit, until one is set."""

    def __init__(self, grace: float, deadline: float | None) -> None:
        """`deadline`, of the loop's clock, is set already when main was asked to end."""
        self._loop = asyncio.get_running_loop()
        self._grace = grace
        self._deadline = deadline
        self._limited: asyncio.Future[None] = self._loop.create_future()
        if deadline is not None:
            self._limited.set_result(None)

    def hurry(self) -> None:
        """Have it end within the time of grace from now on, unless that has begun."""
        if not self._limited.done():
            self._deadline = self._loop.time() + self._grace
            self._limited.set_result(None)

    async def of_tasks(self) -> None:
        """Cancel all tasks but this one, and wait for them."""
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left and self._deadline is not None:
            LOGGER.warning("tasks that main left, cancelled: %s", _names(left))
        for task in left:
            task.cancel()
        pending = await self._wait(left)
        for task in left - pending:
            if not task.cancelled() and task.exception() is not None:
                self._loop.call_exception_handler(
                    {
                        "message": "unhandled exception at the end of aio.run()",
                        "exception": task.exception(),
                        "task": task,
                    }
                )
        if pending:
            LOGGER.warning("tasks that have not ended by their cancellation: %s", _names(pending))
            forget(pending)

    async def of_generators(self) -> None:
        """Close what is left of asynchronous generators."""
        closing = self._loop.create_task(self._loop.shutdown_asyncgens())
        pending = await self._wait({closing})
        if pending:
            LOGGER.warning("asynchronous generators that have not closed, left behind")
            forget(pending)

    async def of_pool(self, pool: Any) -> None:
        """Shut the pool down and wait for its calls. In a hurry, cancel those that have not begun.

        The waiting is done by a thread of its own, as in `loop.shutdown_default_executor()`.
        """
        over = self._loop.create_future()

        def end() -> None:
            if not over.done():
                over.set_result(None)

        def shut_down() -> None:
            try:
                pool.shutdown(wait=True)
            finally:
                with suppress(RuntimeError):  # the loop was closed, and nobody waits any more
                    self._loop.call_soon_threadsafe(end)

        def cancel(_: object) -> None:
            pool.shutdown(wait=False, cancel_futures=True)

        self._limited.add_done_callback(cancel)
        # A daemon: the end of the interpreter waits for the calls by itself.
        threading.Thread(target=shut_down, name="aio-shutdown", daemon=True).start()
        if await self._wait({over}):
            LOGGER.warning(
                "calls that have not ended, which the end of the process waits for: %s",
                "; ".join(_calls_of(pool)) or "(none begun)",
            )
            # The loop would wait for them without limit, too: it gets another pool, an idle one.
            self._loop.set_default_executor(ThreadPoolExecutor())

    async def _wait(self, things: set[Any]) -> set[Any]:
        """Wait for all; return those that are not done when the time is up."""
        if not things:
            return set()
        if self._deadline is None:
            all_done: Any = asyncio.gather(*things, return_exceptions=True)
            await asyncio.wait([all_done, self._limited], return_when=asyncio.FIRST_COMPLETED)
            if all_done.done():
                return set()
        assert self._deadline is not None
        patience = max(self._deadline - self._loop.time(), LAST_MOMENT)
        _, pending = await asyncio.wait(things, timeout=patience)
        return pending


def forget(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Leave tasks behind: the Runner would cancel them again, and wait without limit."""
    for task in tasks:
        asyncio._unregister_task(task)


def place_of(task: asyncio.Task[Any] | None) -> str:
    """Where a task waits: the coroutines that await each other, and the line of the innermost."""
    coroutine: Any = task.get_coro() if task is not None else None
    names: list[str] = []
    frame = None
    while coroutine is not None:
        own = getattr(coroutine, "cr_frame", None)
        if own is not None and not own.f_code.co_filename.startswith(_HERE):
            frame = own
            names.append(own.f_code.co_qualname)
        coroutine = getattr(coroutine, "cr_await", None)
    if frame is None:
        return "(nowhere)"
    return f"{' > '.join(names)} ({frame.f_code.co_filename}:{frame.f_lineno})"


def _names(tasks: Iterable[asyncio.Task[Any]]) -> str:
    names = sorted(f"{task.get_name()} in {place_of(task)}" for task in tasks)
    more = f", and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _calls_of(pool: Any) -> list[str]:
    """The calls that the pool's threads are in."""
    frames = sys._current_frames()
    calls: list[str] = []
    for thread in list(pool._threads):
        frame = frames.get(thread.ident)
        call = None if frame is None else _call_in(frame, thread)
        if call is not None:
            calls.append(f"{call}, thread {thread.name}")
    return sorted(calls)


def _call_in(frame: FrameType, thread: Any) -> str | None:
    """The call that a worker is in, by its innermost frame; None when it is in none."""
    inner, outer = frame, frame.f_back
    while outer is not None:
        if _runs_jobs(outer.f_code):
            place = f" at {_place(frame)}" if inner is not frame else ""
            return f"{inner.f_code.co_qualname}{place}" if place else _place(frame)
        inner, outer = outer, outer.f_back
    if not _runs_jobs(frame.f_code):
        return None
    # Nothing but native code below: what is called is the job's, where that is Python's.
    if frame.f_code.co_name == "work":
        return None if _core.thread_waiting(thread.ident) else "a call"
    job = frame.f_locals.get("self")
    return repr(getattr(job, "fn", None) or getattr(job, "task", "a call"))


def _runs_jobs(code: CodeType) -> bool:
    module = os.path.splitext(code.co_filename)[0].replace(os.sep, "/")
    if code.co_name == "work":
        return module.endswith(_WORKER)
    return code.co_name in ("run", "_call") and module.endswith(_JOBS)


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_qualname} ({code.co_filename}:{frame.f_lineno})"
