"""Runs what several tests wait for two at a time: the next program runs while a test waits for its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest

Case = TypeVar("Case", bound=Hashable)
Result = TypeVar("Result")

AT_ONCE = 2
"""As many as the machine has processors on which `make test` has to be through in time."""


def cases(request: pytest.FixtureRequest, test: Callable[..., None]) -> list[dict[str, Any]]:
    """The arguments of each call of this parametrized test in this run, in their order."""
    return [
        item.callspec.params
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test
    ]


@contextmanager
def started(
    work: Callable[[Case], Result], every: Iterable[Case]
) -> Iterator[dict[Case, Future[Result]]]:
    """Have `work` done for every case in their order, and give the future of each.

    What has not begun at the end, because a test failed, is left out.
    """
    pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="ahead")
    try:
        yield {case: pool.submit(work, case) for case in every}
    finally:
        pool.shutdown(cancel_futures=True)
