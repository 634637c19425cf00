"""`Lock`, `RLock`, `Condition` beside the standard library's."""

from __future__ import annotations

import threading
from typing import Any

import ironthread.threading
import pytest
from hypothesis import given

from properties.steps import Step, method, plan, run, unlike
from properties.turns import Turns

HUGE = 10**400


def free(lock: Any) -> bool:
    """Whether the lock could be taken."""
    taken: bool = lock.acquire(False)
    if taken:
        lock.release()
    return taken


# `blocking` is a number or a truth, which is a matter of the version.
ACQUIRE = [
    method("acquire", False),
    method("acquire", blocking=False),
    method("acquire", 0),
    method("acquire", True, 0),
    method("acquire", timeout=0),
    method("acquire", timeout=0.0),
    method("acquire", ready=free),
    method("acquire", True, -1, ready=free),
    *(unlike("acquire", *given) for given in [(True, -2), (True, "x"), (True, None), (False, 1)]),
    *(unlike("acquire", *given) for given in [(1, 2, 3), (True, 1e100), (True, HUGE)]),
    *(unlike("acquire", True, limit) for limit in (float("nan"), float("inf"), -float("inf"))),
    unlike("acquire", block=True),
]
RELEASE = [method("release"), method("release"), unlike("release", 1)]
BLOCK = [
    method("__enter__", ready=free),
    method("__exit__", None, None, None),
]


@given(sequence=plan([*ACQUIRE, *RELEASE, *BLOCK, method("locked"), method("_at_fork_reinit")]))
def test_lock(turns: Turns, sequence: list[tuple[int, Step]]) -> None:
    run(turns, (threading.Lock, ironthread.threading.Lock), sequence, [repr])


def saved_and_restored(lock: Any) -> Any:
    state = lock._release_save()
    between = lock._is_owned()
    lock._acquire_restore(state)
    return state, between, lock._is_owned()


@given(
    sequence=plan(
        [
            *(*ACQUIRE, *RELEASE, *RELEASE, *BLOCK),
            method("_is_owned"),
            # The standard library's lets another thread's lock go as well, and then is nobody's.
            Step("saved and restored", saved_and_restored, ready=free),
            method("_at_fork_reinit"),
        ]
    )
)
def test_rlock(turns: Turns, sequence: list[tuple[int, Step]]) -> None:
    run(turns, (threading.RLock, ironthread.threading.RLock), sequence, [repr])


# Time limits without sense are not among them: ours are looked at before the lock is.
WAITS = [
    *(method("wait", limit) for limit in (0, 0.0, -1, -0.5)),
    method("wait_for", lambda: 0, 0),
    method("wait_for", lambda: "true", 0),
    method("wait_for", lambda: [1]),
    method("wait_for", lambda: 1 // 0),
]
NOTIFY = [
    *(method("notify", *given) for given in [(), (1,), (2,), (0,), (-1,)]),
    method("notify_all"),
    unlike("notify", 1, 2),
]
OVER = {"nothing": "Condition()", "Lock": "Condition(Lock())", "RLock": "Condition(RLock())"}


@pytest.mark.parametrize("over", OVER)
@given(sequence=plan([*ACQUIRE[:9], *RELEASE, *BLOCK, *WAITS, *WAITS[:4], *NOTIFY]))
def test_condition(turns: Turns, over: str, sequence: list[tuple[int, Step]]) -> None:
    def make(module: Any) -> Any:
        return lambda: eval(OVER[over], vars(module))

    run(turns, (make(threading), make(ironthread.threading)), sequence, [repr])
