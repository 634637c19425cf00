"""The two sides of a comparison: the standard library's classes and ironthread's."""

from __future__ import annotations

import concurrent.futures
import queue
import threading
from dataclasses import dataclass
from types import ModuleType

import ironthread.futures
import ironthread.queue
import ironthread.threading


@dataclass(frozen=True)
class Side:
    """Modules that have the same names in them on both sides."""

    name: str
    threading: ModuleType
    queue: ModuleType
    futures: ModuleType


def sides() -> tuple[Side, Side]:
    """The standard library and ironthread; neither is installed over the other."""
    ours = vars(ironthread.threading)["Lock"], vars(ironthread.queue)["Queue"]
    if threading.Lock in ours or queue.Queue in ours:
        raise RuntimeError("ironthread is installed over the standard library: nothing to compare")
    return (
        Side("standard library", threading, queue, concurrent.futures),
        Side("ironthread", ironthread.threading, ironthread.queue, ironthread.futures),
    )
