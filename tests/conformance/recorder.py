"""Turns what `unittest` reports about a test into events."""

import unittest
from types import TracebackType
from typing import TypeAlias

from .events import Emit

ExceptionInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None]
)


class Recorder(unittest.TestResult):
    """Emits `start` and `end` for each test, and `fixture` for what fails around them."""

    def __init__(self, emit: Emit) -> None:
        super().__init__()
        self._emit = emit
        self._outcome: str | None = None  # None: no test is running
        self._detail = ""

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self._outcome, self._detail = "passed", ""
        self._emit("start", test=_method(test))

    def stopTest(self, test: unittest.TestCase) -> None:
        super().stopTest(test)
        if self._outcome is not None:
            self._emit("end", test=_method(test), outcome=self._outcome, detail=self._detail)
        self._outcome = None

    def _note(self, test: unittest.TestCase, outcome: str, detail: str) -> None:
        if self._outcome is not None:
            if self._outcome != "failed":
                self._outcome = outcome
            self._detail += detail
        elif isinstance(test, unittest.TestCase):
            # 3.12.1 reports a test that a decorator skips without having started it
            self._emit("end", test=_method(test), outcome=outcome, detail=detail)
        else:
            self._emit("fixture", what=str(test), outcome=outcome, detail=detail)

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


def _method(test: unittest.TestCase) -> str:
    return test.id().rpartition(".")[2]
