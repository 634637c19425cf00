"""The middle half of some values."""

from __future__ import annotations

from statistics import quantiles


def quartiles(values: list[float]) -> tuple[float, float]:
    """The first and the third quartile, by interpolation between the values themselves."""
    if len(values) == 1:
        return values[0], values[0]
    first, _, third = quantiles(values, n=4, method="inclusive")
    return first, third
