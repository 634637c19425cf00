"""Exchanges live locks of the standard library: `logging._lock`, the locks of log handlers, ...

Names decide what locks are made from now on; these locks exist already. Exchanging one is safe only
when nobody can go on using the old one while others use the new one, so it is done only

- while the calling thread is the only one that runs Python code,
- when the lock is not held, and
- when the place where it was found holds the only reference to it. A lock whose bound methods were
  given to `os.register_at_fork` or `atexit`
  (`concurrent.futures.thread._global_shutdown_lock`), that somebody waits for, or that another
  object took over has more references than that.

A lock that is not exchanged keeps working as it is. Those of `threading` itself are left alone:
the interpreter shares some of them with C code, and no program waits for them.
"""

from __future__ import annotations

import sys

from ironthread._places import AttributePlace, Place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


def alone() -> bool:
    """Whether the calling thread is the only one that runs Python code."""
    return len(sys._current_frames()) == 1


def handler_locks() -> Iterator[tuple[Place, object]]:
    """The locks of the live log handlers, when `logging` is loaded at all."""
    logging = sys.modules.get("logging")
    for reference in list(getattr(logging, "_handlerList", ())):
        handler = reference()
        if handler is not None and "lock" in vars(handler):
            yield AttributePlace(handler, "lock"), handler.lock


def exchange(place: Place, new: object) -> object | None:
    """Put `new` where a live lock is, when that is safe; return the old lock, else None."""
    if _references(place) != _references(Place({"": object()}, "")):
        return None
    old = place.read()
    if not _is_free(old):
        return None
    place.write(new)
    return old


def _is_free(lock: Any) -> bool:
    """Whether no thread holds `lock`."""
    if hasattr(lock, "_is_owned") and lock._is_owned():
        return False
    if not lock.acquire(False):
        return False
    lock.release()
    return True


def _references(place: Place) -> int:
    # Compared with the count of an object that has one reference for certain and is read the same
    # way, because versions differ in what the call itself adds.
    return sys.getrefcount(place.read())
