"""How the GIL was used, as sampled a hundred times a second while there were several threads."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Gil:
    """Shares of the program's time, and how many threads waited."""

    __slots__ = ("contended", "held", "looks", "observed", "waiters")

    def __init__(
        self, looks: int, observed: float, held: float, contended: float, waiters: float
    ) -> None:
        self.looks = looks
        """How often it was looked at."""
        self.observed = observed
        """The seconds that these looks stand for: those with several threads."""
        self.held = held
        """The share of them in which a thread had it."""
        self.contended = contended
        """The share of them in which a thread had it and at least one waited for it."""
        self.waiters = waiters
        """How many threads waited for it, in the mean."""

    @classmethod
    def of(cls, row: Mapping[str, Any] | None) -> Gil | None:
        """What the engine told."""
        if row is None or not row["observed"]:
            return None
        observed = row["observed"]
        shares = (row[name] / observed for name in ("held", "contended", "waited"))
        return cls(row["looks"], observed, *shares)
