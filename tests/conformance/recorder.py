"""Turns what `unittest` reports about a test into events."""

import re
import unittest
from collections.abc import Mapping
from types import TracebackType
from typing import TypeAlias
from unittest.util import strclass

from .events import Emit

ExceptionInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)

FIXTURE = re.compile(r"\w+Class \((.+)\)")
"""What unittest calls the fixture of a class."""


class Recorder(unittest.TestResult):
    """Emits `start` and `end` for each test, and `fixture` for what fails around them."""

    def __init__(self, emit: Emit, tests: Mapping[str, unittest.TestCase]) -> None:
        super().__init__()
        self._emit = emit
        self._names = {id(test): name for name, test in tests.items()}
        self._cases = {
            strclass(type(test)): name.rpartition(".")[0] for name, test in tests.items()
        }
        self._outcome: str | None = None  # None: no test is running
        self._detail = ""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._outcome, self._detail = "passed", ""
        self._emit("start", test=self._names[id(test)])

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        if self._outcome is not None:
            self._end(test, self._outcome, self._detail)
        self._outcome = None

    def _end(self, test: unittest.TestCase, outcome: str, detail: str) -> None:
        self._emit("end", test=self._names[id(test)], outcome=outcome, detail=detail)

    def _note(self, test: unittest.TestCase, outcome: str, detail: str) -> None:
        if self._outcome is not None:
            if self._outcome != "failed":
                self._outcome = outcome
            self._detail += detail
        elif id(test) in self._names:
            # 3.12.1 reports a test that a decorator skips without having started it
            self._end(test, outcome, detail)
        else:
            fixture = FIXTURE.fullmatch(str(test))
            case = self._cases.get(fixture[1], "") if fixture else ""
            self._emit("fixture", what=str(test), case=case, outcome=outcome, detail=detail)

    def _fail(self, test: unittest.TestCase, error: ExceptionInfo) -> None:
        self._note(test, "failed", self._exc_info_to_string(error, test))  # type: ignore[attr-defined]

    def addError(self, test: unittest.TestCase, err: ExceptionInfo) -> None:
        self._fail(test, err)

    def addFailure(self, test: unittest.TestCase, err: ExceptionInfo) -> None:
        self._fail(test, err)

    def addSubTest(
        self, test: unittest.TestCase, subtest: unittest.TestCase, err: ExceptionInfo | None
    ) -> None:
        if err is not None:
            self._note(test, "failed", f"{subtest}\n")
            self._fail(test, err)

    def addSkip(self, test: unittest.TestCase, reason: str) -> None:
        self._note(test, "skipped", reason)

    def addExpectedFailure(self, test: unittest.TestCase, err: ExceptionInfo) -> None:
        pass

    def addUnexpectedSuccess(self, test: unittest.TestCase) -> None:
        self._note(test, "failed", "unexpected success")
