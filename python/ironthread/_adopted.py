"""Makes pools that exist already instances of our class, and back.

In class and not in deed: they go on in the standard way. What looks at the class (asyncio does,
before it takes a pool for its default) finds the one that goes by the name.
"""

from __future__ import annotations

import gc
import weakref

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Adopted:
    """Instances of a standard class that became ours, which does without its own fields."""

    def __init__(self, standard: type, ours: type) -> None:
        self._standard = standard
        self._ours = ours
        self._instances: list[weakref.ref[Any]] = []

    def adopt(self) -> None:
        """Find all plain instances, wherever they are, and change their class."""
        for instance in gc.get_referrers(self._standard):  # an instance refers to its class
            if type(instance) is self._standard:
                instance.__class__ = self._ours
                self._instances.append(weakref.ref(instance))

    def release(self) -> None:
        """Make them what they were."""
        while self._instances:
            instance = self._instances.pop()()
            if instance is not None:
                instance.__class__ = self._standard
