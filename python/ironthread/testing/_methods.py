"""The methods that stand on the classes while faults are on, in front of the real ones.

None does what the real one might not do as well: a queue without a bound is never full, an RLock
that its thread holds is always acquired, and a limited wait whose time is up now still sees what
has happened. That a free lock is not acquired in time, or a queue empty, is what happens when
another thread was quicker.
"""

from __future__ import annotations

from functools import wraps
from queue import Empty, Full
from time import sleep

from ironthread.testing._task import Task

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from ironthread.testing._injector import Injector, Site

    Method: TypeAlias = Callable[..., Any]

# How long a wait that is woken for nothing lasts at most, in seconds.
LONGEST_SPURIOUS = 0.001

_CANNOT_START = "can't start new thread"


def acquiring(injector: Injector, original: Method, operation: str) -> Method:
    """`acquire(blocking, timeout)` and `__enter__()`: the time is up, delays."""

    @wraps(original)
    def acquire(self: Any, *args: Any, **kwargs: Any) -> Any:
        site = injector.site(self, operation)
        if site is None:
            return original(self, *args, **kwargs)
        if _has_limit(1, args, kwargs) and not _is_owned(self) and site.meets("timeout"):
            return False
        before, after = site.delay()
        sleep(before) if before else None
        acquired = original(self, *args, **kwargs)
        if after and acquired:
            try:
                sleep(after)
            except BaseException:
                # Interrupted: the caller does not know that it was acquired.
                self.release()
                raise
        return acquired

    return acquire


def waiting(
    injector: Injector, original: Method, operation: str, *, limit_at: int = 0, wakes: bool = False
) -> Method:
    """A wait with `timeout` in this place: the time is up; for a condition's, awake for nothing."""

    @wraps(original)
    def wait(self: Any, *args: Any, **kwargs: Any) -> Any:
        site = injector.site(self, operation)
        if site is None:
            return original(self, *args, **kwargs)
        if _has_limit(limit_at, args, kwargs) and site.meets("timeout"):
            return original(self, *args[:limit_at], **{**kwargs, "timeout": 0})
        pause = site.drawn("spurious", LONGEST_SPURIOUS) if wakes else None
        if pause is None:
            return original(self, *args, **kwargs)
        original(self, pause)
        return True  # no matter whether it was notified

    return wait


def putting(injector: Injector, original: Method, operation: str, *, waits: bool) -> Method:
    """`put()` and `put_nowait()`: full for now, the time is up, delays."""

    @wraps(original)
    def put(self: Any, *args: Any, **kwargs: Any) -> None:
        site = injector.site(self, operation)
        if site is None:
            original(self, *args, **kwargs)
            return
        if getattr(self, "maxsize", 0) > 0:
            if _may_refuse(waits, 1, args, kwargs) and site.meets("full"):
                raise Full
            if waits and _has_limit(2, args, kwargs) and site.meets("timeout"):
                raise Full
        _delayed(site, original, self, args, kwargs)

    return put


def getting(injector: Injector, original: Method, operation: str, *, waits: bool) -> Method:
    """`get()` and `get_nowait()`: empty for now, the time is up, delays."""

    @wraps(original)
    def get(self: Any, *args: Any, **kwargs: Any) -> Any:
        site = injector.site(self, operation)
        if site is None:
            return original(self, *args, **kwargs)
        if _may_refuse(waits, 0, args, kwargs) and site.meets("empty"):
            raise Empty
        if waits and _has_limit(1, args, kwargs) and site.meets("timeout"):
            raise Empty
        return _delayed(site, original, self, args, kwargs)

    return get


def _delayed(
    site: Site, original: Method, self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """What it comes to, before and after the delays that are drawn."""
    before, after = site.delay()
    sleep(before) if before else None
    result = original(self, *args, **kwargs)
    sleep(after) if after else None
    return result


def starting(injector: Injector, original: Method, operation: str) -> Method:
    """`start()`: there can be no more threads. Gives each its strand."""

    @wraps(original)
    def start(self: Any) -> Any:
        if not injector.is_on or not self._initialized or self._started.is_set():
            return original(self)
        site = injector.outer_site(self, operation)
        injector.give(self)
        if site is not None and site.meets("start"):
            raise RuntimeError(_CANNOT_START)
        return original(self)

    return start


def submitting(injector: Injector, original: Method, operation: str) -> Method:
    """`submit()`: the call will raise. Gives each its strand."""

    @wraps(original)
    def submit(self: Any, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
        if not injector.is_on:
            return original(self, fn, *args, **kwargs)
        site = injector.outer_site(self, operation)
        fails = site is not None and site.meets("task")
        return original(self, Task(injector, fn, fails), *args, **kwargs)

    return submit


def _argument(place: int, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    return args[place] if len(args) > place else kwargs.get(name)


def _has_limit(place: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether the timeout in this place lets it wait, and not for ever."""
    timeout = _argument(place, "timeout", args, kwargs)
    return isinstance(timeout, (int, float)) and timeout > 0


def _may_refuse(waits: bool, place: int, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether a queue's method may raise instead of waiting, `block` being in this place."""
    if not waits:
        return True
    block = _argument(place, "block", args, kwargs)
    return (block is not None and not block) or _has_limit(place + 1, args, kwargs)


def _is_owned(lock: Any) -> bool:
    is_owned = getattr(lock, "_is_owned", None)
    return is_owned is not None and bool(is_owned())
