"""The four queues beside the standard library's."""

from __future__ import annotations

import queue
import sys
from collections.abc import Callable
from functools import total_ordering
from typing import Any

import ironthread.queue
import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.steps import Step, method, plan, run, unlike, value
from properties.turns import Turns


@total_ordering
class Ranked:
    """An item whose comparison is the program's code, by less than it shows: ties are seen."""

    def __init__(self, rank: int, name: str) -> None:
        self.rank, self.name = rank, name

    def __lt__(self, other: Any) -> bool:
        return bool(self.rank < other.rank)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ranked) and self.rank == other.rank

    def __hash__(self) -> int:
        return self.rank

    def __repr__(self) -> str:
        return f"<{self.rank} {self.name}>"


# Each a kind of items that can be compared with each other: the standard library's priority queue leaves
# an item inside whose comparison raised, and ours does not.
ITEMS: dict[str, list[Any]] = {
    "numbers": [
        0,
        1,
        -1,
        True,
        2.5,
        -0.0,
        float("nan"),
        float("inf"),
        2**63,
        -(2**64),
        2**53 + 1,
        9e15,
    ],
    "text": ["", "a", "b", "ab", "\N{SNOWMAN}", "\N{GRINNING FACE}", "\ud800"],
    "tuples": [(), (1,), (1, "a"), (1, "b"), (0, "z"), (2.0, ""), (1, "a", None), (1, "b", ())],
    "nested": [((1, 2), "a"), ((1,), "b"), ((1, 2.0), "a"), ((0, float("nan")), ""), ((), "c")],
    "lists": [[1], [1, 2], [], [0, 5]],
    "ranked": [Ranked(rank, name) for rank in (0, 1, 2) for name in "xy"],
    "ranked in tuples": [(1, Ranked(0, "x")), (1, Ranked(1, "y")), (0, Ranked(5, "z")), (1,)],
}
KINDS = ["Queue", "LifoQueue", "PriorityQueue"]

GET = [
    method("get_nowait"),
    method("get", False),
    method("get", block=False),
    method("get", True, 0),
    method("get", timeout=0),
    method("get", ready=lambda it: not it.empty()),
]
ASK = [
    *(method(name) for name in ("qsize", "empty", "full", "task_done", "task_done")),
    method("join", ready=lambda it: it.unfinished_tasks == 0),
    value("maxsize"),
    value("unfinished_tasks"),
    unlike("get", True, -1),
    unlike("get", 1, 2, 3),
    unlike("task_done", 1),
    unlike("put"),
]


def inside(it: Any) -> list[Any]:
    """What is inside, under the queue's own lock; ours has no lock to show before it is asked."""
    with it.mutex:
        return list(it.queue)


def taken_by_hand(it: Any) -> Any:
    with it.not_empty:
        return it._get() if it._qsize() else None


OPENING = [Step("inside", inside), Step("taken by hand", taken_by_hand)]
# Ours has it on every version; before 3.13 there is nothing to compare it with.
ENDING = (
    [method("shutdown"), method("shutdown", True), method("shutdown", immediate=True)]
    if sys.version_info >= (3, 13)
    else []
)


def putting(item: Any) -> list[Step]:
    return [
        method("put_nowait", item),
        method("put", item, False),
        method("put", item, True, 0),
        method("put", item, timeout=0),
        unlike("put", item, True, -1),
        unlike("put", item, 1, 2, 3),
    ]


@st.composite
def sequences(draw: st.DrawFn) -> list[tuple[int, Step]]:
    """Steps with items of one kind; some of them open the queue, some shut it down."""
    items = ITEMS[draw(st.sampled_from(sorted(ITEMS)))]
    puts = [step for item in items for step in putting(item)[: draw(st.integers(1, 6))]]
    opening = OPENING if draw(st.booleans()) else []
    ending = ENDING if draw(st.booleans()) else []
    weight = max(len(puts) // len(GET), 1)
    return draw(plan([*puts, *GET * weight, *ASK, *opening * weight, *ending], 40))


def both(name: str, *arguments: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    ours: Any = ironthread.queue
    return (lambda: getattr(queue, name)(*arguments), lambda: getattr(ours, name)(*arguments))


LOOKS: list[Any] = [
    repr,
    lambda it: (it.qsize(), it.empty(), it.full(), it.unfinished_tasks),
]


@pytest.mark.parametrize("name", KINDS)
@given(size=st.integers(-1, 4), sequence=sequences())
def test_queue(turns: Turns, name: str, size: int, sequence: list[tuple[int, Step]]) -> None:
    run(turns, both(name, size), sequence, LOOKS)


@given(
    sequence=plan(
        [
            *(method("put", item) for item in ITEMS["numbers"]),
            *(method("put", "x", *given) for given in [(False,), (True, 0), (1, -5), (None, "x")]),
            method("put_nowait", "x"),
            *GET * 2,
            *(method(name) for name in ("qsize", "empty")),
            unlike("get", True, -1),
            unlike("get", True, "x"),
            unlike("get", 1, 2, 3),
            unlike("put"),
            unlike("put", 1, 2, 3, 4),
        ]
    )
)
def test_simple_queue(turns: Turns, sequence: list[tuple[int, Step]]) -> None:
    looks: list[Any] = [lambda it: (it.qsize(), it.empty())]
    run(turns, both("SimpleQueue"), sequence, looks)
