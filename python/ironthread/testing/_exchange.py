"""Puts methods that inject faults on the classes, and takes them off again.

The real methods are in the classes' dictionaries, where they are exchanged: that reaches every
object that exists, and leaves nothing behind that would cost anything. Only what the faults that
are asked for can reach is exchanged.
"""

from __future__ import annotations

from functools import partial

from ironthread import _core
from ironthread._futures import Future
from ironthread._pool import ThreadPoolExecutor
from ironthread._stealing import TaskFuture
from ironthread._threads import Thread
from ironthread._timer import Timer
from ironthread.testing._methods import (
    acquiring,
    getting,
    putting,
    starting,
    submitting,
    waiting,
)
from ironthread.testing._targets import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, TypeAlias

    from ironthread.testing._injector import Injector

    # class, the name of its method, what makes the method in front, the faults it may meet
    Target: TypeAlias = tuple[type, str, Callable[..., Any], frozenset[str]]

_ACQUIRED = frozenset({"timeout", "delay"})
_ENTERED = frozenset({"delay"})
_LIMITED = frozenset({"timeout"})
_PUT = frozenset({"full", "timeout", "delay"})
_GOT = frozenset({"empty", "timeout", "delay"})
_WOKEN = frozenset({"timeout", "spurious"})
# Always: by these it is known who is who.
_STRANDS: frozenset[str] = frozenset()


def _targets() -> Iterator[Target]:
    cls: type
    for cls in (_core.Lock, _core.RLock, _core.Condition, _core.Semaphore):
        yield cls, "acquire", acquiring, _ACQUIRED
        yield cls, "__enter__", acquiring, _ENTERED
    yield _core.Lock, "acquire_lock", acquiring, _ACQUIRED
    yield _core.Condition, "wait", partial(waiting, wakes=True), _WOKEN
    yield _core.Condition, "wait_for", partial(waiting, limit_at=1), _LIMITED
    for cls in (_core.Event, _core.Barrier):
        yield cls, "wait", waiting, _LIMITED
    for cls in (_core.Queue, _core.SimpleQueue):
        yield cls, "put", partial(putting, waits=True), _PUT
        yield cls, "put_nowait", partial(putting, waits=False), _PUT
        yield cls, "get", partial(getting, waits=True), _GOT
        yield cls, "get_nowait", partial(getting, waits=False), _GOT
    for cls in (_core.Future, Future, TaskFuture):
        yield cls, "result", waiting, _LIMITED
        yield cls, "exception", waiting, _LIMITED
    yield Thread, "join", waiting, _LIMITED
    yield Thread, "start", starting, _STRANDS
    yield Timer, "start", starting, _STRANDS
    yield ThreadPoolExecutor, "submit", submitting, _STRANDS


TARGETS = tuple(target for target in _targets() if target[1] in vars(target[0]))


class Exchange:
    """The methods that one block has exchanged."""

    def __init__(self) -> None:
        self._originals: list[tuple[type, str, Any]] = []

    def enter(self, injector: Injector) -> None:
        """Put the methods in front that the faults of this injector need."""
        wanted = {kind for kind, chance in injector.options.chances.items() if chance}
        for cls, name, make, kinds in TARGETS:
            if kinds and not kinds & wanted:
                continue
            original = vars(cls)[name]
            self._originals.append((cls, name, original))
            setattr(cls, name, make(injector, original, f"{NAMES[cls]}.{name}"))

    def leave(self) -> None:
        """Put the real ones back."""
        while self._originals:
            cls, name, original = self._originals.pop()
            setattr(cls, name, original)
