"""How a thread reaches a task that waits: once, through the task's loop."""

from __future__ import annotations

import asyncio
import os


class Call:
    """Wakes one waiting task of the loop that runs where it is made."""

    __slots__ = ("_loop", "_process", "come", "in_doubt")

    def __init__(self) -> None:
        """Make a call that has not come."""
        self._loop = asyncio.get_running_loop()
        self._process = os.getpid()
        self.come: asyncio.Future[None] = self._loop.create_future()
        # Whether making it has failed once, by which it may have come all the same.
        self.in_doubt = False

    def __call__(self) -> bool:
        """Wake the task; return whether it can be reached.

        May be called in any thread, from signal handlers and finalizers, and twice.
        """
        if self.come.done():
            # It failed on its way, came all the same, and was put back: the task may be gone.
            return False
        loop = self._loop
        if self._process != os.getpid():
            # A forked child: the loop goes on in the parent, and its self-pipe is shared with it.
            return False
        if asyncio._get_running_loop() is loop and asyncio.current_task(loop) is not None:
            # Inside a step of one of the loop's own tasks: it looks for what is ready before it
            # sleeps. (A signal handler may interrupt the sleep itself; no task is current then.)
            self._arrive()
            return True
        try:
            loop.call_soon_threadsafe(self._arrive)
        except BaseException as error:
            if isinstance(error, RuntimeError) and loop.is_closed():
                return False
            self.in_doubt = True
            raise
        return True

    def _arrive(self) -> None:
        if not self.come.done():
            self.come.set_result(None)
