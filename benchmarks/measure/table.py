"""The comparisons as lines for people."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median

from .comparison import Comparison
from .operation import Unit

FIGURES = "{stock:>12}  {ours:>12}  {ratio:>7}  {spread:>13}"


def header(width: int) -> str:
    """The names of the columns; `width` is that of the longest operation's name."""
    columns = FIGURES.format(stock="stdlib", ours="ironthread", ratio="ratio", spread="middle half")
    return f"  {'':{width}}  {columns}"


def group_lines(comparisons: Iterable[Comparison], width: int) -> list[str]:
    """One line for each, in the columns of the header."""
    return [f"  {each.name:{width}}  {_figures(each)}" for each in comparisons]


def behind(comparisons: Iterable[Comparison]) -> list[str]:
    """What the standard library does better, worst first, or that there is nothing."""
    slower = sorted((each for each in comparisons if each.ratio < 1), key=lambda each: each.ratio)
    if not slower:
        return ["Nothing is behind the standard library."]
    return ["Behind the standard library:", *map(_complaint, slower)]


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
