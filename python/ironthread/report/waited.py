"""Times of one kind: how many, how long together, the longest, and percentiles."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Waited:
    """Waits that are over: how many, how long together, and the longest of them."""

    __slots__ = ("count", "gil", "longest", "total")

    def __init__(
        self, count: int = 0, total: float = 0.0, longest: float = 0.0, gil: float = 0.0
    ) -> None:
        self.count: int = count
        self.total: float = total
        self.longest: float = longest
        self.gil: float = gil
        """The part of the total in which the thread was awake and waited for the GIL."""

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Waited:
        """What the engine told."""
        return cls(row["count"], row["total"], row["longest"], row.get("gil", 0.0))

    def add(self, other: Waited) -> None:
        """Take the other waits in."""
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)
        self.gil += other.gil


class Spread:
    """Percentiles: 50, 95 and 99 of 100 times were at most so long."""

    __slots__ = ("p50", "p95", "p99")

    def __init__(self, p50: float = 0.0, p95: float = 0.0, p99: float = 0.0) -> None:
        self.p50: float = p50
        self.p95: float = p95
        self.p99: float = p99

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Spread:
        """What the engine told."""
        return cls(row["p50"], row["p95"], row["p99"])
