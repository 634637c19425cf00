"""Is the thing under test ironthread's?

A green test of the standard library's own class would be worth nothing, and it is easily had: an
alias bound too early, a module imported afresh, an installation that does nothing. ironthread's
types pose as those of the standard library, so their names prove nothing either. What counts is
identity: not one of the objects that were there before the installation, and found in a module of
the package `ironthread`.
"""

import importlib
import sys
import unittest
from types import ModuleType
from typing import Any

from .environment import BOOT
from .loading import resolve
from .suite import Suite

TYPE_ATTRIBUTES = ("locktype", "condtype", "eventtype", "semtype", "barriertype")
QUEUES = ("Queue", "LifoQueue", "PriorityQueue", "SimpleQueue")

INSTALLED = (
    "threading.Lock",
    "threading.RLock",
    "threading.Condition",
    "threading.Semaphore",
    "threading.BoundedSemaphore",
    "threading.Event",
    "threading.Barrier",
    "threading.Thread",
    "threading.Timer",
    "queue.Queue",
    "queue.LifoQueue",
    "queue.PriorityQueue",
    "queue.SimpleQueue",
)
"""Names that are ironthread's once it is installed; all of CPython's tests lean on them."""


def _stock() -> list[object]:
    boot = importlib.import_module(BOOT)
    return [value for names in boot.STOCK.values() for value in names.values()]


def _reachable(subject: object) -> bool:
    importlib.import_module("ironthread.threading")
    importlib.import_module("ironthread.queue")
    return any(
        value is subject
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] == "ironthread" and module is not None
        for value in list(vars(module).values())
    )


def objection(subject: object) -> str | None:
    """Why the object is not ironthread's; None when it is."""
    stock = _stock()
    if any(subject is known for known in stock):
        return f"{subject!r} is the standard library's own"
    if not _reachable(subject):
        return f"{subject!r} is not reachable from the package ironthread"
    if not isinstance(subject, type) and callable(subject):
        made = type(subject())
        if any(made is known for known in stock):
            return f"{subject!r} makes objects of the standard library's own {made!r}"
    return None


def under_test(
    case: type[unittest.TestCase], suite: Suite, module: ModuleType
) -> dict[str, object] | None:
    """What the class tests, by the name under which it holds it; None when it does not say."""
    names = suite.subjects_of(case.__qualname__)
    if names is not None:
        return {name: resolve(name, vars(module)) for name in names}
    found = {name: getattr(case, name) for name in TYPE_ATTRIBUTES if hasattr(case, name)}
    queue = getattr(case, "queue", None)
    if isinstance(queue, ModuleType):
        found.update({f"queue.{name}": getattr(queue, name) for name in QUEUES})
    return found or None


def claim(
    case: type[unittest.TestCase], suite: Suite, module: ModuleType
) -> tuple[list[str], list[str]]:
    """Make sure that the class tests ironthread's types: (objections, notes).

    A class that names a private alias which the installation left alone is pointed at the public
    name; a note says so.
    """
    objections, notes = [], []
    subjects = under_test(case, suite, module)
    if subjects is None:
        objections.append(f"nothing says what {case.__qualname__} tests: name its subjects")
        subjects = {}
    for name, subject in subjects.items():
        problem = objection(subject)
        public = suite.aliases.get(f"{case.__name__}.{name}")
        if problem and public:
            genuine: Any = resolve(public)
            setattr(case, name, staticmethod(genuine))
            notes.append(f"{name} pointed at {public}")
            problem = objection(genuine)
        if problem:
            objections.append(f"{name}: {problem}")
    return objections, notes


def installed() -> dict[str, object]:
    """What the public names stand for now."""
    return {name: resolve(name) for name in INSTALLED}
