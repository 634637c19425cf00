"""An operation of several threads, who begin together."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter, sleep
from types import CodeType, FunctionType

from .calibrate import rounds_of
from .operation import Round, Unit
from .side import Side

SECONDS = 0.12
"""Length of a round. Starting and ending threads is a small part of it, many switches fit in."""

SHARE_SECONDS = 0.4
"""Length of a round whose figure is a share: some eighty of the interpreter's switch intervals."""

SMALLEST_SHARE = 0.1
"""In percent. A smaller share counts as this, so that shares of none have a ratio too."""

Body = Callable[[], None]
"""What one thread does."""

Play = Callable[[Side, int], Sequence[Body]]
"""The bodies that together do the operation that many times."""


def own_copy(play: FunctionType) -> FunctionType:
    """The function with code of its own, down to the functions inside.

    The interpreter specializes code to the types that it meets: two sides that shared it would
    undo each other's.
    """
    code = _own_code(play.__code__)
    return FunctionType(code, play.__globals__, play.__name__, play.__defaults__, play.__closure__)


def _own_code(code: CodeType) -> CodeType:
    constants = (_own_code(each) if isinstance(each, CodeType) else each for each in code.co_consts)
    return code.replace(co_consts=tuple(constants))


def run_together(bodies: Sequence[Body]) -> float:
    """Run each body in a thread; the seconds from the first one's begin to the last one's end."""
    gate = threading.Barrier(len(bodies))
    begun: list[float] = []
    ended: list[float] = []

    def enter(body: Body) -> None:
        gate.wait()
        begun.append(perf_counter())
        body()
        ended.append(perf_counter())

    crew = [threading.Thread(target=enter, args=(body,), daemon=True) for body in bodies]
    collecting = gc.isenabled()
    gc.disable()
    try:
        for thread in crew:
            thread.start()
        for thread in crew:
            thread.join()
    finally:
        if collecting:
            gc.enable()
    if len(ended) < len(bodies):
        raise RuntimeError("a thread of the operation failed; its traceback is above")
    return max(ended) - min(begun)


@dataclass(frozen=True)
class Crew:
    """Threads that do an operation together; the figure is elapsed time an operation."""

    group: str
    name: str
    play: Play
    multiple: int = 1
    """The count must divide by this: what each thread does is a whole number."""
    unit: Unit = "ns"

    @property
    def title(self) -> str:
        """Group and name."""
        return f"{self.group}: {self.name}"

    def prepare(self, side: Side, scale: float) -> Round:
        """Warm up, and find out how much to do in a round of full length times `scale`."""
        play = own_copy(_function(self.play))

        def timer(count: int) -> float:
            return run_together(play(side, count))

        return rounds_of(timer, SECONDS * scale, self.multiple)


@dataclass(frozen=True)
class Fairness:
    """Threads that compete for a while; the figure is the share of the one served least."""

    group: str
    name: str
    turn: Callable[[Side], Body]
    threads: int = 4
    unit: Unit = "%"

    @property
    def title(self) -> str:
        """Group and name."""
        return f"{self.group}: {self.name}"

    def prepare(self, side: Side, scale: float) -> Round:
        """Warm up, and find out how much to do in a round of full length times `scale`."""
        turn = own_copy(_function(self.turn))
        return lambda: self._share(turn(side), SHARE_SECONDS * scale)

    def _share(self, turn: Body, seconds: float) -> float:
        over = False
        turns = [0] * self.threads

        def competitor(own: int) -> Body:
            def compete() -> None:
                while not over:
                    turn()
                    turns[own] += 1

            return compete

        def umpire() -> None:
            nonlocal over
            sleep(seconds)
            over = True

        run_together([*map(competitor, range(self.threads)), umpire])
        return max(min(turns) / sum(turns) * 100, SMALLEST_SHARE)


def _function(play: Callable[..., object]) -> FunctionType:
    if not isinstance(play, FunctionType):
        raise TypeError(f"{play!r} is not a function with code of its own")
    return play
