"""Where in its life a thread is, and what it is blocked on.

The engine knows what waits at its door. Of other threads the kernel tells whether they run and, if
not, in which system call they sleep: a futex there is the interpreter's own (the GIL, or on
free-threaded builds one of its locks), for ours are known; anything else is input, output or sleep.
See proc_pid_stat(5) and proc_pid_syscall(5).
"""

from __future__ import annotations

import os
import threading
from enum import Enum

from ironthread import _core
from ironthread._threads import StandardThread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_FUTEX = {"x86_64": "202", "aarch64": "98"}.get(os.uname().machine) if os.name == "posix" else None


class Phase(Enum):
    """The phases of a thread's life."""

    NEW = "new"
    """Not started."""
    RUNNABLE = "runnable"
    """Started, and waiting for the interpreter or a processor; or the system cannot tell."""
    RUNNING = "running"
    """Running on a processor: the calling thread, or code that does without the interpreter."""
    BLOCKED = "blocked"
    """Waiting for something: `ThreadState.waits_for`."""
    TERMINATED = "terminated"
    """Ended."""


class ThreadState:
    """What `state()` found out about a thread, at that moment."""

    __slots__ = ("made_at", "phase", "seconds", "waits_for")

    def __init__(
        self,
        phase: Phase,
        waits_for: str | None = None,
        made_at: tuple[str, int] | None = None,
        seconds: float | None = None,
    ) -> None:
        self.phase: Phase = phase
        self.waits_for: str | None = waits_for
        """What it is blocked on: `Lock`, `Queue.get`, `Thread.join`, ..., or `system call`."""
        self.made_at: tuple[str, int] | None = made_at
        """File and line that made the thing waited for, while `ironthread run` observes."""
        self.seconds: float | None = seconds
        """How long it has been blocked; None where nobody knows."""

    def __repr__(self) -> str:
        facts = f"Phase.{self.phase.name}"
        for name in ("waits_for", "made_at", "seconds"):
            value = getattr(self, name)
            if value is not None:
                facts += f", {name}={value!r}"
        return f"ThreadState({facts})"


def state(thread: threading.Thread) -> ThreadState:
    """Return where in its life `thread` is, and what it is blocked on and since when.

    The answer holds for the moment of asking. Raises TypeError for what is no thread.
    """
    if not isinstance(thread, StandardThread):
        raise TypeError(f"a threading.Thread is needed, not {type(thread).__name__!r}")
    private: Any = thread
    if not private._initialized or not private._started.is_set():
        return ThreadState(Phase.NEW)
    if not thread.is_alive():
        return ThreadState(Phase.TERMINATED)
    if thread.ident is None:
        # A timer that waits for its time without a thread of its own.
        return ThreadState(Phase.BLOCKED, "Timer", seconds=private._pending_seconds())
    if thread.ident == threading.get_ident():
        return ThreadState(Phase.RUNNING)
    waiting = _core.thread_waiting(thread.ident)
    if waiting is not None:
        return ThreadState(
            Phase.BLOCKED, waiting["kind"], waiting["origin"], seconds=waiting["since"]
        )
    return _from_kernel(thread.native_id)


def _from_kernel(native_id: int | None) -> ThreadState:
    task = f"/proc/self/task/{native_id}"
    try:
        with open(f"{task}/stat", encoding="utf-8", errors="replace") as file:
            # The name before it is in brackets and may contain anything.
            running = file.read().rpartition(")")[2].split()[0] == "R"
        if running:
            return ThreadState(Phase.RUNNING)
        with open(f"{task}/syscall", encoding="ascii") as file:
            call = file.read().split()[0]
    except (OSError, IndexError):  # another system, or the thread has just ended
        return ThreadState(Phase.RUNNABLE)
    if call in ("running", _FUTEX) or _FUTEX is None:
        return ThreadState(Phase.RUNNABLE)
    return ThreadState(Phase.BLOCKED, "system call")
