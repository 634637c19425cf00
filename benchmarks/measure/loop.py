"""An operation of one thread: a statement in an unrolled loop."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from itertools import repeat
from textwrap import indent
from time import perf_counter
from typing import Any

from .calibrate import Timer, rounds_of
from .operation import Round, Unit
from .side import Side

SECONDS = 0.03
"""Length of a round. Longer than the stalls of a quiet machine, and short enough for many pairs."""

UNROLLED = 10
"""How often the statement stands in the loop: as many share the loop's own step of some 10 ns."""

TEMPLATE = """
def timed(turns, clock, repeat, threading, queue, futures):
{setup}
    turns = repeat(None, turns)
    begin = clock()
    for _ in turns:
{statements}
    return clock() - begin
"""


@dataclass(frozen=True)
class Loop:
    """A statement that is timed, over what its setup makes (new in every round, and not timed).

    Both are source text. They see the modules `threading`, `queue` and `futures` of the side; what
    the setup makes are local variables.
    """

    group: str
    name: str
    statement: str
    setup: str = "pass"
    unit: Unit = "ns"

    @property
    def title(self) -> str:
        """Group and name."""
        return f"{self.group}: {self.name}"

    def prepare(self, side: Side, scale: float) -> Round:
        """Warm up, and find out how much to do in a round of full length times `scale`."""
        return rounds_of(self._timer(side), SECONDS * scale, UNROLLED)

    def _timer(self, side: Side) -> Timer:
        # Compiled for each side anew: the interpreter specializes code to the types it meets.
        source = TEMPLATE.format(
            setup=indent(self.setup, " " * 4),
            statements=indent("\n".join([self.statement] * UNROLLED), " " * 8),
        )
        names: dict[str, Any] = {}
        exec(compile(source, f"<{self.title}>", "exec"), names)
        timed = names["timed"]

        def timer(count: int) -> float:
            collecting = gc.isenabled()
            gc.disable()
            try:
                turns = count // UNROLLED
                modules = side.threading, side.queue, side.futures
                taken: float = timed(turns, perf_counter, repeat, *modules)
            finally:
                if collecting:
                    gc.enable()
            return taken

        return timer
