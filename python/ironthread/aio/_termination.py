"""SIGTERM, as a request to the program that runs in a loop."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Iterator
    from types import FrameType


class Termination:
    """Whether the process was asked to end; the second time it is not asked.

    A request is passed to the loop, not raised where the signal happens to arrive: a program in the
    middle of a step goes on to its next `await`.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._act: Callable[[], object] | None = None
        self.requested = False

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Take SIGTERM meanwhile, in the main thread and where nobody else does."""
        if not self._is_ours_to_take():
            yield
            return
        # For the loop's wake-up by signals: one that arrives between the interpreter's last look
        # and the loop's sleep would be seen after the sleep only. (Windows has no such thing.)
        with suppress(NotImplementedError):
            self._loop.add_signal_handler(signal.SIGTERM, _wake)
        signal.signal(signal.SIGTERM, self._receive)
        try:
            yield
        finally:
            self._give_back()

    def begins(self, act: Callable[[], object]) -> None:
        """Say what a request is answered with, in the loop; at once if it has been made."""
        self._act = act
        if self.requested:
            act()

    def is_over(self) -> None:
        """Nothing is left to be asked."""
        self._act = None

    @staticmethod
    def _is_ours_to_take() -> bool:
        return (
            threading.current_thread() is threading.main_thread()
            and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        )

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        # The next one ends the process, whatever the loop is busy with.
        signal.signal(number, signal.SIG_DFL)
        self.requested = True
        self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        if self._act is not None:
            self._act()

    def _give_back(self) -> None:
        # Unless the program has set a handler of its own meanwhile.
        if self.requested or signal.getsignal(signal.SIGTERM) == self._receive:
            with suppress(NotImplementedError):
                self._loop.remove_signal_handler(signal.SIGTERM)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _wake() -> None:
    """The loop is awake by now, and the handler has run."""
