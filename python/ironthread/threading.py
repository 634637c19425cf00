"""A drop-in for the standard `threading` module: the same names, our primitives.

Nine classes are ours. Every other name (`local`, `current_thread`, `enumerate`, `excepthook` and
what later Python versions add) is the standard module's: it is read there at the time of use, and
assigned there. `ironthread.threading.excepthook = f` therefore works as it does on `threading`,
where the interpreter looks for it. There is one registry of threads, and it is the interpreter's.

See https://docs.python.org/3/library/threading.html.
"""

# ruff: noqa: PLC0414 (all names here are for others)
from __future__ import annotations

import sys
import threading as _standard

from ironthread._core import Barrier as Barrier
from ironthread._core import BoundedSemaphore as BoundedSemaphore
from ironthread._core import Condition as Condition
from ironthread._core import Event as Event
from ironthread._core import Lock as Lock
from ironthread._core import RLock as RLock
from ironthread._core import Semaphore as Semaphore
from ironthread._threads import Thread as Thread
from ironthread._timer import Timer as Timer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from threading import TIMEOUT_MAX as TIMEOUT_MAX
    from threading import BrokenBarrierError as BrokenBarrierError
    from threading import ExceptHookArgs as ExceptHookArgs
    from threading import ThreadError as ThreadError
    from threading import active_count as active_count
    from threading import activeCount as activeCount
    from threading import current_thread as current_thread
    from threading import currentThread as currentThread
    from threading import enumerate as enumerate
    from threading import excepthook as excepthook
    from threading import get_ident as get_ident
    from threading import get_native_id as get_native_id
    from threading import getprofile as getprofile
    from threading import gettrace as gettrace
    from threading import local as local
    from threading import main_thread as main_thread
    from threading import setprofile as setprofile
    from threading import settrace as settrace
    from threading import stack_size as stack_size

    if sys.version_info >= (3, 12):
        from threading import setprofile_all_threads as setprofile_all_threads
        from threading import settrace_all_threads as settrace_all_threads

__all__ = list(_standard.__all__)


def __getattr__(name: str) -> object:
    try:
        return getattr(_standard, name)
    except AttributeError:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}") from None


def __dir__() -> list[str]:
    return sorted({*globals(), *dir(_standard)})


class _DropIn(type(sys)):  # type: ignore[misc]
    """A module that passes assignments to names it does not hold itself on to the standard one."""

    def __setattr__(self, name: str, value: object) -> None:
        if name in self.__dict__ or not hasattr(_standard, name):
            super().__setattr__(name, value)
        else:
            setattr(_standard, name, value)


sys.modules[__name__].__class__ = _DropIn
