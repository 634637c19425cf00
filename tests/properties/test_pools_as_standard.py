"""A pool of one worker beside the standard library's: what becomes of each call, whatever the order."""

from __future__ import annotations

import concurrent.futures as standard
import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import ironthread.futures as ours
import pytest
from hypothesis import given
from ironthread import WorkStealingExecutor

from properties.steps import Step, plan, run
from properties.turns import Turns

LIMIT_SECONDS = 60.0


class Gate:
    """A call that lasts until it is told to end."""

    def __init__(self) -> None:
        self.begun, self.open = threading.Event(), threading.Event()

    def __call__(self) -> str:
        self.begun.set()
        assert self.open.wait(LIMIT_SECONDS)
        return "through"


class Pool:
    """A pool and its futures in the order of their submission. Between steps all that can be done is done."""

    def __init__(self, module: Any, make: Callable[[int], Any], notes_at_once: bool) -> None:
        self.module, self.pool, self.notes_at_once = module, make(1), notes_at_once
        self.futures: list[Any] = []
        self.gates: dict[int, Gate] = {}

    def settle(self) -> None:
        """Wait until the worker is at a gate, or has nothing left to do."""
        for number, future in enumerate(self.futures):
            gate = self.gates.get(number)
            if gate is not None and not gate.open.is_set() and not future.cancelled():
                assert gate.begun.wait(LIMIT_SECONDS)
                return
            standard.wait([future], LIMIT_SECONDS)

    def submit(self, call: Callable[..., Any], *arguments: Any) -> str:
        self.futures.append(self.pool.submit(call, *arguments))
        return "submitted"

    def submit_gate(self) -> str:
        gate = Gate()
        self.submit(gate)
        self.gates[len(self.futures) - 1] = gate
        return "submitted"

    def open_gates(self) -> None:
        for gate in self.gates.values():
            gate.open.set()

    def state(self) -> object:
        self.settle()
        # Not their `_state`: see `wait`.
        return [(each.cancelled(), each.running(), each.done()) for each in self.futures]

    def latest(self, do: Callable[[Any], Any]) -> object:
        return do(self.futures[-1]) if self.futures else None

    def first_pending(self, do: Callable[[Any], Any]) -> object:
        pending = [future for future in self.futures if not future.done()]
        return do(pending[-1]) if pending else None

    def wait(self, return_when: str) -> object:
        done, not_done = self.module.wait(self.futures, 0, return_when)
        if self.notes_at_once:
            # A pool with options lets go at once of a call that is cancelled, and notes it: to `wait`
            # it is done. Another one does so when its turn comes.
            done |= {future for future in not_done if future.cancelled()}
        return len(done), len(not_done - done)


def fail(error: BaseException) -> None:
    raise error


def mapped(it: Pool) -> object:
    it.open_gates()
    return list(it.pool.map(divmod, [7, 8, 9], [2, 3, 4]))


def failing_map(it: Pool) -> object:
    it.open_gates()
    return list(it.pool.map(divmod, [7, 8], [2, 0]))


def completed(it: Pool) -> object:
    it.open_gates()
    ends = it.module.as_completed(it.futures, LIMIT_SECONDS)
    return sorted(future.cancelled() for future in ends)


STEPS = [
    Step("submit", lambda it: it.submit(divmod, 7, 2)),
    Step("submit one that fails", lambda it: it.submit(divmod, 7, 0)),
    Step("submit one that exits", lambda it: it.submit(partial(fail, SystemExit(3)))),
    Step("submit one that stops", lambda it: it.submit(partial(fail, StopIteration("x")))),
    Step("submit nothing", lambda it: it.pool.submit(), says=False),
    Step("submit what cannot be called", lambda it: it.submit(7)),
    Step("submit gate", lambda it: it.submit_gate()),
    Step("submit gate", lambda it: it.submit_gate()),
    Step("open", lambda it: it.open_gates()),
    Step("cancel", lambda it: it.latest(lambda future: future.cancel())),
    Step("cancel one that waits", lambda it: it.first_pending(lambda future: future.cancel())),
    Step("result", lambda it: it.latest(lambda future: future.result(0))),
    Step("exception", lambda it: it.latest(lambda future: future.exception(0))),
    *(
        Step(f"wait for {when}", partial(Pool.wait, return_when=when))
        for when in ("ALL_COMPLETED", "FIRST_COMPLETED", "FIRST_EXCEPTION")
    ),
    Step("map", mapped),
    Step("map that fails", failing_map),
    Step("as completed", completed),
    Step("shut down", lambda it: it.pool.shutdown(False)),
]

POOLS: dict[str, Callable[[int], Any]] = {
    "plain": ours.ThreadPoolExecutor,
    "with options": lambda workers: ours.ThreadPoolExecutor(workers, call_options=True),
    # Its worker takes the oldest call that came from outside: the order is the same.
    "stealing": WorkStealingExecutor,
}


@pytest.mark.parametrize("kind", POOLS)
@given(sequence=plan(STEPS, 12))
def test_pool(turns: Turns, kind: str, sequence: list[tuple[int, Step]]) -> None:
    made: list[Pool] = []

    def make(module: Any, pool: Callable[[int], Any]) -> Pool:
        made.append(Pool(module, pool, kind == "with options"))
        return made[-1]

    pair = (
        partial(make, standard, standard.ThreadPoolExecutor),
        partial(make, ours, POOLS[kind]),
    )
    try:
        run(turns, pair, sequence, [lambda it: it.state()])
    finally:
        for each in made:
            each.open_gates()
            each.pool.shutdown()
