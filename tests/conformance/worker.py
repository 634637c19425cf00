"""The process in which tests run: it is told what to do and answers with events."""

import faulthandler
import importlib
import signal
import sys
import traceback
import unittest
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any

from . import ownership
from .events import Emit, writer
from .recorder import Recorder
from .suites import SUITES, Suite, cases, load, resolve, suite_named

RESOURCES = ["cpu", "subprocess", "walltime"]


def main(events: str, task: str, *arguments: str) -> None:
    """Do one task in this process."""
    emit = writer(Path(events))
    _prepare()
    boot = sys.modules.get("sitecustomize")
    replaced = hasattr(boot, "STOCK")
    problem = getattr(boot, "PROBLEM", None)
    if problem:
        emit("broken", detail=f"ironthread.install() failed\n{problem}")
    elif task == "inventory":
        for suite in SUITES:
            _inventory(suite, emit)
    elif task == "installed":
        for name, subject in ownership.installed().items():
            emit("subject", name=name, objection=ownership.objection(subject))
    elif task == "run":
        _run(suite_named(arguments[0]), arguments[1], arguments[2].split(","), replaced, emit)
    emit("done", gil=getattr(sys, "_is_gil_enabled", lambda: True)())


def _prepare() -> None:
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job inherits "ignore"
    with suppress(ImportError, ValueError, OSError):
        resource = importlib.import_module("resource")
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    support: Any = importlib.import_module("test.support")
    support.verbose = 0
    support.use_resources = RESOURCES


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
        if error.name != f"test.{suite.module}":
            raise
        emit("absent", suite=suite.module, reason="not in this interpreter's test package")
        return
    except unittest.SkipTest as reason:
        emit("absent", suite=suite.module, reason=str(reason))
        return
    for case in cases(suite, module, replaced=False):
        tests = unittest.TestLoader().getTestCaseNames(case)
        emit("class", suite=suite.module, case=case.__name__, tests=list(tests))


def _run(suite: Suite, name: str, tests: list[str], replaced: bool, emit: Emit) -> None:
    """Run tests of one class."""
    case = _find(suite, name, tests, replaced, emit)
    if case is None:
        return
    before = ownership.installed() if replaced else {}
    known = [test for test in tests if hasattr(case, test)]
    unittest.TestSuite(case(test) for test in known).run(Recorder(emit))
    for public, subject in before.items():
        if resolve(public) is not subject:
            emit("amiss", what="installation", detail=f"{public} was put back by a test")
    if importlib.import_module("test.support").environment_altered:
        emit("amiss", what="environment", detail="threads or processes were left behind")


def _find(
    suite: Suite, name: str, tests: list[str], replaced: bool, emit: Emit
) -> type[unittest.TestCase] | None:
    """The class to run; None, with an outcome for every test, when it cannot be run."""
    outcome = "failed"
    try:
        if replaced:
            _keep_replacement_in_fresh_imports()
        module = load(suite, replaced)
        if replaced and suite.low_level:
            emit("note", text="_thread's locks are those of threading")
        case = _case(suite, module, name, replaced)
        if case is None:
            outcome, detail = "missing", f"{suite.module} has no class {name} here"
        elif replaced:
            objections, notes = ownership.claim(case, suite, module)
            for note in notes:
                emit("note", text=note)
            if not objections:
                return case
            outcome, detail = "stock", "\n".join(objections)
        else:
            return case
    except unittest.SkipTest as reason:
        outcome, detail = "skipped", str(reason)
    except Exception:
        detail = traceback.format_exc()
    for test in tests:
        emit("end", test=test, outcome=outcome, detail=detail)
    return None


def _case(
    suite: Suite, module: ModuleType, name: str, replaced: bool
) -> type[unittest.TestCase] | None:
    found = (case for case in cases(suite, module, replaced) if case.__name__ == name)
    return next(found, None)
