"""A call that is to be made, and the future of its outcome: for queues that are no `PoolJobs`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ironthread import _core
    from ironthread._futures import Future


class Job:
    """A call, and the future of its outcome."""

    __slots__ = ("args", "fn", "future", "kwargs", "task")

    def __init__(
        self,
        future: Future[Any],
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.future = future
        self.fn = fn
        self.args = args
        self.kwargs = kwargs
        # What is told of the call, in a pool that is watched.
        self.task: _core.PoolTask | None = None

    def run(self) -> None:
        """Make the call, unless it was cancelled."""
        future = self.future
        if not future._start_here():
            return
        task = self.task
        if task is not None:
            task.begin()
        # Told before the outcome is there: who waits for that finds it counted.
        try:
            result = self.fn(*self.args, **self.kwargs)
        except BaseException as error:
            if task is not None:
                task.end(failed=True)
            future.set_exception(error)
            # The error's traceback leads to this frame: no cycle through it.
            del future, self
        else:
            if task is not None:
                task.end(failed=False)
            future.set_result(result)

    def abandon(self, error: BaseException | None = None) -> None:
        """Nobody will make the call: its future is cancelled, or gets the error."""
        future = self.future
        if error is None:
            if future.cancel():
                # Who waits for all futures is told now.
                future.set_running_or_notify_cancel()
        elif future.set_running_or_notify_cancel():
            future.set_exception(error)
