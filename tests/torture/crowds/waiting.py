"""Threads wait in every kind of wait."""

from __future__ import annotations

from functools import partial

from waits import WAITS, BarrierWait, ConditionFor, ConditionWait, RLockWait, Wait

from torture.crowd import Crowd, settle


def gather(crowd: Crowd) -> None:
    """Have threads wait for things, and for each other."""
    names = sorted(WAITS)
    waits = [WAITS[name]() for name in crowd.rng.sample(names, k=crowd.rng.randint(3, 15))]
    for wait in waits:
        crowd.have_wait(wait)
    for thread in crowd.rng.sample(crowd.threads, k=3):
        crowd.start(thread.join)
    if crowd.rng.random() < 0.7:
        settle()
        for wait in filter(usable, waits):
            crowd.legacies.append(partial(use_inherited, wait))


def usable(wait: Wait) -> bool:
    """Whether a child can use the thing.

    Not if a thread that is no more has it, or counts among its parties, or would be the one notified.
    """
    condition = isinstance(wait, ConditionWait) and not isinstance(wait, ConditionFor)
    return not condition and not isinstance(wait, RLockWait | BarrierWait)


def use_inherited(wait: Wait) -> None:
    """What was waited for can come, and be had."""
    wait.end()
    assert wait.wait(), f"{wait} does not come"
