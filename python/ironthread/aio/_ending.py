"""Ending what main has left: tasks, and a pool's calls. Nothing is cut short in silence."""

from __future__ import annotations

import asyncio
import logging
import os.path
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ironthread.futures import ThreadPoolExecutor

if TYPE_CHECKING:
    from collections.abc import Iterable
    from types import CodeType, FrameType

LOGGER = logging.getLogger("ironthread.aio")

_HERE = os.path.dirname(__file__)

LAST_MOMENT = 0.5
"""Seconds that are waited for what was told to end, when nothing is left of the time of grace."""


async def end_tasks(deadline: float) -> None:
    """Cancel all tasks but this one, and wait for them."""
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if not left:
        return
    LOGGER.warning("tasks that main left, cancelled: %s", _names(left))
    for task in left:
        task.cancel()
    _, pending = await asyncio.wait(left, timeout=_patience(deadline))
    if pending:
        LOGGER.warning("tasks that have not ended by their cancellation: %s", _names(pending))


async def end_pool(pool: Any, deadline: float) -> None:
    """Shut the pool down: cancel calls that have not begun, wait for the others.

    The waiting is done by a thread of its own, as in the loop's own `shutdown_default_executor()`.
    """
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def shut_down() -> None:
        try:
            pool.shutdown(wait=True, cancel_futures=True)
        finally:
            with suppress(RuntimeError):  # the loop was closed, and nobody waits any more
                loop.call_soon_threadsafe(over.cancel)

    # A daemon: the end of the interpreter waits for the calls by itself.
    threading.Thread(target=shut_down, name="aio-shutdown", daemon=True).start()
    await asyncio.wait({over}, timeout=_patience(deadline))
    if not over.done():
        LOGGER.warning(
            "calls that have not ended, which the end of the process waits for: %s",
            "; ".join(_calls_of(pool)) or "(none begun)",
        )
        # The loop would wait for them as well, without limit: it gets another pool, without work.
        loop.set_default_executor(ThreadPoolExecutor())


def place_of(task: asyncio.Task[Any] | None) -> str:
    """Where a task waits: the coroutines that await each other, and the line of the innermost."""
    coroutine: Any = task.get_coro() if task is not None else None
    names, frame = [], None
    while coroutine is not None:
        own = getattr(coroutine, "cr_frame", None)
        if own is not None and not own.f_code.co_filename.startswith(_HERE):
            frame = own
            names.append(own.f_code.co_qualname)
        coroutine = getattr(coroutine, "cr_await", None)
    if frame is None:
        return "(nowhere)"
    return f"{' > '.join(names)} ({frame.f_code.co_filename}:{frame.f_lineno})"


def _patience(deadline: float) -> float:
    return max(deadline - asyncio.get_running_loop().time(), LAST_MOMENT)


def _names(tasks: Iterable[asyncio.Task[Any]]) -> str:
    return ", ".join(sorted(f"{task.get_name()} in {place_of(task)}" for task in tasks))


def _calls_of(pool: Any) -> list[str]:
    """The calls that the pool's threads are in."""
    frames = sys._current_frames()
    calls = []
    for thread in list(pool._threads):
        frame = frames.get(thread.ident)
        call = None if frame is None else _call_in(frame)
        if call is not None:
            calls.append(f"{call}, thread {thread.name}")
    return sorted(calls)


def _call_in(frame: FrameType) -> str | None:
    """The call that a worker is in, by its innermost frame; None when it is in none."""
    inner, outer = frame, frame.f_back
    while outer is not None:
        if _runs_jobs(outer.f_code):
            place = f" at {_place(frame)}" if inner is not frame else ""
            return f"{inner.f_code.co_qualname}{place}" if place else _place(frame)
        inner, outer = outer, outer.f_back
    if not _runs_jobs(frame.f_code):
        return None
    # Nothing but native code below: what is called is the job's.
    job = frame.f_locals.get("self")
    return repr(getattr(job, "fn", None) or getattr(job, "task", "a call"))


def _runs_jobs(code: CodeType) -> bool:
    module = os.path.splitext(code.co_filename)[0].replace(os.sep, "/")
    return code.co_name == "run" and module.endswith(("ironthread/_job", "futures/thread"))


def _place(frame: FrameType) -> str:
    code = frame.f_code
    return f"{code.co_qualname} ({code.co_filename}:{frame.f_lineno})"
