"""Which of CPython's test classes are run, and what each of them is about.

To take in more: add a `Suite`, or class patterns to one. A class that holds none of the attributes
known to `ownership.py` needs `subjects`: names of the test module that must be ironthread's.
"""

import importlib
import sys
import unittest
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from types import ModuleType


@dataclass(frozen=True)
class Suite:
    """The classes to run from one module of the package `test`."""

    module: str
    classes: tuple[str, ...]
    """Patterns of class names."""
    subjects: tuple[str, ...] = ()
    """Dotted names, looked up in the test module, of what is tested."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """`Class.attribute` that names a private alias -> the public name that programs use."""
    bindings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Abstract class -> attribute to set, name in `ironthread.threading` to set it to."""
    low_level: bool = False
    """Whether the module takes its locks from `_thread`."""


SUITES = (
    Suite(
        module="lock_tests",
        classes=("*",),
        bindings={
            "LockTests": ("locktype", "Lock"),
            "RLockTests": ("locktype", "RLock"),
            "EventTests": ("eventtype", "Event"),
            "ConditionTests": ("condtype", "Condition"),
            "SemaphoreTests": ("semtype", "Semaphore"),
            "BoundedSemaphoreTests": ("semtype", "BoundedSemaphore"),
            "BarrierTests": ("barriertype", "Barrier"),
        },
    ),
    Suite(
        module="test_threading",
        classes=(
            "LockTests",
            "*RLockTests",
            "EventTests",
            "ConditionTests",
            "SemaphoreTests",
            "BoundedSemaphoreTests",
            "BarrierTests",
        ),
        aliases={"CRLockTests.locktype": "threading.RLock"},
    ),
    Suite(module="test_queue", classes=("*",)),
    Suite(
        module="test_thread",
        classes=("LockTests", "BarrierTest"),
        subjects=("thread.allocate_lock",),
        low_level=True,
    ),
    Suite(
        module="test_threadsignals",
        classes=("*",),
        subjects=("thread.allocate_lock", "thread.RLock"),
        low_level=True,
    ),
)

INSTALLED = (
    "threading.Lock",
    "threading.RLock",
    "threading.Condition",
    "threading.Event",
    "threading.Semaphore",
    "threading.BoundedSemaphore",
    "threading.Barrier",
    "queue.Queue",
    "queue.LifoQueue",
    "queue.PriorityQueue",
    "queue.SimpleQueue",
)
"""Names that are ironthread's once it is installed; the test classes lean on them all."""

FROM_THREAD = {"allocate_lock": "threading.Lock", "RLock": "threading.RLock"}
"""What a low-level test module takes from `_thread`, and the same thing's public name."""


def suite_named(module: str) -> Suite:
    """The suite of that test module."""
    return next(suite for suite in SUITES if suite.module == module)


def resolve(dotted: str, scope: Mapping[str, object] | None = None) -> object:
    """The object behind a dotted name that starts at a module, or at a name in `scope`."""
    first, *rest = dotted.split(".")
    found = scope[first] if scope is not None else importlib.import_module(first)
    for name in rest:
        found = getattr(found, name)
    return found


def load(suite: Suite, replaced: bool) -> ModuleType:
    """Import the suite's test module, with what it tests put where it looks."""
    importlib.import_module("test.support.threading_helper")
    stands_in = replaced and suite.low_level
    if stands_in:
        sys.modules["_thread"], genuine = _thread_on_public_names(), sys.modules["_thread"]
    try:
        module = importlib.import_module(f"test.{suite.module}")
    finally:
        if stands_in:
            sys.modules["_thread"] = genuine
    return module


def _thread_on_public_names() -> ModuleType:
    """A copy of `_thread` whose locks are those of `threading`.

    The module itself is left alone: the import system takes its own locks from it.
    """
    genuine = sys.modules["_thread"]
    copy = ModuleType("_thread", genuine.__doc__)
    vars(copy).update(vars(genuine))
    for name, public in FROM_THREAD.items():
        setattr(copy, name, resolve(public))
    return copy


def cases(suite: Suite, module: ModuleType, replaced: bool) -> Iterator[type[unittest.TestCase]]:
    """The test classes of the suite that are to be run."""
    if suite.bindings:
        source = importlib.import_module("ironthread.threading" if replaced else "threading")
        for name, (attribute, subject) in suite.bindings.items():
            body = {
                attribute: staticmethod(getattr(source, subject)),
                "__module__": module.__name__,
            }
            yield type(name, (getattr(module, name),), body)
        return
    for name, value in vars(module).items():
        if (
            isinstance(value, type)
            and issubclass(value, unittest.TestCase)
            and any(fnmatchcase(name, pattern) for pattern in suite.classes)
        ):
            yield value
