"""What `pytest --ironthread` does around each test."""

from __future__ import annotations

import pytest
from ironthread import deadlocks, lock_order

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from ironthread._deadlock import Deadlock
    from ironthread._lock_order import LockOrderInversion


class Watch:
    """Looks for deadlocks during each test, and fails the test in which one was told."""

    def __init__(self) -> None:
        self._told: list[Deadlock | LockOrderInversion] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Watch the call of a test."""
        del item
        self._told.clear()
        with (
            deadlocks("raise", all_asleep=True, hook=self._told.append),
            lock_order(self._told.append),
        ):
            result = yield
        if self._told:
            pytest.fail("\n\n".join(map(str, self._told)), pytrace=False)
        return result
