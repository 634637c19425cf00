"""A program that forks while its threads are in the middle of something."""

from __future__ import annotations

import atexit
import os
import sys
import traceback
from typing import TYPE_CHECKING

from programs import Outcome

from torture import classes

if TYPE_CHECKING:
    from torture.forking import Line

CROWDS = ("held", "waiting", "moving", "timers", "pools")
METHODS = ("spawn", "forkserver")
"""Processes that are not forked from this one, and ask for them while a crowd of any kind is there."""

WHOLE = "whole\n"


def main(kind: str, seed: int, way: str) -> None:
    """Gather a crowd, fork, and end as if nothing had been."""
    # Here, for whoever judges the outcome has no use for it.
    from torture.forking import EXIT, Line

    rng = classes.source(kind, seed)
    if rng.random() < 0.3:
        sys.setswitchinterval(10 ** -rng.randint(4, 6))
    parent = os.getpid()
    line = Line(rng, way, [EXIT])
    line.crowd.gather(kind if kind in CROWDS else rng.choice(CROWDS))
    try:
        fork(line, kind)
    except Exception:
        # The crowd is still there, and a tidy end would wait for it.
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)
    if rng.random() < 0.5 or not line.crowd.may_stay:
        line.crowd.disperse()
    atexit.register(lambda: os.getpid() == parent and os.write(1, WHOLE.encode()))


def fork(line: Line, kind: str) -> None:
    """Have a process made, or two."""
    for _ in range(line.rng.randint(1, 2)):
        if kind in CROWDS:
            line.fork()
        else:
            line.spawn(kind)


def faults(kind: str, seed: int, way: str, outcome: Outcome) -> list[str]:
    """What is wrong with a run."""
    as_it_should_be = (outcome.status, outcome.out, outcome.err) == (0, WHOLE, "")
    return [] if as_it_should_be else ["the parent or a child is not whole"]
