"""Making an object, and letting it go again."""

from __future__ import annotations

from measure.loop import Loop
from measure.operation import Operation

GROUP = "Construction"

EXPRESSIONS = {
    "threading": (
        "Lock()",
        "RLock()",
        "Semaphore(4)",
        "BoundedSemaphore(4)",
        "Event()",
        "Condition()",
        "Condition(lock)",
        "Barrier(4)",
    ),
    "queue": (
        "Queue()",
        "Queue(10)",
        "LifoQueue()",
        "PriorityQueue()",
        "SimpleQueue()",
    ),
}


def _loop(module: str, expression: str) -> Loop:
    """The class is bound to a name first: what is timed is the call, not the module's attribute."""
    name = expression.partition("(")[0]
    return Loop(GROUP, expression, expression, f"{name} = {module}.{name}\nlock = threading.Lock()")


OPERATIONS: tuple[Operation, ...] = tuple(
    _loop(module, expression)
    for module, expressions in EXPRESSIONS.items()
    for expression in expressions
)
