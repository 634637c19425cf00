"""The two sides of a comparison: the standard library's classes and ironthread's."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass
from types import ModuleType

import ironthread.queue
import ironthread.threading


@dataclass(frozen=True)
class Side:
    """A pair of modules with the same names in them."""

    name: str
    threading: ModuleType
    queue: ModuleType


def sides() -> tuple[Side, Side]:
    """The standard library and ironthread; neither is installed over the other."""
    ours = vars(ironthread.threading)["Lock"], vars(ironthread.queue)["Queue"]
    if threading.Lock in ours or queue.Queue in ours:
        raise RuntimeError("ironthread is installed over the standard library: nothing to compare")
    return (
        Side("standard library", threading, queue),
        Side("ironthread", ironthread.threading, ironthread.queue),
    )
