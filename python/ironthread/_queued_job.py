"""What the backlog of a pool with options holds: a call that can be taken back.

Whoever takes a job out of the backlog (a worker, its cancellation, its deadline, a shutdown) is
the only one to do so, and tells those who wait for the future.
"""

from __future__ import annotations

from concurrent.futures import _base
from time import monotonic

from ironthread._job import Job
from ironthread._timer_service import SERVICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from contextvars import Context
    from typing import Any

    from ironthread import _core
    from ironthread._futures import Future

# Deadlines keep no program from ending: the workers do, as long as there are calls.
_SERVICE = SERVICES[True]


class QueuedJob(Job):
    """A call that may have a context to run in, and a moment by which it is to have begun."""

    __slots__ = ("_added", "_backlog", "_context", "_key", "due")

    def __init__(
        self,
        future: Future[Any],
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        backlog: _core.Backlog,
        context: Context | None,
        due: float | None,
    ) -> None:
        super().__init__(future, fn, args, kwargs)
        self.due = due
        self._backlog = backlog
        self._context = context
        self._key: _core.BacklogKey | None = None
        # What the agenda of the timers said when the deadline was put on it.
        self._added: list[tuple[_core.AgendaKey, bool]] = []

    def is_late(self) -> bool:
        """Whether the call was to have begun by now."""
        return self.due is not None and monotonic() >= self.due

    def put(self, place: _core.BacklogPlace, priority: int) -> None:
        """Wait for a worker, in a place of the backlog."""
        try:
            if self.due is not None:
                _SERVICE.add(max(self.due - monotonic(), 0.0), self, self._added)
            self._key = place.put(priority, self)
        except BaseException:
            self._forget_deadline()
            raise
        self.future.add_done_callback(self._ended)
        if self.is_late():
            self._fire()  # it was due before it had a key

    def run(self) -> None:
        """Make the call unless it was cancelled or is late. For the worker that took the job."""
        future = self.future
        backlog = self._backlog
        if self.is_late():
            future.cancel()
        try:
            begins = future._start_here()
        except BaseException:
            backlog.done()
            raise
        if not begins:
            backlog.done()
            return
        task = self.task
        if task is not None:
            task.begin()
        # The place is free before the outcome is there: who waits for that may submit again.
        call, args = self._prepared()
        try:
            result = call(*args, **self.kwargs)
        except BaseException as error:
            if task is not None:
                task.end(failed=True)
            backlog.done()
            future.set_exception(self._explained(error))
            # The error's traceback leads to this frame: no cycle through it.
            del future, self
        else:
            if task is not None:
                task.end(failed=False)
            backlog.done()
            future.set_result(result)

    def run_here(self) -> None:
        """Make the call in the thread that submits it; it is in no backlog.

        What ends threads (Ctrl-C, SystemExit) comes out here, too.
        """
        future = self.future
        future._start_here()
        task = self.task
        if task is not None:
            task.begin(by_worker=False)
        call, args = self._prepared()
        try:
            result = call(*args, **self.kwargs)
        except BaseException as error:
            if task is not None:
                task.end(failed=True, by_worker=False)
            future.set_exception(self._explained(error))
            del future, self  # no cycle, as above
            if not isinstance(error, Exception):
                raise
        else:
            if task is not None:
                task.end(failed=False, by_worker=False)
            future.set_result(result)

    def _prepared(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """What to call, with which arguments, without a frame of ours for a traceback to keep."""
        if self._context is None:
            return self.fn, self.args
        return self._context.run, (self.fn, *self.args)

    def _explained(self, error: BaseException) -> BaseException:
        """The error, in our words if it is that the call could not enter its context."""
        entered = (
            self._context is None
            or not isinstance(error, RuntimeError)
            or error.__traceback__ is None
            or error.__traceback__.tb_next is not None
            or "cannot enter context" not in str(error)
        )
        if entered:
            return error
        explained = RuntimeError(
            "the context given to options(context=...) was in use by another call, or thread: it "
            "runs one call at a time"
        )
        explained.__cause__ = error
        return explained

    def _fire(self) -> None:
        """The deadline has come; called by the thread that serves timers."""
        if self._taken_back():
            self.abandon()

    def _invoke_excepthook(self, _: object) -> None:
        _base.LOGGER.critical("Exception at the deadline of a call", exc_info=True)

    def _ended(self, future: Future[Any]) -> None:
        self._forget_deadline()
        if future.cancelled() and self._taken_back():
            future.set_running_or_notify_cancel()

    def _taken_back(self) -> bool:
        return self._key is not None and self._backlog.remove(self._key) is not None

    def _forget_deadline(self) -> None:
        for key, _ in self._added:
            _SERVICE.agenda.remove(key)
