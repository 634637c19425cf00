"""How often an operation is done in one round."""

from __future__ import annotations

from collections.abc import Callable

Timer = Callable[[int], float]
"""Does the operation that many times and returns the seconds it took."""


def rounds_of(timer: Timer, seconds: float, multiple: int = 1) -> Callable[[], float]:
    """A round of about this length, as nanoseconds an operation. Finding out is the warm-up."""
    count = multiple
    while (taken := timer(count)) < seconds / 4:
        count *= 2
    wanted = round(count * seconds / taken)
    count = max(multiple, -(-wanted // multiple) * multiple)
    return lambda: timer(count) / count * 1e9
