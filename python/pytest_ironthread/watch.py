"""What `pytest --ironthread` does around each test."""

from __future__ import annotations

import os
import sys
import threading

import pytest
from ironthread import DeadlockError, deadlocks, lock_order
from ironthread.run import DEADLOCKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Any

    from ironthread._deadlock import Deadlock
    from ironthread._lock_order import LockOrderInversion


class Watch:
    """Looks for deadlocks during each test, and fails the test in which there was one."""

    def __init__(self) -> None:
        self._told: list[Deadlock | LockOrderInversion] = []

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the call of a test. The innermost wrapper: pytest has an excepthook of its own."""
        self._told.clear()
        excepthook = threading.excepthook

        def note(args: threading.ExceptHookArgs) -> None:
            if isinstance(args.exc_value, DeadlockError):
                self._told.append(args.exc_value.deadlock)
            excepthook(args)

        def hear(deadlock: Deadlock) -> None:
            self._told.append(deadlock)
            if deadlock.nature == "all asleep":
                _end(item, deadlock)

        threading.excepthook = note
        try:
            with deadlocks("raise", all_asleep=True, hook=hear), lock_order(self._told.append):
                result = yield
        finally:
            threading.excepthook = excepthook
        if self._told:
            pytest.fail("\n\n".join(map(str, self._told)), pytrace=False)
        return result


def _end(item: pytest.Item, deadlock: Deadlock) -> None:
    """End the run, whose threads, pytest's included, sleep for ever: say what for."""
    capture: Any = item.config.pluginmanager.getplugin("capturemanager")
    if capture is not None:
        capture.suspend_global_capture(in_=True)
    print(f"\n\n{item.nodeid} never ends, nor does the run.\n{deadlock}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(DEADLOCKED)
