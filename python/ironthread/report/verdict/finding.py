"""One thing that limits a program."""

from __future__ import annotations

from ironthread.report.place import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROOM = 40


class Verdict:
    """What limits the program, the figures that say so, and what to try."""

    __slots__ = ("_advice", "_finding", "code", "figures", "origin", "weight")

    def __init__(
        self,
        code: str,
        weight: float,
        finding: str,
        advice: str,
        figures: dict[str, Any],
        origin: tuple[str, int] | None = None,
    ) -> None:
        """`{place}` in the texts stands for `origin`, the line that made what is told of."""
        self.code: str = code
        self.weight: float = weight
        """The share of the program's time that it goes on for."""
        self._finding = finding
        self._advice = advice
        self.figures: dict[str, Any] = figures
        self.origin: tuple[str, int] | None = origin

    def finding(self, directory: str = "") -> str:
        """At most two sentences; files below `directory` are named relative to it."""
        return self._finding.replace("{place}", place(self.origin, directory, _ROOM))

    def advice(self, directory: str = "") -> str:
        """One sentence."""
        return self._advice.replace("{place}", place(self.origin, directory, _ROOM))
