"""The barrier over a state that is kept elsewhere.

`multiprocessing.Barrier` is a subclass of `threading.Barrier` that has the state and the count in
shared memory and the condition between processes, and inherits the algorithm. The native barrier
keeps its state to itself; a subclass that brings its own is given this algorithm over it instead.
The attributes are those of the standard library's class: `_cond`, `_parties`, `_action`,
`_timeout`, `_state`, `_count`.
"""

from __future__ import annotations

from threading import BrokenBarrierError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Condition
    from typing import Any

# What `_state` may be. Other processes may have the standard library's class: the numbers are its.
_FILLING, _DRAINING, _RESETTING, _BROKEN = 0, 1, -1, -2


class SharedBarrier:
    """The methods that a subclass with a state of its own is given."""

    _cond: Condition
    _parties: int
    _action: Callable[[], object] | None
    _timeout: float | None
    _state: int
    _count: int

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the other parties, at most timeout seconds; see `threading.Barrier.wait`."""
        limit = self._timeout if timeout is None else timeout
        with self._cond:
            while self._state in (_DRAINING, _RESETTING):
                self._cond.wait()
            if self._state == _BROKEN:
                raise BrokenBarrierError
            place = self._count
            self._count += 1
            try:
                if place + 1 == self._parties:
                    self._trip()
                else:
                    self._wait_for_trip(limit)
            finally:
                self._depart()
            return place

    def _trip(self) -> None:
        try:
            if self._action:
                self._action()
        except BaseException:
            self._change(_BROKEN)
            raise
        self._change(_DRAINING)

    def _wait_for_trip(self, limit: float | None) -> None:
        if not self._cond.wait_for(lambda: self._state != _FILLING, limit):
            self._change(_BROKEN)
        if self._state != _DRAINING:
            raise BrokenBarrierError

    def _depart(self) -> None:
        self._count -= 1
        if self._count == 0 and self._state in (_DRAINING, _RESETTING):
            self._change(_FILLING)

    def _change(self, state: int) -> None:
        self._state = state
        self._cond.notify_all()

    def reset(self) -> None:
        """Make the barrier as new; threads that wait get BrokenBarrierError."""
        with self._cond:
            if self._count == 0:
                self._change(_FILLING)
            elif self._state != _DRAINING:
                self._change(_RESETTING)

    def abort(self) -> None:
        """Break the barrier: threads that wait, or come, get BrokenBarrierError."""
        with self._cond:
            self._change(_BROKEN)

    @property
    def parties(self) -> int:
        """How many threads the barrier is for."""
        return self._parties

    @property
    def n_waiting(self) -> int:
        """How many threads wait now."""
        return self._count if self._state == _FILLING else 0

    @property
    def broken(self) -> bool:
        """Whether the barrier is broken."""
        return self._state == _BROKEN

    def __repr__(self) -> str:
        kind = type(self)
        state = "broken" if self.broken else f"waiters={self.n_waiting}/{self.parties}"
        return f"<{kind.__module__}.{kind.__qualname__} at {id(self):#x}: {state}>"


_STATE = ("_state", "_count", "_cond")
_METHODS = (
    *("wait", "reset", "abort", "parties", "n_waiting", "broken", "__repr__"),
    *("_trip", "_wait_for_trip", "_depart", "_change"),
)


def adapt(subclass: type[Any]) -> None:
    """Give `subclass` the methods of `SharedBarrier` if it keeps the barrier's state itself.

    Methods that the subclass defines stay its own.
    """
    own = vars(subclass)
    if any(name in own for name in _STATE):
        for name in _METHODS:
            if name not in own:
                setattr(subclass, name, vars(SharedBarrier)[name])
