"""Does a test speak of threads?

Some modules of CPython's tests are long and have little to do with threads. Of those only the tests
are run whose own source, or that of their class's fixtures, mentions threads or what threads share.
"""

import inspect
import re
import unittest
from typing import Any

WORDS = re.compile(
    r"thread|\bR?Lock\b|Semaphore|Barrier\(|Executor|\bqueue\.|concurrent|\bfork\b", re.IGNORECASE
)
FIXTURES = ("setUp", "setUpClass", "tearDown", "tearDownClass")


def speaks_of_threads(test: unittest.TestCase, known: dict[object, bool]) -> bool:
    """Whether the test does; `known` keeps what was found out about functions."""
    case = type(test)
    if any("Thread" in base.__name__ for base in case.__mro__):
        return True
    method = getattr(test, "_testMethodName", "")
    return any(_mentions(getattr(case, name, None), known) for name in (method, *FIXTURES))


def _mentions(function: Any, known: dict[object, bool]) -> bool:
    function = getattr(function, "__func__", function)
    if function is None:
        return False
    function = inspect.unwrap(function)
    if function not in known:
        try:
            known[function] = bool(WORDS.search(inspect.getsource(function)))
        except (OSError, TypeError):  # made by a program: nothing to read
            known[function] = False
    return known[function]
