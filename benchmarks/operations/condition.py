"""``threading.Condition``: in one thread, and notifying eight."""

from __future__ import annotations

from collections.abc import Sequence

from measure.crew import Body, Crew
from measure.loop import Loop
from measure.operation import Operation
from measure.side import Side

GROUP = "Condition"
MADE = "condition = threading.Condition()"
OVER_LOCK = "condition = threading.Condition(threading.Lock())"
WAITERS = 8


def _notify_all(side: Side, count: int) -> Sequence[Body]:
    """One operation: eight threads have come to wait, are notified, and have all seen it."""
    lock = side.threading.Lock()
    started, complete = side.threading.Condition(lock), side.threading.Condition(lock)
    waiting = 0
    generation = 0

    def waiter() -> None:
        nonlocal waiting
        for _ in range(count):
            with lock:
                waiting += 1
                if waiting == WAITERS:
                    complete.notify()
                seen = generation
                while generation == seen:
                    started.wait()

    def starter() -> None:
        nonlocal waiting, generation
        for _ in range(count):
            with lock:
                while waiting < WAITERS:
                    complete.wait()
                waiting = 0
                generation += 1
                started.notify_all()

    return [*[waiter] * WAITERS, starter]


OPERATIONS: tuple[Operation, ...] = (
    Loop(GROUP, "with", "with condition:\n    pass", MADE),
    Loop(GROUP, "with: notify, no waiters", "with condition:\n    condition.notify()", MADE),
    Loop(
        GROUP, "with: notify_all, no waiters", "with condition:\n    condition.notify_all()", MADE
    ),
    Loop(GROUP, "over a Lock, with: notify", "with condition:\n    condition.notify()", OVER_LOCK),
    Loop(GROUP, "acquire + release", "condition.acquire()\ncondition.release()", MADE),
    Loop(GROUP, "with: wait(0)", "with condition:\n    condition.wait(0)", MADE),
    Loop(
        GROUP,
        "with: wait_for, true at once",
        "with condition:\n    condition.wait_for(yes)",
        f"{MADE}\nyes = lambda: True",
    ),
    Crew(GROUP, "notify_all to 8 waiters", _notify_all),
)
