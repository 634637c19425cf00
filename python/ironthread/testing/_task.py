"""A call of a pool, as it is submitted while faults are on."""

from __future__ import annotations

from ironthread.testing._log import InjectedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from ironthread.testing._injector import Injector


class Task:
    """Calls a function as the strand of its own that a pool's call is, or raises in its stead."""

    def __init__(self, injector: Injector, fn: Callable[..., Any], fails: bool) -> None:
        self.__wrapped__ = fn
        name = getattr(fn, "__qualname__", None) or type(fn).__qualname__
        self.__name__ = self.__qualname__ = name
        self._injector = injector
        self._fails = fails
        self._strand = injector.strand().child(f"{name}()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._fails:
            error = self._injector.options.error
            raise InjectedError("injected: the task fails") if error is None else error
        before = self._injector.exchange(self._strand)
        try:
            return self.__wrapped__(*args, **kwargs)
        finally:
            self._injector.exchange(before)
