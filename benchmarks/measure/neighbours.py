"""How much of the machine others have used: what makes figures of several threads worthless."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter

STAT = Path("/proc/stat")
IDLE = (3, 4)
"""Of the numbers in the first line of `/proc/stat`: idle, and idle while a disk works."""
GUEST = 8
"""The first of those that are counted in the others already."""


def load() -> str:
    """What all programs have wanted of the machine in the last minute."""
    return f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"


class Neighbours:
    """From when it is made: the part of all processors' time that other programs had."""

    def __init__(self) -> None:
        self._began = perf_counter()
        self._busy = _busy()
        self._own = _own()

    def share(self) -> float | None:
        """From 0 to 1; None where the system does not tell. Ended children are no neighbours."""
        others, taken = self.seconds(), perf_counter() - self._began
        if others is None or taken <= 0:
            return None
        return min(max(others / (taken * (os.cpu_count() or 1)), 0.0), 1.0)

    def seconds(self) -> float | None:
        """The processors' time that they had. It is counted in ticks, so little is uncertain."""
        busy = _busy()
        if busy is None or self._busy is None:
            return None
        return busy - self._busy - (_own() - self._own)


def _busy() -> float | None:
    """Seconds that all processors have worked, or were taken by other machines on the same one."""
    if not STAT.exists():
        return None
    numbers = STAT.read_text(encoding="ascii").splitlines()[0].split()[1:][:GUEST]
    ticks = sum(int(number) for place, number in enumerate(numbers) if place not in IDLE)
    return ticks / os.sysconf("SC_CLK_TCK")


def _own() -> float:
    """Seconds of processor time of this process and its ended children."""
    return sum(os.times()[:4])
