"""How the GIL was used, as sampled a hundred times a second while there were several threads."""

from __future__ import annotations

# Of the contended time: where others have more of the processors, nothing can be compared.
_TAKEN = 0.1
# Seconds; the mean of twenty looks.
_LEAST = 0.2

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any


class Gil:
    """Shares of the program's time, and how many threads waited."""

    __slots__ = (
        "blocked",
        "contended",
        "handed",
        "held",
        "looks",
        "observed",
        "slower",
        "waiters",
    )

    def __init__(
        self,
        looks: int,
        observed: float,
        held: float,
        contended: float,
        waiters: float,
        blocked: float = 0.0,
        slower: float | None = None,
        handed: float = 0.0,
    ) -> None:
        self.looks: int = looks
        """How often it was looked at."""
        self.observed: float = observed
        """The seconds that these looks stand for: those with several threads."""
        self.held: float = held
        """The share of them in which a thread had it."""
        self.contended: float = contended
        """The share of them in which a thread had it and at least one waited for it."""
        self.waiters: float = waiters
        """How many threads waited for it, in the mean."""
        self.blocked: float = blocked
        """The share in which it was contended and a thread slept for a lock."""
        self.handed: float = handed
        """The share in which nobody had it, though a thread slept until it would get it."""
        self.slower: float | None = slower
        """At least so much longer the contended time took than one thread would have taken.

        A share of what that would have taken; negative, so much shorter at the most. None where
        others wanted the processors, or too little was seen.
        """

    @classmethod
    def of(cls, row: Mapping[str, Any] | None) -> Gil | None:
        """What the engine told."""
        if row is None or not row["observed"]:
            return None
        observed = row["observed"]
        return cls(
            looks=row["looks"],
            observed=observed,
            held=row["held"] / observed,
            contended=row["contended"] / observed,
            waiters=row["waited"] / observed,
            blocked=row["blocked"] / observed,
            slower=_slower(row),
            handed=row["handed"] / observed,
        )


def _slower(row: Mapping[str, Any]) -> float | None:
    # One thread would have computed as much, slept with the GIL as long, and waited for input and
    # output by itself, one after the other. It would have had nothing to hand over.
    told, taken = row["told"], row["taken"]
    alone = row["computed"] + row["stalled"] + row["away"]
    is_seen = told >= _LEAST and taken <= _TAKEN * told
    # Who lost a processor to others was kept for as long, at the most.
    return (told - taken) / alone - 1 if is_seen and alone else None
