"""`Timer`: a thread that begins when its time has come.

The standard library starts an operating system's thread for each timer, which sleeps until the
timer is due. Ours stands on an agenda that one thread serves for all
(`ironthread._timer_service`), and gets a thread of its own when it is due;
`threading.current_thread()` is the timer in there. Meanwhile it is alive, is listed by
`threading.enumerate()`, can be joined, and keeps the process unless it is a daemon, as ever. What
differs until then: `ident` and `native_id` are None, `_thread._count()` does not count it, and a
debugger finds no stack of it.

When the system has no more threads for one that is due, it runs on the agenda's thread, and the
others wait for it.

A subclass with a `run()` of its own, or an interval that is no number, gets a thread at once.
"""

from __future__ import annotations

import sys
import threading
from _contextvars import Context, copy_context
from time import monotonic

from ironthread import _core, _late_threads
from ironthread._pose import pose
from ironthread._threads import (
    ENDED,
    HANDLE,
    HAS_HANDLE,
    StandardThread,
    Thread,
    claim_start,
    drop_claim,
)
from ironthread._timer_service import SERVICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

# The interpreter's own part of threading, which has no types.
_standard: Any = threading

_StandardTimer = threading.Timer

_HAS_CONTEXT = hasattr(threading.main_thread(), "_context")  # 3.14 and later


class _Finished(_core.Event):
    """Set when a timer is done or cancelled; setting it takes the timer off the agenda."""

    def __init__(self) -> None:
        # Not the timer itself: that would be a cycle, and keep a timer until a collection.
        self.daemon = False
        # What the agenda said when the timer was put on it.
        self.added: list[tuple[_core.AgendaKey, bool]] = []

    def set(self) -> None:
        """Set the flag, and end the timer if it is pending."""
        self._end_pending()
        super().set()
        self._end_pending()  # it got onto the agenda meanwhile

    def _end_pending(self) -> None:
        for key, _ in self.added:
            # Off the agenda and not ended, or ended by no cancel: neither a signal handler nor the
            # end of the program sees that.
            SERVICES[self.daemon].agenda.cancel(key, self, _standard._limbo, ENDED)


class _Started(_core.Event):
    """The `_started` of a pending timer: it counts as started, and has yet to begin."""

    def __init__(self) -> None:
        self.begun = _core.start_event()
        super().set()

    def set(self) -> None:
        """Called by the bootstrap in the new thread."""
        self.begun.set()


