"""The process in which tests run: it is told what to do and answers with events."""

import faulthandler
import importlib
import json
import signal
import sys
import traceback
import unittest
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from . import ownership
from .environment import BOOT, BORROWING
from .events import Emit, writer
from .loading import load, relevant, resolve, tests_of
from .recorder import Recorder
from .suite import Suite
from .suites import SUITES

RESOURCES = ["cpu", "subprocess", "walltime"]


def main(events: str, task: str, *arguments: str) -> None:
    """Do one task in this process."""
    emit = writer(Path(events))
    boot = sys.modules.get(BOOT)
    replaced = hasattr(boot, "STOCK")
    problem = getattr(boot, "PROBLEM", None)
    if problem:
        emit("broken", detail=f"ironthread.install() failed\n{problem}")
    elif task == "installed":
        for name, subject in ownership.installed().items():
            emit("subject", name=name, objection=ownership.objection(subject))
    else:
        suite = SUITES[arguments[0]]
        _prepare(suite)
        if task == "inventory":
            _inventory(suite, emit)
        elif task == "run":
            _run(suite, json.loads(arguments[1]), replaced, emit)
    emit("done", gil=getattr(sys, "_is_gil_enabled", lambda: True)())


def _prepare(suite: Suite) -> None:
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits "ignore"
    with suppress(ImportError, ValueError, OSError):
        resource = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    support: Any = importlib.import_module("test.support")
    support.verbose = 0
    support.use_resources = [*RESOURCES, *suite.resources]


def _keep_replacement_in_fresh_imports() -> None:
    """Let CPython's tests have the installed modules where they ask for fresh ones.

    `import_fresh_module` would hand them the standard library's code once more. A copy without
    its accelerator (`blocked`) is still made: the stock Python fall-back is what they want then.
    """
    helper: Any = importlib.import_module("test.support.import_helper")
    genuine = helper.import_fresh_module

    def import_fresh_module(name: str, *arguments: object, **options: object) -> object:
        if name in ("threading", "queue") and not options.get("blocked"):
            return importlib.import_module(name)
        return genuine(name, *arguments, **options)

    helper.import_fresh_module = import_fresh_module


def _inventory(suite: Suite, emit: Emit) -> None:
    """Tell which tests the suite has, on the standard library."""
    try:
        module = load(suite, replaced=False)
    except ModuleNotFoundError as error:
        if not f"test.{suite.module}.".startswith(f"{error.name}."):
            raise
        emit("absent", reason="not in this interpreter")
    except unittest.SkipTest as reason:
        emit("absent", reason=str(reason))
    else:
        if hasattr(module, "__path__") and any(
            name.startswith(f"{suite.module}.") for name in SUITES
        ):
            emit("absent", reason="a package in this version, whose modules are run")
            return
        tests = relevant(suite, tests_of(suite, module, replaced=False))
        emit("tests", tests=tests, lent=_is_lent(module))


def _is_lent(module: ModuleType) -> bool:
    lender = getattr(sys.modules.get(BORROWING), "DIRECTORY", None)
    # (A module that was put together here has no file.)
    file = getattr(module, "__file__", None) or ""
    return lender is not None and file.startswith(lender)


def _run(suite: Suite, names: list[str], replaced: bool, emit: Emit) -> None:
    """Run tests of the suite."""
    tests = _find(suite, names, replaced, emit)
    before = ownership.installed() if replaced else {}
    unittest.TestSuite(tests.values()).run(Recorder(emit, tests))
    for public, subject in before.items():
        if resolve(public) is not subject:
            emit("amiss", what="installation", detail=f"{public} was put back by a test")
    if importlib.import_module("test.support").environment_altered:
        emit("amiss", what="environment", detail="threads or processes were left behind")


def _find(
    suite: Suite, names: list[str], replaced: bool, emit: Emit
) -> Mapping[str, unittest.TestCase]:
    """The tests to run; an outcome for those that cannot be."""
    try:
        if replaced:
            _keep_replacement_in_fresh_imports()
        module = load(suite, replaced)
        if replaced and suite.low_level:
            emit("note", text="_thread's locks are those of threading")
        found = tests_of(suite, module, replaced)
    except unittest.SkipTest as reason:
        return _refuse(names, "skipped", str(reason), emit)
    except Exception:
        return _refuse(names, "failed", traceback.format_exc(), emit)
    tests = {name: found[name] for name in names if name in found}
    return _claimed(suite, module, tests, emit) if replaced else tests


def _refuse(
    names: list[str], outcome: str, detail: str, emit: Emit
) -> Mapping[str, unittest.TestCase]:
    for name in names:
        emit("end", test=name, outcome=outcome, detail=detail)
    return {}


def _claimed(
    suite: Suite, module: ModuleType, tests: Mapping[str, unittest.TestCase], emit: Emit
) -> Mapping[str, unittest.TestCase]:
    """Those tests whose classes test what is ironthread's, or nothing of their own."""
    objections: dict[type[unittest.TestCase], list[str]] = {}
    for case in dict.fromkeys(map(type, tests.values())):
        objections[case], notes = ownership.claim(case, suite, module)
        for note in notes:
            emit("note", text=note)
    for name, test in tests.items():
        if objections[type(test)]:
            detail = "\n".join(objections[type(test)])
            emit("end", test=name, outcome="stock", detail=detail)
    return {name: test for name, test in tests.items() if not objections[type(test)]}
