"""Makes threads and subclasses of `Thread` that exist already heirs of our class, and back.

`threading` has made the main thread, and classes such as `_DummyThread`, long before `install()` is
called. They have to be instances and subclasses of the `threading.Thread` that programs see; so the
base of every direct subclass of the standard class is exchanged, and the class of every thread that
is a plain instance of it. Nothing in them changes: our classes add no fields, and do without what
their `start()` would have made.

Subclasses that cannot change their base (one of their other bases forbids it) stay as they are.

What goes back is what was made heir here: never what our own classes have made. A thread may change
its class in the middle of whatever it does, because our methods call the standard ones by name. A
pending timer may not: that it has no thread only our class understands. So a subclass keeps our
base for as long as a thread of it lives that was started under it; it goes back at the next
`uninstall()` after that.
"""

from __future__ import annotations

import sys
import threading
from _weakref import ref

from ironthread._places import is_standard
from ironthread._timer_service import SERVICES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

# The interpreter's own part of threading, which has no types.
_standard: Any = threading

# class, the standard base it had, ours that it has
_Move = tuple[type, type, type]

# Subclasses that could not go back yet.
_kept: list[_Move] = []


class Heirs:
    """Pairs of a standard class and ours, and what was moved from the one to the other."""

    def __init__(self, pairs: Iterable[tuple[type, type]]) -> None:
        self._pairs = list(pairs)
        self._moved: list[_Move] = []
        self._adopted: list[tuple[ref[Any], type, type]] = []

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
            for thread in _threads():
                if type(thread) is standard:
                    # What it has been told under our class is no news any more.
                    vars(thread).pop("_life", None)
                    thread.__class__ = ours
                    self._adopted.append((ref(thread), standard, ours))

    def release(self) -> None:
        """Move everything back, and subclasses that the standard library made meanwhile."""
        moved = dict.fromkeys([*self._made_later(), *reversed(self._moved), *_kept])
        self._moved.clear()
        _kept[:] = [move for move in moved if not _move_back(*move)]
        while self._adopted:
            reference, standard, ours = self._adopted.pop()
            thread = reference()
            if type(thread) is ours:
                thread.__class__ = standard

    def _made_later(self) -> Iterator[_Move]:
        cls: type
        for standard, ours in self._pairs:
            for cls in ours.__subclasses__():
                if not self._is_ours(cls) and _is_of_standard_library(cls):
                    yield cls, standard, ours

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


def _move_back(cls: type, standard: type, ours: type) -> bool:
    """Put the standard base in the place of ours, unless a thread that lives needs ours."""
    # A timer that is started now is either listed before we look, or sees its class afterwards.
    with SERVICES[False].starting, SERVICES[True].starting:
        if any(_needs(thread, cls, ours) for thread in threading.enumerate()):
            return False
        _move(cls, ours, standard)
        return True


def _needs(thread: threading.Thread, cls: type, ours: type) -> bool:
    """Whether a live thread was started under our base, and has it by that class alone."""
    if not isinstance(thread, cls) or vars(thread).get("_life") is None:
        return False
    others = (base for base in type(thread).__mro__ if base is not cls)
    return not any(ours in base.__bases__ for base in others)


def _threads() -> Iterator[threading.Thread]:
    """Every thread that exists, started or not."""
    # A copy made at once, because threads come and go meanwhile.
    for reference in _standard._dangling.data.copy():
        thread = reference()
        if thread is not None:
            yield thread


def _is_of_standard_library(cls: type) -> bool:
    return is_standard(cls.__module__, sys.modules.get(cls.__module__))
