"""Whose classes a program runs on: ours, in each of the ways in which they come, or the standard library's."""

from __future__ import annotations

import random
import sys
from types import ModuleType

PLAIN = "plain"
INSTALLED = "installed"
RUN = "run"
WATCHED = "watched"

WAYS = (PLAIN, INSTALLED, RUN, WATCHED)

_BEFORE_MODULE = {
    PLAIN: [],
    INSTALLED: [],
    RUN: ["-m", "ironthread", "run", "--report", "none"],
    WATCHED: ["-m", "ironthread", "run", "--report", "json", "--report-file", "/dev/null"],
}


def of_seed(seed: int) -> str:
    """Which of our ways a seed takes: they take turns, `install()` every second one."""
    return (INSTALLED, RUN, INSTALLED, WATCHED)[seed % 4]


def command(program: str, kind: str, seed: int, way: str) -> list[str]:
    """The interpreter's arguments for a run."""
    return [*_BEFORE_MODULE[way], "-m", "torture.play", program, kind, str(seed), way]


def prepare(way: str) -> None:
    """Make this process one that runs this way; before anything else is imported."""
    if way == INSTALLED:
        import ironthread

        ironthread.install()
    elif way == PLAIN:
        _stand_in()


def source(kind: str, seed: int) -> random.Random:
    """The choices of a run."""
    return random.Random(f"{kind} {seed}")


def _stand_in() -> None:
    """Put the standard library's classes where `waits` looks for ours: the same waits, on plain Python."""
    import _thread
    import queue
    import threading

    package = ModuleType("ironthread")
    package.queue = queue  # type: ignore[attr-defined]
    package.threading = ModuleType("ironthread.threading")  # type: ignore[attr-defined]
    # The names in `threading` are functions, of which no class can inherit.
    vars(package.threading).update(vars(threading) | {"RLock": _thread.RLock})
    sys.modules["ironthread"] = package
