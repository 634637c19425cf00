"""joblib's parallel map, over threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib import import_module
from typing import Any

from measure.side import Side

from .peer import NONE, Peer, module


class ThreadPoolExecutor:
    """`Parallel`, under the standard names. It only maps."""

    def __init__(self, workers: int) -> None:
        self._joblib: Any = import_module("joblib")
        self._parallel: Any = self._joblib.Parallel(n_jobs=workers, backend="threading")

    def __enter__(self) -> ThreadPoolExecutor:
        self._parallel.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._parallel.__exit__(*exception)

    def map(self, call: Callable[[Any], object], arguments: Iterable[Any]) -> list[Any]:
        """The results, in order."""
        results: list[Any] = self._parallel(map(self._joblib.delayed(call), arguments))
        return results


PEER = Peer(
    "joblib",
    lambda: Side("joblib", NONE, NONE, module(ThreadPoolExecutor=ThreadPoolExecutor)),
    ("ThreadPoolExecutor(4): map, 20,000 at a time",),
)
