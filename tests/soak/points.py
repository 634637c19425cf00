"""What a process took at points of rest, and whether it takes more and more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GROWTH_ALLOWED = 3 << 20
"""Bytes of resident memory, over the second half of a run. The interpreter takes memory by the MiB, and
one step of a MiB fits a line that grows by a MiB and a half; the threads that are remembered come and
go by 500, half a MiB. A leak of two bytes an operation is more, in seconds."""
ROWS_ALLOWED = 80
"""Rows are by line, and the program does not have more lines that make something."""
REMEMBERED_ALLOWED = 2600
"""Threads that are told one by one: the last to end, and those that live."""
ASKER = 1
"""Who is asked just then has a connection, and a thread that waits for the interpreter."""


@dataclass(frozen=True)
class Point:
    """The process at a point of rest; memory in bytes."""

    seconds: float
    resident: int
    threads: int
    descriptors: int
    rows: int
    remembered: int
    operations: int


def growth(points: Sequence[Point]) -> float:
    """Bytes of resident memory by which the process grew, by the line that fits points best."""
    xs, ys = [each.seconds for each in points], [each.resident for each in points]
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((each - x) ** 2 for each in xs)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / spread
    return slope * (xs[-1] - xs[0])


def second_half(points: Sequence[Point]) -> Sequence[Point]:
    """The points after the middle of the run."""
    middle = points[-1].seconds / 2
    return [each for each in points if each.seconds >= middle]


def excesses(points: Sequence[Point]) -> list[str]:
    """A line for each thing of which there is more and more."""
    grown = growth(second_half(points))
    found = {
        f"resident memory grew by {grown:.0f} bytes": grown > GROWTH_ALLOWED,
        f"rows: {points[-1].rows}": points[-1].rows > ROWS_ALLOWED,
        f"threads remembered: {points[-1].remembered}": points[-1].remembered > REMEMBERED_ALLOWED,
    }
    for name in ("threads", "descriptors"):
        taken = [getattr(each, name) for each in points]
        found[f"{name}: {min(taken)} to {max(taken)}"] = max(taken) > min(taken) + ASKER
    return [line for line, holds in found.items() if holds]
