"""Making objects: what a program exchanges in a class counts, and so do arguments of every kind."""

from __future__ import annotations

from typing import Any

import pytest
from against_standard import OURS, STANDARD, assert_same

CALLS = [
    "Event()",
    "Condition()",
    "Semaphore()",
    "BoundedSemaphore()",
    "Semaphore(2)",
    "Barrier(2)",
    "Queue()",
    "Queue(2)",
]


@pytest.mark.parametrize("names", [STANDARD, OURS], ids=["standard", "ours"])
@pytest.mark.parametrize("call", CALLS)
def test_an_initializer_that_a_program_exchanges_is_called(
    call: str, names: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made_of = names[call.partition("(")[0]]
    initialize, seen = made_of.__init__, []

    def counting(self: object, *arguments: object) -> None:
        seen.append(arguments)
        initialize(self, *arguments)

    assert type(eval(call, names)) is made_of
    with monkeypatch.context() as patched:
        patched.setattr(made_of, "__init__", counting)
        assert type(eval(call, names)) is made_of
        assert len(seen) == 1
    assert type(eval(call, names)) is made_of
    assert len(seen) == 1


ARGUMENTS = ["True", "0", "-1", "value=3", "3, 4", "'x'", "2, value=2", "wrong=1"]


@pytest.mark.parametrize("arguments", ARGUMENTS)
@pytest.mark.parametrize("kind", ["Semaphore", "BoundedSemaphore"])
def test_semaphores_are_made_of_what_the_standard_ones_are(kind: str, arguments: str) -> None:
    assert_same(f"s = {kind}({arguments}); [s._value, s.acquire(False), s._value]")


@pytest.mark.parametrize("arguments", ["3", "-1", "True", "maxsize=2", "10**30", "1, 2", "wrong=1"])
def test_queues_are_made_of_what_the_standard_ones_are(arguments: str) -> None:
    assert_same(f"q = Queue({arguments}); [q.full(), q.put(1), q.full()]")


@pytest.mark.parametrize("arguments", ["True", "2, None, 1.0", "parties=2", "", "2, wrong=1"])
def test_barriers_are_made_of_what_the_standard_ones_are(arguments: str) -> None:
    assert_same(f"b = Barrier({arguments}); [int(b.parties), b.n_waiting, b.broken]")


@pytest.mark.parametrize(
    "call",
    [
        *("Event(1)", "Event(flag=1)", "Condition(1)", "Condition(None)", "Condition(lock=None)"),
        *("Condition(lock=Lock())", "Condition(Lock(), 1)", "Condition(Condition())", "RLock(1)"),
    ],
)
def test_others_are_made_of_what_the_standard_ones_are(call: str) -> None:
    assert_same(f"type({call}).__name__")


@pytest.mark.parametrize("lock", ["Lock()", "RLock()"])
def test_a_condition_is_over_the_lock_that_it_is_given(lock: str) -> None:
    assert_same(f"lock = {lock}; c = Condition(lock); c._lock is lock")
