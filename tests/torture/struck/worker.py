"""A thread that takes one step after the other and keeps account of them whatever strikes it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import starmap
from operator import itemgetter
from threading import get_ident
from typing import Any


class Strike(BaseException):
    """What strikes a thread from outside."""


class Account:
    """What has been done. No bytecode runs between a call's return and the noting of its result.

    Exceptions from outside come between bytecodes only, so that a call either has not been made, or has
    raised, or is in the account.
    """

    def __init__(self) -> None:
        self.noted: list[Any] = []

    def __len__(self) -> int:
        return len(self.noted)

    def note(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Make the call and note what it returns."""
        self.noted.extend(starmap(call, [arguments]))

    def note_if_true(self, call: Callable[..., Any], *arguments: Any) -> None:
        """Make the call and note what it returns, unless that is false."""
        self.noted.extend(filter(None, starmap(call, [arguments])))

    def note_as(self, what: Any, call: Callable[..., Any], *arguments: Any) -> None:
        """Make the call and, once it has returned, note this."""
        self.noted.extend(map(itemgetter(0), zip([what], starmap(call, [arguments]), strict=True)))


class Worker:
    """Takes steps until it is told to stop. At most one strike is on its way to it at a time."""

    def __init__(self, step: Callable[[], object]) -> None:
        self._step = step
        self.over = False
        self.hits = 0
        """How many strikes have hit."""
        self.can_be_struck = False
        """Whoever strikes sets it to False first."""
        self.failure: BaseException | None = None
        self.ident = 0
        """The thread that takes the steps."""

    def run(self) -> None:
        """Take steps."""
        self.ident = get_ident()
        try:
            while not self.over:
                try:
                    self._take_steps()
                except Strike:
                    self.hits += 1
        except BaseException as error:
            self.failure = error

    def _take_steps(self) -> None:
        """Take steps until it is over, or a strike has hit.

        A function, not a loop inside the block that catches them: 3.13 leaves the jump back to a
        loop's begin out of the block, and that is where exceptions from outside are raised.
        """
        self.can_be_struck = True
        while not self.over:
            self._step()
        # One that is on its way arrives before the block is left.
        while not self.can_be_struck:
            pass
        self.can_be_struck = False
