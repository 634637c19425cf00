"""A drop-in for `concurrent.futures`: the same names, our futures and our pool of threads.

Pools of processes and everything else are the standard module's.

See https://docs.python.org/3/library/concurrent.futures.html.
"""

# ruff: noqa: PLC0414 (all names here are for others)
from __future__ import annotations

import concurrent.futures as _standard
from concurrent.futures import ALL_COMPLETED as ALL_COMPLETED
from concurrent.futures import FIRST_COMPLETED as FIRST_COMPLETED
from concurrent.futures import FIRST_EXCEPTION as FIRST_EXCEPTION
from concurrent.futures import BrokenExecutor as BrokenExecutor
from concurrent.futures import CancelledError as CancelledError
from concurrent.futures import Executor as Executor
from concurrent.futures import InvalidStateError as InvalidStateError
from concurrent.futures import TimeoutError as TimeoutError

from ironthread._futures import Future as Future
from ironthread._futures import as_completed as as_completed
from ironthread._futures import wait as wait
from ironthread._pool import BrokenThreadPool as BrokenThreadPool
from ironthread._pool import ThreadPoolExecutor as ThreadPoolExecutor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import ProcessPoolExecutor as ProcessPoolExecutor

__all__ = list(_standard.__all__)


def __getattr__(name: str) -> object:
    try:
        return getattr(_standard, name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_standard)})
