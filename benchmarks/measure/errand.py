"""An operation that takes its own time: what it needs is made before, and ended after."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass

from .calibrate import rounds_of
from .operation import Round, Unit
from .side import Side

SECONDS = 0.12
"""Length of a round."""

Run = Callable[[Side, int], float]
"""Does the operation that many times and returns the seconds it took."""


@dataclass(frozen=True)
class Errand:
    """An operation that is timed by itself; the figure is elapsed time an operation."""

    group: str
    name: str
    run: Run
    multiple: int = 1
    """The count must divide by this: so many are done together."""
    unit: Unit = "ns"

    @property
    def title(self) -> str:
        """Group and name."""
        return f"{self.group}: {self.name}"

    def prepare(self, side: Side, scale: float) -> Round:
        """Warm up, and find out how much to do in a round of full length times `scale`."""
        run = self.run

        def timer(count: int) -> float:
            collecting = gc.isenabled()
            gc.disable()
            try:
                return run(side, count)
            finally:
                if collecting:
                    gc.enable()

        return rounds_of(timer, SECONDS * scale, self.multiple)
