"""The threads of one test: joined within a limit, their errors raised where the test can see them."""

from __future__ import annotations

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, Generic, ParamSpec, Self, TypeVar

from ironthread import _core

T = TypeVar("T")
P = ParamSpec("P")

LIMIT_SECONDS = 30.0


class Hung(AssertionError):
    """A thread did not end, or did not come to wait, within the limit."""


class Member(Generic[T]):
    """A thread that calls one function."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._result: T
        self._error: BaseException | None = None
        # A daemon: one that is stuck must not keep the test process alive.
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._result = self._function()
        except BaseException as error:
            self._error = error

    def result(self, limit: float = LIMIT_SECONDS) -> T:
        """Wait for the thread's end; return what the function returned, raise what it raised."""
        self.thread.join(limit)
        if self.thread.is_alive():
            raise Hung(f"a thread has not ended after {limit} s; it is at\n{self.stack()}")
        if self._error is not None:
            raise self._error
        return self._result

    def stack(self) -> str:
        """Where the thread is now."""
        return stack_of(self.thread)

    @property
    def is_alive(self) -> bool:
        """Whether the function runs yet."""
        return self.thread.is_alive()

    def until_asleep(self, kind: str | None = None) -> Self:
        """Wait until the thread waits for a thing of this kind (None: of any kind) of the engine."""
        until_asleep(self.thread, kind, lambda: self.is_alive)
        return self


class Crew:
    """Starts threads; at the end of the block all have ended, and the first error is raised."""

    def __init__(self, limit: float = LIMIT_SECONDS) -> None:
        self._limit = limit
        self._members: list[Member[Any]] = []

    def start(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Member[T]:
        """Start a thread that calls the function."""
        member = Member(lambda: function(*args, **kwargs))
        self._members.append(member)
        return member

    def dismiss(self, members: list[Member[Any]]) -> None:
        """Leave members out of account whose end has been seen to: those that failed as they should."""
        self._members = [member for member in self._members if member not in members]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A block that failed may have left its threads waiting for ever; its own error says more.
        if error is None:
            self.join()

    def join(self) -> list[Any]:
        """Wait for all; return their results in the order of their start."""
        deadline = time.monotonic() + self._limit
        return [member.result(max(deadline - time.monotonic(), 0.01)) for member in self._members]


def stack_of(thread: threading.Thread) -> str:
    """Where the thread is now."""
    frame = sys._current_frames().get(thread.ident or 0)
    return "".join(traceback.format_stack(frame)) if frame else "(nowhere)"


def until_ended(threads: Iterable[threading.Thread], limit: float = LIMIT_SECONDS) -> None:
    """Wait until the threads have ended."""
    deadline = time.monotonic() + limit
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.01))
        if thread.is_alive():
            raise Hung(
                f"{thread} has not ended after {limit} s; it waits for {_waiting(thread)}, at\n"
                f"{stack_of(thread)}"
            )


def _waiting(thread: threading.Thread) -> dict[str, Any] | None:
    for row in _core.watch_snapshot()["threads"]:
        if row["ident"] == thread.ident and row["alive"]:
            waiting: dict[str, Any] | None = row["waiting"]
            return waiting
    return None


def waiting_kind(thread: threading.Thread) -> str | None:
    """What kind of thing of the engine the thread waits for now."""
    waiting = _waiting(thread)
    return None if waiting is None else str(waiting["kind"])


def is_asleep(thread: threading.Thread, kind: str | None = None) -> bool:
    """Whether the thread waits for a thing of this kind (None: of any kind) and has come to sleep.

    The engine notes the wait before it lets the interpreter go, and that takes a moment in which the
    thread may sleep for the interpreter's own sake. A signal that comes in that moment is handled after
    the next one only, as in the standard library. So look, let others run, and look again.
    """
    waiting = _waiting(thread)
    if waiting is None or (kind is not None and waiting["kind"] != kind):
        return False
    time.sleep(0.001)
    return _sleeps_in_kernel(thread) and _waiting(thread) == waiting


def _sleeps_in_kernel(thread: threading.Thread) -> bool:
    try:
        with open(f"/proc/self/task/{thread.native_id}/stat", encoding="utf-8") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"
    except FileNotFoundError:
        # Not Linux: what the engine notes has to do.
        return True


def until_asleep(
    thread: threading.Thread,
    kind: str | None = None,
    alive: Callable[[], bool] = lambda: True,
    limit: float = LIMIT_SECONDS,
) -> None:
    """Wait until the thread waits for a thing of this kind (None: of any kind) of the engine."""
    deadline = time.monotonic() + limit
    while not is_asleep(thread, kind):
        if not alive():
            raise Hung("the thread ended and never waited")
        if time.monotonic() > deadline:
            raise Hung(f"the thread waits for {waiting_kind(thread)}, not for {kind or 'anything'}")
        time.sleep(0.0005)


def until(condition: Callable[[], object], limit: float = LIMIT_SECONDS) -> None:
    """Wait until the condition holds: for what cannot be waited for otherwise."""
    deadline = time.monotonic() + limit
    while not condition():
        if time.monotonic() > deadline:
            raise Hung("what was waited for did not come")
        time.sleep(0.0005)
