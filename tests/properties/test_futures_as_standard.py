"""`Future` beside the standard library's."""

from __future__ import annotations

import concurrent.futures as standard
import logging
from collections.abc import Callable
from functools import partial
from typing import Any

import ironthread.futures as ours
import pytest
from hypothesis import given

from properties.steps import Step, method, plan, run, unlike
from properties.turns import Turns


class Log:
    """A future with the list in which its callbacks write."""

    def __init__(self, module: Any) -> None:
        self.module, self.future, self.calls = module, module.Future(), list[object]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.future, name)

    def add(self, what: Callable[[Log], object]) -> object:
        """Add a callback that notes what it does and what comes of it."""

        def callback(future: Any) -> None:
            assert future is self.future
            self.calls.append(future._state)
            self.calls.append(what(self))

        return self.future.add_done_callback(callback)


def fails(_: Log) -> object:
    raise ArithmeticError("in a callback")


def tried(call: Callable[[], object]) -> object:
    """What a call in a callback comes to, as text."""
    try:
        return repr(call())
    except Exception as error:
        return type(error).__name__


CALLBACKS: dict[str, Callable[[Log], object]] = {
    "nothing": lambda _: None,
    "fails": fails,
    "cancels": lambda it: tried(it.future.cancel),
    "asks": lambda it: tried(lambda: it.future.result(0)),
    "sets": lambda it: tried(lambda: it.future.set_result("late")),
    "adds": lambda it: it.add(lambda _: "added by a callback"),
}

STEPS = [
    *(method(name) for name in ("done", "running", "cancelled", "cancel")),
    method("set_running_or_notify_cancel"),
    method("set_running_or_notify_cancel"),
    *(method("set_result", given) for given in (7, None)),
    *(method("set_exception", given) for given in (KeyError("k"), StopIteration(1), None)),
    *(method(name, 0) for name in ("result", "exception")),
    *(method(name, timeout=-1) for name in ("result", "exception")),
    unlike("result", 1, 2),
    unlike("set_result"),
    unlike("set_exception"),
    unlike("cancel", 1),
    *(Step(f"add {name}", partial(Log.add, what=what)) for name, what in CALLBACKS.items()),
    Step("wait", lambda it: [len(each) for each in it.module.wait([it.future], 0)]),
    Step("as_completed", lambda it: len(list(it.module.as_completed([it.future], 0)))),
]
LOOKS: list[Any] = [
    lambda it: repr(it.future),
    lambda it: (it.future._state, it.calls, it.future.done(), it.future.running()),
]


@pytest.fixture
def _quiet() -> Any:
    """Callbacks that fail, and futures in a wrong state, are logged: on both sides, and not here."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.usefixtures("_quiet")
@given(sequence=plan(STEPS))
def test_future(turns: Turns, sequence: list[tuple[int, Step]]) -> None:
    run(turns, (lambda: Log(standard), lambda: Log(ours)), sequence, LOOKS)
