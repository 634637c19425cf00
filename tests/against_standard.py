"""The same lines of code run on the standard library's classes and on ours, and their outcomes compared."""

from __future__ import annotations

import _thread
import copy
import inspect
import pickle
import queue as standard_queue
import re
import threading as standard_threading
import weakref
from dataclasses import dataclass
from typing import Any

import ironthread.queue
import ironthread.threading
from crew import Crew
from waits import MinimalLock

_THREADING = [
    *("Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event", "Barrier"),
    *("BrokenBarrierError", "Thread", "Timer"),
]
_QUEUE = ["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "Empty", "Full"]


class Odd:
    """An argument that is neither a number nor anything else."""


class Fraction:
    """A number by its `__float__` and `__index__` only."""

    def __float__(self) -> float:
        return 0.001

    def __index__(self) -> int:
        return 1


class Untrue:
    def __bool__(self) -> bool:
        raise ArithmeticError


def in_thread(function: Any) -> Any:
    """Call in another thread; return or raise what it does."""
    with Crew() as crew:
        member = crew.start(function)
        try:
            return member.result()
        finally:
            crew.dismiss([member])


def signature(function: Any) -> str:
    """The parameters of a function, without types; native ones say that `self` goes by position only."""
    found = inspect.signature(function)
    plain = [each.replace(annotation=each.empty) for each in found.parameters.values()]
    bare = found.replace(parameters=plain, return_annotation=found.empty)
    return str(bare).replace("self, /", "self")


HELPERS: dict[str, Any] = {
    "Odd": Odd,
    "Fraction": Fraction,
    "Untrue": Untrue,
    "MinimalLock": MinimalLock,
    "StandardLock": _thread.allocate_lock,
    "StandardRLock": _thread.RLock,
    "TIMEOUT_MAX": standard_threading.TIMEOUT_MAX,
    "copy": copy,
    "in_thread": in_thread,
    "inspect": inspect,
    "pickle": pickle,
    "signature": signature,
    "weakref": weakref,
    "nan": float("nan"),
    "inf": float("inf"),
}

STANDARD: dict[str, Any] = {
    **{name: getattr(standard_threading, name) for name in _THREADING},
    **{name: getattr(standard_queue, name) for name in _QUEUE},
}
OURS: dict[str, Any] = {
    **{name: getattr(ironthread.threading, name) for name in _THREADING},
    **{name: getattr(ironthread.queue, name) for name in _QUEUE},
}
if hasattr(standard_queue, "ShutDown"):
    STANDARD["ShutDown"] = standard_queue.ShutDown
    OURS["ShutDown"] = ironthread.queue.ShutDown


@dataclass(frozen=True)
class Outcome:
    """What lines of code came to."""

    raised: type[BaseException] | None
    message: str
    value: object


def outcome(code: str, names: dict[str, Any]) -> Outcome:
    """Run lines (set apart by semicolons), the last of them an expression, with these names."""
    *steps, last = code.split("; ")
    space = {**HELPERS, **names}
    try:
        for step in steps:
            exec(step, space)
        return Outcome(None, "", _plain(eval(last, space)))
    except Exception as error:
        return Outcome(type(error), str(error), None)


def _plain(value: object) -> object:
    """A value that can be compared: of objects their type's name, of texts all but addresses."""
    if value is None or isinstance(value, bool | int | float | bytes):
        return value
    if isinstance(value, str):
        return re.sub(r"0x[0-9a-f]+", "0x…", re.sub(r"owner=[1-9][0-9]*", "owner=…", value))
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return type(value).__name__


def assert_same(code: str, *, message: bool = False) -> None:
    """See that the code comes to the same on both: the same value, or an exception of the same class."""
    theirs, ours = outcome(code, STANDARD), outcome(code, OURS)
    assert (ours.raised, ours.value) == (theirs.raised, theirs.value), (
        f"{code}\nstandard: {theirs}\nours:     {ours}"
    )
    if message:
        assert theirs.raised is not None, f"{code} raises nothing"
        assert ours.message == theirs.message, code


def ours(code: str) -> Outcome:
    """What the code comes to on our classes."""
    return outcome(code, OURS)


TIME_LIMITS = [
    *("-1", "-0.5", "-0.0", "0", "0.0", "0.001", "1e-9", "True", "False", "Fraction()"),
    *("nan", "inf", "-inf", "TIMEOUT_MAX", "TIMEOUT_MAX + 1", "1e100", "-1e100", "10**400"),
    *("None", "'x'", "b'x'", "[]", "Odd()", "1j"),
]
"""What may be given as a time limit, with and without sense."""

SHORT = [
    *("-1", "-0.5", "-0.0", "0", "0.0", "0.001", "1e-9", "False"),
    *("TIMEOUT_MAX + 1", "1e100", "'x'", "b'x'", "[]", "Odd()", "1j"),
]
"""Those that end a wait at once, one way or the other, where only None is no limit."""

NUMBERS = ["-1", "0", "1", "2", "3", "True", "False"]
"""Numbers for counts and sizes."""


def common(make: str) -> list[str]:
    """What any object of a class that cannot be copied is asked."""
    return [
        f"x = {make}; hash(x) == hash(x)",
        f"x = {make}; x == x",
        f"{make} == {make}",
        f"{make} < {make}",
        f"bool({make})",
        f"len({make})",
        f"iter({make})",
        f"x = {make}; weakref.ref(x)() is x",
        f"type({make}).__name__",
        f"type({make}).__qualname__",
        f"type({make}).__module__",
        f"copy.deepcopy({make})",
        f"pickle.dumps({make})",
        f"x = {make}; del x.missing",
        f"{make}.missing",
        f"with_ = {make}; str(with_) == repr(with_)",
    ]