class Timer(_StandardTimer, Thread):
    """Calls a function after some seconds, unless cancelled before.

    Follows https://docs.python.org/3/library/threading.html#timer-objects. What differs: all timers
    wait on one thread, and each gets its own when it is due. Until then `ident` and `native_id` are
    None, `_thread._count()` does not count it, and there is no frame or stack of it. When the
    system has no more threads, timers that are due run one after the other.
    """

    if TYPE_CHECKING:
        finished: _Finished  # type: ignore[assignment]
        _context: Any

    # Whether it waits on the agenda for its thread, and since when.
    _pending = False
    _pending_since = 0.0

    def __init__(
        self,
        interval: float,
        function: Callable[..., object],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        _StandardTimer.__init__(self, interval, function, args, kwargs)
        self.finished = _Finished()  # pyright: ignore[reportIncompatibleVariableOverride]

    def start(self) -> None:
        """Start the timer. Raises RuntimeError when it was started before, or when it cannot be."""
        # By the names of classes: `uninstall()` may give it another class at any moment.
        if not Timer._can_pend(self):
            Thread.start(self)
            return
        claim = object()
        try:
            claim_start(self, claim)
            if self._started.is_set():
                StandardThread.start(self)  # which says so
            Timer._start_to_pend(self)
        finally:
            drop_claim(self, claim)

    def _start_to_pend(self) -> None:
        added = self.finished.added
        try:
            Timer._to_pend(self)
            SERVICES[self.daemon].add(self.interval, self, added)
        except BaseException:
            # What interrupts the start of a thread leaves it running, and so a timer on the agenda.
            if not added:
                Timer._not_to_pend(self)
            raise
        if not added:
            Timer._not_to_pend(self)
            StandardThread.start(self)
        elif self.finished.is_set():
            self.finished.set()  # it was set before it knew the key

    def _to_pend(self) -> None:
        if _HAS_CONTEXT and self._context is None:
            self._context = _context_to_start_with()
        self._life = _core.Life()
        self._started = _Started()
        self._pending = True
        self._pending_since = monotonic()
        self.finished.daemon = self.daemon
        # Without the lock, which is for moving from one table to the other: see `Service.add`.
        _standard._limbo[self] = self

    def _not_to_pend(self) -> None:
        _standard._limbo.pop(self, None)
        self._pending = False
        self._started = _core.Event()
        self._life = None

    def _pending_seconds(self) -> float:
        return monotonic() - self._pending_since

    def _can_pend(self) -> bool:
        return (
            self._initialized
            and not self._started.is_set()
            and type(self).run is Timer.run
            and "run" not in vars(self)
            and type(self.finished) is _Finished
            and isinstance(self.interval, (int, float))
            and self.interval <= threading.TIMEOUT_MAX
        )

    def run(self) -> None:
        """Call the function, after the interval unless that has passed on the agenda."""
        if not _is_pending(self):
            self.finished.wait(self.interval)
        self._pending = False
        if not self.finished.is_set():
            self.function(*self.args, **self.kwargs)
        self.finished.set()

    def is_alive(self) -> bool:
        """Return whether the timer was started and has neither ended nor been cancelled."""
        if _is_pending(self) and self._life is not None:
            # Until 3.12 an interpreter that ends says of all that it does not wait for: ended.
            return not self._life.is_over() and (HAS_HANDLE or not sys.is_finalizing())
        return StandardThread.is_alive(self)

    def _fire(self) -> None:
        """Begin; called when due, by the thread that serves the agenda."""
        started: Any = self._started
        try:
            has_thread = self._start_now(started.begun)
        except BaseException:
            _end_unrun(self)
            raise
        if has_thread:
            # The end of the program waits for threads that have begun, not for those about to.
            started.begun.wait()
        else:
            # Not as an exception is handled: the program's would have ours for their context.
            self._run_here()

    def _start_now(self, begun: _core.Event) -> bool:
        """Start its thread, which sets `begun`; return whether one can be had."""
        try:
            if HAS_HANDLE:
                handle = getattr(self, HANDLE)
                _standard._start_joinable_thread(self._bootstrap, handle=handle, daemon=self.daemon)
            else:
                _standard._start_new_thread(self._bootstrap, ())
        except RuntimeError as error:
            if not _late_threads.is_early(error):
                return False
        else:
            return True
        return _late_threads.start(self._bootstrap, begun)

    def _run_here(self) -> None:
        """Do what the bootstrap does, in a thread that goes on to do other things."""
        _core.thread_named(self._name)  # from here on it does the program's work
        self._ident = ident = threading.get_ident()
        if hasattr(self, "_set_native_id"):
            self._set_native_id()
        with _standard._active_limbo_lock:
            _standard._active[ident] = self
            _standard._limbo.pop(self, None)
        try:
            sys.settrace(_standard._trace_hook)
            sys.setprofile(_standard._profile_hook)
            try:
                # Until 3.13 every thread begins with an empty one.
                context = self._context if _HAS_CONTEXT else Context()
                context.run(self.run)
            except BaseException:
                self._invoke_excepthook(self)
        finally:
            sys.settrace(None)
            sys.setprofile(None)
            with _standard._active_limbo_lock:
                del _standard._active[ident]
            _end_unrun(self)

    def _left_behind(self) -> None:
        self._pending = False
        Thread._left_behind(self)


def _is_pending(timer: Timer) -> bool:
    return getattr(timer, "_pending", False)  # it may be of another class by now


def _end_unrun(timer: Timer) -> None:
    """End a timer without a thread of its own."""
    _core.end_timer(timer, _standard._limbo, ENDED)


def _context_to_start_with() -> Context:
    """The context of a thread that was not given one: it is that of the moment of its start."""
    # A flag that the interpreter has from 3.14 on.
    inherits = getattr(sys.flags, "thread_inherit_context", False)
    return copy_context() if inherits else Context()


pose(Timer, _StandardTimer)
