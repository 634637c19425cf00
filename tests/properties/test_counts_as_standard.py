"""`Semaphore`, `BoundedSemaphore`, `Event`, `Barrier` beside the standard library's."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ironthread.threading
import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.steps import Step, method, plan, run, unlike, value
from properties.turns import Turns


def has_permits(semaphore: Any) -> bool:
    return bool(semaphore._value > 0)


def lets_through(barrier: Any) -> bool:
    return bool(barrier.broken or barrier.parties == 1 or barrier._timeout is not None)


# Time limits without sense are not among them: ours are looked at whether they matter or not.
SEMAPHORE = [
    *(method("acquire", *given) for given in [(False,), (True, 0), (0,), (True, -1), (True, -0.5)]),
    method("acquire", timeout=0),
    method("acquire", blocking=False),
    method("acquire", ready=has_permits),
    method("__enter__", ready=has_permits),
    method("__exit__", None, None, None),
    *(method("release", *given) for given in [(), (), (1,), (2,), (3,), (0,), (-1,), (True,)]),
    *(unlike("acquire", *given) for given in [(False, 1), (1, 2, 3)]),
    *(unlike("release", *given) for given in [("x",), (1, 2)]),
]


def both(name: str, *arguments: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    """How to make one of each side."""
    ours: Any = ironthread.threading
    return (
        lambda: getattr(threading, name)(*arguments),
        lambda: getattr(ours, name)(*arguments),
    )


@pytest.mark.parametrize("name", ["Semaphore", "BoundedSemaphore"])
@given(first=st.integers(-1, 3), sequence=plan(SEMAPHORE))
def test_semaphore(turns: Turns, name: str, first: int, sequence: list[tuple[int, Step]]) -> None:
    looks: list[Any] = [repr, lambda it: it._value]
    run(turns, both(name, first), sequence, looks)


EVENT = [
    *(method(name) for name in ("set", "clear", "is_set", "isSet")),
    *(method("wait", limit) for limit in (0, 0.0, -1)),
    method("wait", ready=lambda it: it.is_set()),
    *(unlike("wait", *given) for given in [(0, 1)]),
    *(unlike(name, 1) for name in ("set", "clear", "is_set")),
]


@given(sequence=plan(EVENT))
def test_event(turns: Turns, sequence: list[tuple[int, Step]]) -> None:
    run(turns, both("Event"), sequence, [repr])


BARRIER = [
    *(method("wait", *given) for given in [(0,), (0.0,), (-1,)]),
    method("wait", timeout=0),
    method("wait", ready=lets_through),
    *(method(name) for name in ("reset", "abort")),
    *(value(name) for name in ("n_waiting", "broken", "parties")),
    *(unlike(name, 1, 2) for name in ("wait", "reset", "abort")),
]
ACTIONS: list[Callable[[], object] | None] = [None, lambda: "ignored", lambda: 1 // 0]


@given(
    parties=st.integers(1, 3),
    action=st.sampled_from(ACTIONS),
    limit=st.sampled_from([None, 0]),
    sequence=plan(BARRIER),
)
def test_barrier(
    turns: Turns,
    parties: int,
    action: Callable[[], object] | None,
    limit: float | None,
    sequence: list[tuple[int, Step]],
) -> None:
    looks: list[Any] = [repr, lambda it: (it.n_waiting, it.broken, it.parties)]
    run(turns, both("Barrier", parties, action, limit), sequence, looks)
