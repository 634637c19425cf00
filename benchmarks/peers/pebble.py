"""Pebble's pool of threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import Any

from measure.side import Side

from .peer import NONE, Peer, module


class ThreadPoolExecutor:
    """The pool, under the standard names."""

    def __init__(self, workers: int) -> None:
        self._pool: Any = import_module("pebble").ThreadPool(workers)

    def __enter__(self) -> ThreadPoolExecutor:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._pool.close()
        self._pool.join()

    def submit(self, call: Callable[[], object]) -> Any:
        """A future."""
        return self._pool.schedule(call)

    def map(self, call: Callable[[Any], object], arguments: Iterable[Any]) -> Iterator[Any]:
        """The results, in order."""
        results: Iterator[Any] = self._pool.map(call, arguments).result()
        return results


PEER = Peer(
    "pebble",
    lambda: Side("pebble", NONE, NONE, module(ThreadPoolExecutor=ThreadPoolExecutor)),
    (
        "ThreadPoolExecutor(4): submit + result, 20,000 at a time",
        "ThreadPoolExecutor(4): map, 20,000 at a time",
        "ThreadPoolExecutor(4): submit().result(), one by one",
    ),
)
