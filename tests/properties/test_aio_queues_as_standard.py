"""The queues of `ironthread.aio` beside asyncio's: coroutines wait, are called, are cancelled."""

from __future__ import annotations

import asyncio
from typing import Any

import ironthread.aio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from properties.steps import Step, plan, run, seen
from properties.test_queues_as_standard import ITEMS, KINDS
from properties.turns import Turns

SETTLED = 8
"""After so many rounds of its loop whatever can be done has been done."""


class Side:
    """One of the two queues, with a loop of its own and the tasks that have begun."""

    def __init__(self, queue: Any, prefix: str) -> None:
        self.queue, self.prefix = queue, prefix
        self.loop = asyncio.new_event_loop()
        self.tasks: list[asyncio.Task[Any]] = []

    async def _settle(self) -> None:
        for _ in range(SETTLED):
            await asyncio.sleep(0)

    def settle(self) -> None:
        self.loop.run_until_complete(self._settle())

    def begin(self, name: str, *arguments: Any) -> None:
        """Begin what may wait, and look what comes of it."""
        work = getattr(self.queue, self.prefix + name)(*arguments)
        self.tasks.append(self.loop.create_task(work))
        self.settle()

    def call(self, name: str, *arguments: Any) -> object:
        """Do what does not wait, from outside of the loop."""
        result = said(lambda: getattr(self.queue, name)(*arguments))
        self.settle()
        return result

    def call_inside(self, name: str, *arguments: Any) -> object:
        """The same in a task of the loop."""

        async def inside() -> object:
            return said(lambda: getattr(self.queue, name)(*arguments))

        result = self.loop.run_until_complete(inside())
        self.settle()
        return result

    def cancel(self, place: int, name: str | None = None, *arguments: Any) -> object:
        """Cancel one that waits, which does not know yet of what is done just before, if any."""
        waiting = [task for task in self.tasks if not task.done()]
        if not waiting:
            return None
        result = said(lambda: getattr(self.queue, name)(*arguments)) if name else None
        waiting[place % len(waiting)].cancel()
        self.settle()
        return result

    def outcomes(self) -> list[object]:
        """What has come of those that have begun."""
        return [said(task.result) if task.done() else "waits" for task in self.tasks]

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()
        self.settle()
        self.loop.close()


def said(call: Any) -> object:
    """What a call returns, or name and message of what it raises: the classes differ."""
    try:
        return seen(call())
    except (Exception, asyncio.CancelledError) as error:
        return type(error).__name__.removeprefix("Queue"), str(error)


def step(way: str, *arguments: Any) -> Step:
    shown = ", ".join(map(repr, arguments))
    return Step(f"{way}({shown})", lambda it: getattr(it, way)(*arguments))


WAYS = ["call", "call_inside"]
COMMON = [
    *(step("begin", "get") for _ in range(6)),
    *(step(way, "get_nowait") for way in WAYS for _ in range(2)),
    *(step(way, "task_done") for way in WAYS for _ in range(3)),
    step("begin", "join"),
    *(step("cancel", place) for place in range(3)),
    *(step("cancel", place, "get_nowait") for place in range(2)),
    *(step("cancel", place, "task_done") for place in range(2)),
]


def putting(item: Any) -> list[Step]:
    return [
        step("begin", "put", item),
        step("call", "put_nowait", item),
        step("call_inside", "put_nowait", item),
        step("cancel", 0, "put_nowait", item),
        step("cancel", 1, "put_nowait", item),
    ]


@st.composite
def sequences(draw: st.DrawFn) -> list[tuple[int, Step]]:
    """Steps with items of one kind."""
    items = ITEMS[draw(st.sampled_from(sorted(ITEMS)))]
    puts = [step for item in items[:4] for step in putting(item)]
    return draw(plan([*puts, *COMMON], 40))


LOOKS: list[Any] = [
    lambda it: (it.queue.qsize(), it.queue.empty(), it.queue.full(), it.queue.maxsize),
    Side.outcomes,
]


@pytest.mark.parametrize("name", KINDS)
@given(size=st.integers(-1, 3), sequence=sequences())
def test_queue(turns: Turns, name: str, size: int, sequence: list[tuple[int, Step]]) -> None:
    standard = Side(getattr(asyncio, name)(size), "")
    ours = Side(getattr(ironthread.aio, name)(size), "a")
    try:
        run(turns, (lambda: standard, lambda: ours), sequence, LOOKS)
    finally:
        standard.close()
        ours.close()
