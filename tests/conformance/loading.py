"""Imports a suite's test module and makes its tests, on ironthread or on the standard library."""

import doctest
import importlib
import sys
import unittest
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from .relevance import speaks_of_threads
from .suite import Suite

FROM_THREAD = {"allocate_lock": "threading.Lock", "RLock": "threading.RLock"}
"""What a low-level test module takes from `_thread`, and the same thing's public name."""

MULTIPROCESSING = "_test_multiprocessing"
"""The module behind CPython's test_multiprocessing_fork: it makes the classes on demand."""


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
    return _forked(module) if suite.module == MULTIPROCESSING else module


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


def _forked(maker: Any) -> ModuleType:
    """A module with the test classes of multiprocessing for processes that are forked."""
    module = ModuleType("test.multiprocessing_by_fork")
    sys.modules[module.__name__] = module  # unittest looks for its fixtures there
    maker.install_tests_in_module_dict(vars(module), "fork")
    return module


def tests_of(suite: Suite, module: ModuleType, replaced: bool) -> dict[str, unittest.TestCase]:
    """Every test of the module by its name, `Class.method`, the suite's patterns applied."""
    found: dict[str, unittest.TestCase] = {}
    for test in _bound(suite, module, replaced) if suite.bindings else _all(module):
        name = first = _name(test, module)
        number = 1
        while name in found:  # a class that was made twice under one name
            number += 1
            name = f"{first}#{number}"
        if suite.takes(name):
            found[name] = test
    return found


def relevant(suite: Suite, tests: Mapping[str, unittest.TestCase]) -> list[str]:
    """The names of those tests that are to be run."""
    known: dict[object, bool] = {}
    return [
        name
        for name, test in tests.items()
        if suite.takes_silent(name) or speaks_of_threads(test, known)
    ]


def _bound(suite: Suite, module: ModuleType, replaced: bool) -> Iterator[unittest.TestCase]:
    """The tests of abstract classes, each with the type to test put into it."""
    source = importlib.import_module("ironthread.threading" if replaced else "threading")
    for name, (attribute, subject) in suite.bindings.items():
        body = {attribute: staticmethod(getattr(source, subject)), "__module__": module.__name__}
        case = type(name, (getattr(module, name),), body)
        for method in unittest.TestLoader().getTestCaseNames(case):
            yield case(method)


def _all(module: ModuleType) -> Iterator[unittest.TestCase]:
    """The module's tests as unittest finds them: with what its `load_tests` adds or prepares."""
    loader = unittest.TestLoader()
    suite = loader.loadTestsFromModule(module)
    if loader.errors:
        raise ImportError("\n".join(map(str, loader.errors)))
    pending: list[Any] = [suite]
    while pending:
        member = pending.pop()
        if isinstance(member, unittest.TestSuite):
            pending += reversed(list(member))
        elif member is not None:
            yield member


def _name(test: unittest.TestCase, module: ModuleType) -> str:
    if isinstance(test, doctest.DocTestCase):
        return f"DocTest.{test.id().removeprefix(f'{module.__name__}.')}"
    return f"{type(test).__qualname__}.{test._testMethodName}"
