"""Whether a row of figures is a result, or only noise."""

from __future__ import annotations

from .quartiles import quartiles

WIDEST = 1.5
"""The third quartile of a result's ratios is at most so many times the first."""

MOST_TAKEN = 0.25
"""Of the processors' time, by other programs while the row was measured."""


def doubts(ratios: list[float], taken: float | None) -> str:
    """Why the row is no result, in a few words; nothing if it is one."""
    first, third = quartiles(ratios)
    found = []
    if third > first * WIDEST:
        found.append("wide spread")
    if taken is not None and taken > MOST_TAKEN:
        found.append(f"others had {taken:.0%} of the machine")
    return ", ".join(found)
