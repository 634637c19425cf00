"""Rounds of the two sides in turns, and what they say together."""

from __future__ import annotations

import gc
from dataclasses import dataclass
from statistics import median

from .neighbours import Neighbours
from .operation import Operation, Unit
from .quartiles import quartiles
from .side import Side
from .trust import doubts


@dataclass(frozen=True)
class Plan:
    """How many pairs of rounds, and how long a round, as a part of the full length."""

    pairs: int = 15
    scale: float = 1.0

    @classmethod
    def quick(cls) -> Plan:
        """Enough to see that everything runs."""
        return cls(pairs=3, scale=0.05)


@dataclass(frozen=True)
class Comparison:
    """The figures of an operation's rounds, in the order in which they were played."""

    group: str
    name: str
    unit: Unit
    stock: tuple[float, ...]
    ours: tuple[float, ...]
    taken: float | None = None
    """The part of the machine that other programs had meanwhile, where that is known."""

    @property
    def ratios(self) -> list[float]:
        """How many times better ours was than the standard library, for each pair of rounds."""
        pairs = zip(self.stock, self.ours, strict=True)
        if self.unit == "%":
            return [ours / stock for stock, ours in pairs]
        return [stock / ours for stock, ours in pairs]

    @property
    def ratio(self) -> float:
        """How many times better ours was: the median of the pairs."""
        return median(self.ratios)

    @property
    def spread(self) -> tuple[float, float]:
        """Between these lies the middle half of the ratios."""
        return quartiles(self.ratios)

    @property
    def doubts(self) -> str:
        """Why this is no result, in a few words; nothing if it is one."""
        return doubts(self.ratios, self.taken)

    def record(self) -> dict[str, object]:
        """All that is known, for a file."""
        return {
            "group": self.group,
            "name": self.name,
            "unit": self.unit,
            "ratio": self.ratio,
            "spread": self.spread,
            "no_result": self.doubts,
            "others_had": self.taken,
            "stock": self.stock,
            "ours": self.ours,
        }


def compare(operation: Operation, sides: tuple[Side, Side], plan: Plan) -> Comparison:
    """Play the rounds: the standard library, ours, the standard library, ours ..."""
    stock, ours = (operation.prepare(side, plan.scale) for side in sides)
    gc.collect()
    neighbours = Neighbours()
    pairs = [(stock(), ours()) for _ in range(plan.pairs)]
    return Comparison(
        operation.group,
        operation.name,
        operation.unit,
        tuple(figure for figure, _ in pairs),
        tuple(figure for _, figure in pairs),
        neighbours.share(),
    )
