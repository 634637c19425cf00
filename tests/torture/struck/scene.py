"""A scene: one thing that several threads use, each with accounts of its own."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod

MOMENT = 3e-4
"""A time limit that many waits reach and many do not."""


class Part(ABC):
    """What one thread does."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    @abstractmethod
    def step(self) -> None:
        """Do one thing. An exception may strike at any moment."""

    def finish(self) -> None:  # noqa: B027 (most have nothing to undo)
        """Undo, in the same thread, what is half done; nothing strikes any more."""


class Scene(ABC):
    """The thing, and what must hold of it afterwards."""

    @abstractmethod
    def part(self, seed: int) -> Part:
        """What one more thread does."""

    @abstractmethod
    def check(self, parts: list[Part]) -> None:
        """See that the thing is whole, now that nobody uses it."""
