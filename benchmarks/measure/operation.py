"""What is measured: an operation, of which a side plays one round at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Protocol

from .side import Side

Unit = Literal["ns", "ms", "%", "B"]
"""Times of an operation or bytes an object (less is better), or a share (more is better)."""

Round = Callable[[], float]
"""Plays one round and returns its figure."""


class Operation(Protocol):
    """Something that both sides can do."""

    @property
    def group(self) -> str:
        """Under which heading the table has it."""

    @property
    def name(self) -> str:
        """What is done."""

    @property
    def title(self) -> str:
        """Group and name."""

    @property
    def unit(self) -> Unit:
        """What a round's figure counts."""

    def prepare(self, side: Side, scale: float) -> Round:
        """Warm up, and find out how much to do in a round of full length times `scale`."""
