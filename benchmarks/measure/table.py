"""The comparisons as lines for people."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from .comparison import Comparison
from .operation import Unit

FIGURES = "{stock:>12}  {ours:>12}  {ratio:>7}  {spread:>13}"


def header(width: int, other: str = "stdlib") -> str:
    """The names of the columns; `width` is that of the longest operation's name."""
    columns = FIGURES.format(stock=other, ours="ironthread", ratio="ratio", spread="middle half")
    return f"  {'':{width}}  {columns}"


def group_lines(comparisons: Iterable[Comparison], width: int) -> list[str]:
    """One line for each, in the columns of the header."""
    return [f"  {each.name:{width}}  {_figures(each)}{_mark(each)}" for each in comparisons]


def behind(comparisons: Iterable[Comparison], other: str = "the standard library") -> list[str]:
    """What the other side does better, worst first; then how much of it all is no result."""
    ordered = sorted(comparisons, key=lambda each: each.ratio)
    slower = [each for each in ordered if each.ratio < 1 and not each.doubts]
    lines = [f"Behind {other}:", *map(_complaint, slower)]
    if not slower:
        lines = [f"Nothing is behind {other}."]
    return lines + _unsure([each for each in ordered if each.doubts])


def _unsure(comparisons: list[Comparison]) -> list[str]:
    if not comparisons:
        return []
    seeming = [each for each in comparisons if each.ratio < 1]
    lines = [f"No result, to be measured again on a quiet machine: {len(comparisons)} rows."]
    if seeming:
        lines += ["Of these seem behind:", *map(_complaint, seeming)]
    return lines


def _mark(comparison: Comparison) -> str:
    return f"  no result: {comparison.doubts}" if comparison.doubts else ""


def _complaint(comparison: Comparison) -> str:
    doubt = ", though not in every pair of rounds" if max(comparison.ratios) >= 1 else ""
    return f"  {number(comparison.ratio)}  {comparison.group}: {comparison.name}{doubt}"


def _figures(comparison: Comparison) -> str:
    first, third = comparison.spread
    return FIGURES.format(
        stock=amount(median(comparison.stock), comparison.unit),
        ours=amount(median(comparison.ours), comparison.unit),
        ratio=number(comparison.ratio),
        spread=f"{number(first)}-{number(third)}",
    )


def amount(value: float, unit: Unit) -> str:
    """A figure with its unit; whole nanoseconds from a hundred on."""
    decimals = 1 if value < 99.95 else 0
    return f"{value:,.{decimals}f} {unit}"


def number(ratio: float) -> str:
    """A ratio with about three digits."""
    decimals = 2 if ratio < 9.995 else 1 if ratio < 99.95 else 0
    return f"{ratio:.{decimals}f}"
