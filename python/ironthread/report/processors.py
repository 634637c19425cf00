"""How many threads wanted a processor, as sampled while there were several threads."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Processors:
    """What the program may use, and how many of its threads could run."""

    __slots__ = ("available", "crowded", "observed", "runnable", "stretched")

    def __init__(
        self,
        available: int,
        observed: float,
        crowded: float,
        runnable: float,
        stretched: float = 0.0,
    ) -> None:
        self.available: int = available
        """How many processors the program may use: affinity, and limits of its group."""
        self.observed: float = observed
        """The seconds that the looks stand for."""
        self.crowded: float = crowded
        """The share of them in which more threads could run than there are processors."""
        self.runnable: float = runnable
        """How many threads had a processor, or waited for one, in the mean."""
        self.stretched: float = stretched
        """The share of them due to there being more threads on the machine than processors."""

    @classmethod
    def of(cls, row: Mapping[str, Any] | None) -> Processors | None:
        """What the engine told."""
        if row is None or not row["observed"]:
            return None
        observed = row["observed"]
        shares = (row[name] / observed for name in ("crowded", "runnable", "stretched"))
        return cls(row["available"], observed, *shares)
