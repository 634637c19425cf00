"""The memory of one object: by how much a process of its own grows when it makes many."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

from .operation import Round, Unit
from .side import Side

OBJECTS = 100_000
"""In full length: so many that a page more or less is a tenth of a byte."""

PROGRAM = """
import gc, resource, sys
from {module} import {name}
def pages():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1])
gc.disable()
kept = [None] * {objects}
{expression}
before = pages()
for index in range({objects}):
    kept[index] = {expression}
print((pages() - before) * resource.getpagesize() / {objects})
"""


@dataclass(frozen=True)
class Footprint:
    """What is resident for one object, all that it is made of included."""

    group: str
    name: str
    """An expression that makes the object, beginning with the name of its class."""
    module: str
    """`threading` or `queue`."""
    unit: Unit = "B"

    @property
    def title(self) -> str:
        """Group and name."""
        return f"{self.group}: {self.name}"

    def prepare(self, side: Side, scale: float) -> Round:
        """Write the program whose figure each round is."""
        program = PROGRAM.format(
            module=getattr(side, self.module).__name__,
            name=self.name.partition("(")[0],
            expression=self.name,
            objects=max(1, round(OBJECTS * scale)),
        )

        def play() -> float:
            done = subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, check=True
            )
            return float(done.stdout)

        return play
