"""The ways in which a program ends, and what is seen of each from outside."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from programs import Outcome

from torture.classes import RUN, WATCHED

_TRACEBACK = r"Traceback \(most recent call last\):\n(?s:.*\n)"
# The interrupt may hit a callback of the interpreter's, which tells and forgets it.
_IGNORED = r"(Exception ignored .*\n)?"
WHOLE = "whole\n"
"""What a program writes when its exit functions find everything as it should be."""


@dataclass(frozen=True)
class Ending:
    """A way to end. The text on standard error is a pattern."""

    name: str
    status: int
    err: str
    out: str | None = WHOLE

    def faults(self, outcome: Outcome, way: str) -> Iterator[str]:
        """What is wrong with a program that ended so."""
        status = self._status(way)
        if outcome.status != status:
            yield f"exit status {outcome.status}, not {status}"
        if self.out is not None and outcome.out != self.out:
            yield f"wrote {outcome.out!r}, not {self.out!r}"
        if not re.fullmatch(self.err, outcome.err):
            yield "unexpected words on standard error"

    def _status(self, way: str) -> int:
        # The one difference: `ironthread run` does not kill itself after a KeyboardInterrupt.
        return 130 if self.name == "interrupted" and way in (RUN, WATCHED) else self.status


ENDINGS = [
    Ending("falls off the end", 0, ""),
    Ending("exit", 7, ""),
    Ending("exit with a message", 1, "the message\n"),
    Ending("exception", 1, _TRACEBACK + "LookupError: as intended\n"),
    # In the middle of what the main thread does.
    Ending("interrupted", -2, f"{_IGNORED}{_TRACEBACK}KeyboardInterrupt\n"),
    Ending("terminated", -15, "", ""),
    # While it waits for the others, that is. It goes on with the end, and they are still there.
    Ending(
        "interrupted at the exit",
        0,
        f"{_IGNORED}{_TRACEBACK}KeyboardInterrupt(: ?)?\n",  # without a colon from 3.15 on
        None,
    ),
    Ending("terminated at the exit", -15, "", ""),
]


def choose(kind: str, seed: int) -> Ending:
    """The way a seed ends."""
    return random.Random(f"ending {kind} {seed}").choice(ENDINGS)


def faults(kind: str, seed: int, way: str, outcome: Outcome) -> list[str]:
    """What is wrong with a run."""
    return list(choose(kind, seed).faults(outcome, way))
