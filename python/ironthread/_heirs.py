"""Makes threads and subclasses of `Thread` that exist already heirs of our class, and back.

`threading` has made the main thread, and classes such as `_DummyThread`, long before `install()` is
called. They have to be instances and subclasses of the `threading.Thread` that programs see; so the
base of every direct subclass of the standard class is exchanged, and the class of every thread that
is a plain instance of it. Nothing in them changes: our classes add no fields, and do without what
their `start()` would have made.

Subclasses that cannot change their base (one of their other bases forbids it) stay as they are.
"""

from __future__ import annotations

import sys
import threading

from ironthread._places import is_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# The interpreter's own part of threading, which has no types.
_standard: Any = threading


class Heirs:
    """Pairs of a standard class and ours, and what was moved from the one to the other."""

    def __init__(self, pairs: Iterable[tuple[type, type]]) -> None:
        self._pairs = list(pairs)
        self._moved: list[tuple[type, type, type]] = []

    def adopt(self) -> None:
        """Move everything to our classes."""
        cls: type
        for standard, ours in self._pairs:
            for cls in standard.__subclasses__():
                if (
                    not issubclass(cls, ours)
                    and not self._is_ours(cls)
                    and _move(cls, standard, ours)
                ):
                    self._moved.append((cls, standard, ours))
            _change_class(standard, ours)

    def release(self) -> None:
        """Move everything back, and subclasses that the standard library made meanwhile."""
        while self._moved:
            cls, standard, ours = self._moved.pop()
            _move(cls, ours, standard)
        for standard, ours in self._pairs:
            for cls in ours.__subclasses__():
                if not self._is_ours(cls) and _is_of_standard_library(cls):
                    _move(cls, ours, standard)
            _change_class(ours, standard)

    def _is_ours(self, cls: type) -> bool:
        return any(cls is ours for _, ours in self._pairs)


def _move(cls: type, old: type, new: type) -> bool:
    """Put `new` in the place of `old` among the bases of `cls`; return whether that is possible."""
    bases = tuple(new if base is old else base for base in cls.__bases__)
    try:
        cls.__bases__ = bases
    except TypeError:
        return False
    return True


def _change_class(old: type, new: type) -> None:
    """Make plain threads of the class `old` threads of the class `new`."""
    # Every thread that exists is in there; a list, because threads come and go meanwhile.
    for thread in list(_standard._dangling):
        if type(thread) is old:
            thread.__class__ = new


def _is_of_standard_library(cls: type) -> bool:
    return is_standard(cls.__module__, sys.modules.get(cls.__module__))
