"""The harness that runs CPython's tests: what it takes for passed, failed, skipped, and what it writes."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
import unittest
from pathlib import Path

import pytest
from conformance.events import Event
from conformance.jobrun import Job, collect
from conformance.lending import find_loan
from conformance.outcome import Results
from conformance.process import Ended
from conformance.recorder import Recorder
from conformance.relevance import speaks_of_threads
from conformance.results import InterpreterResult, SuiteResult, keep, kept
from conformance.suites import GROUPS, SUITES
from conformance.table import page
from conformance.verdict import Verdict, judge

HARNESS = Path(__file__).resolve().parent / "conformance"
EXCLUSIONS = HARNESS / "exclusions.toml"
NO_TESTS = 3


class Case(unittest.TestCase):
    """A test class for the harness, not for pytest."""

    __test__ = False


class Sample(Case):
    def test_addition(self) -> None:
        assert 1 + 1 == 2

    def test_start(self) -> None:
        threading.Thread(target=int).start()

    def test_wrong(self) -> None:
        self.fail("wrong")


class WithLock(Case):
    def setUp(self) -> None:
        self.lock = threading.Lock()

    def test_addition(self) -> None:
        assert 1 + 1 == 2


class Unavailable(Case):
    @classmethod
    def setUpClass(cls) -> None:
        raise unittest.SkipTest("not on this machine")

    def test_addition(self) -> None:
        assert 1 + 1 == 2


class Untidy(Case):
    @classmethod
    def tearDownClass(cls) -> None:
        raise OSError("cannot tidy up")

    def test_addition(self) -> None:
        assert 1 + 1 == 2


def outcomes(*cases: type[unittest.TestCase]) -> Results:
    """What the harness makes of the classes when they share a job."""
    tests = {
        f"{case.__name__}.{name}": case(name)
        for case in cases
        for name in unittest.TestLoader().getTestCaseNames(case)
    }
    events: list[Event] = []

    def emit(kind: str, **details: object) -> None:
        events.append({"kind": kind, **details})

    unittest.TestSuite(tests.values()).run(Recorder(emit, tests))
    events.append({"kind": "done"})
    results = Results()
    collect(Job("sample", tuple(tests)), list(tests), Ended(events, False, 0, ""), results)
    return results


def test_each_test_of_a_job_has_its_outcome() -> None:
    kinds = {test: found.kind for test, found in outcomes(Sample, WithLock).items()}
    assert kinds == {
        "sample.Sample.test_addition": "passed",
        "sample.Sample.test_start": "passed",
        "sample.Sample.test_wrong": "failed",
        "sample.WithLock.test_addition": "passed",
    }


def test_a_skipped_class_does_not_touch_the_others_of_its_job() -> None:
    results = outcomes(WithLock, Unavailable)
    assert results["sample.WithLock.test_addition"].passed
    assert results["sample.Unavailable.test_addition"].kind == "skipped"
    assert "not on this machine" in results["sample.Unavailable.test_addition"].detail


def test_a_failing_tear_down_counts_although_the_tests_passed() -> None:
    results = outcomes(Untidy, WithLock)
    assert results["sample.Untidy.test_addition"].passed
    assert results["sample.[fixture]"].kind == "amiss"
    assert Verdict("sample.[fixture]", "failed") in [
        Verdict(verdict.test, verdict.mark) for verdict in judge(results, Results())
    ]


def test_a_process_that_dies_is_the_failure_of_the_test_that_ran() -> None:
    events = [
        {"kind": "start", "test": "Sample.test_addition"},
        {"kind": "end", "test": "Sample.test_addition", "outcome": "passed", "detail": ""},
        {"kind": "start", "test": "Sample.test_start"},
    ]
    tests = ["Sample.test_addition", "Sample.test_start", "Sample.test_wrong"]
    results = Results()
    collect(Job("sample", tuple(tests)), tests, Ended(events, False, -11, "stacks"), results)
    assert results["sample.Sample.test_addition"].passed
    assert results["sample.Sample.test_start"].kind == "crashed"
    assert "SIGSEGV" in results["sample.Sample.test_start"].detail
    assert "sample.Sample.test_wrong" not in results, "left for the next process"


@pytest.mark.parametrize(
    ("test", "speaks"),
    [
        (Sample("test_addition"), False),
        (Sample("test_start"), True),
        (WithLock("test_addition"), True),
    ],
)
def test_what_speaks_of_threads_is_seen_in_the_test_and_its_fixtures(
    test: unittest.TestCase, speaks: bool
) -> None:
    assert speaks_of_threads(test, {}) is speaks


def test_no_module_is_in_two_suites() -> None:
    assert len(SUITES) == sum(map(len, GROUPS.values()))


def test_figures_are_kept_for_each_interpreter_and_those_of_other_modules_stay(
    tmp_path: Path,
) -> None:
    old, new = SuiteResult("library"), SuiteResult("library")
    old.marks["passed"], new.marks["passed"] = 11, 12
    both = {"test_sched": old, "test_logging": old}
    keep(tmp_path, InterpreterResult("CPython 3.13.0", (3, 13, 0), both))
    keep(tmp_path, InterpreterResult("CPython 3.9.1", (3, 9, 1), {}))
    keep(tmp_path, InterpreterResult("CPython 3.13.0", (3, 13, 0), {"test_logging": new}))
    oldest, newest = kept(tmp_path)
    assert oldest.interpreter == "CPython 3.9.1"
    assert newest.suites == {"test_sched": old, "test_logging": new}


def test_the_page_shows_figures_failures_and_why_tests_are_excluded() -> None:
    suite = SuiteResult("core", excluded=["test_queue.CSimpleQueueTest.test_simplequeue_sizeof"])
    suite.marks |= {"passed": 321, "failed": 1}
    suite.failed = ["test_queue.CQueueTest.test_shrinking_queue"]
    absent = SuiteResult("library", absent="not in this interpreter")
    lent = SuiteResult("library", lender="CPython 3.16.0")
    suites = {"test_queue": suite, "test_asynchat": absent, "test_sched": lent}
    text = page([InterpreterResult("CPython 3.15.0", (3, 15, 0), suites)], EXCLUSIONS)
    assert "| `test_queue` | 321 | 1 |  |  | 1 |" in text
    assert "`test_queue.CQueueTest.test_shrinking_queue`" in text
    assert "Absent, not in this interpreter: `test_asynchat`" in text
    assert "Missing in this release, and taken from CPython 3.16.0: `test_sched`." in text
    assert "layout of the C structure" in text


def test_versions_that_were_not_run_stay_on_the_page() -> None:
    def found(version: str, module: str, passed: int) -> InterpreterResult:
        suite = SuiteResult("core")
        suite.marks |= {"passed": passed}
        if module == "test_threading":
            suite.excluded = ["test_threading.ThreadTests.test_import_from_another_thread"]
        numbers = tuple(map(int, version.partition(" ")[0].split(".")))
        return InterpreterResult(f"CPython {version}", numbers, {module: suite})

    all_of_them = [
        found("3.9.7", "test_queue", 1),
        found("3.13.0", "test_threading", 2),
        found("3.13.0 (free-threaded)", "test_queue", 3),
        found("3.14.1", "test_queue", 4),
    ]
    before = page(all_of_them, EXCLUSIONS)
    # Whoever runs some of them again changes nothing.
    assert page([], EXCLUSIONS, before) == before
    assert page(all_of_them[1:3], EXCLUSIONS, before) == before
    assert page(all_of_them, EXCLUSIONS, before) == before

    newer = page([found("3.14.2", "test_queue", 5)], EXCLUSIONS, before)
    assert "3.14.1" not in newer
    assert newer == page([*all_of_them[:3], found("3.14.2", "test_queue", 5)], EXCLUSIONS)


def test_a_module_is_run_and_put_into_the_page(tmp_path: Path) -> None:
    def harness(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(HARNESS / "run.py"), "--results", str(tmp_path), *arguments],
            capture_output=True,
            text=True,
            check=False,
        )

    ran = harness("--module", "test_sched", "--module", "test_threading_local")
    if ran.returncode == NO_TESTS:
        pytest.skip("this interpreter came without CPython's tests")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "test_sched: 11 passed" in ran.stdout
    written = harness("--table", str(tmp_path / "page.md"))
    assert written.returncode == 0, written.stdout + written.stderr
    assert "| `test_sched` | 11 |" in (tmp_path / "page.md").read_text("utf-8")


def test_what_a_release_forgot_is_lent_by_a_newer_interpreter(tmp_path: Path) -> None:
    try:
        present = importlib.util.find_spec("test.test_concurrent_futures") is not None
    except ModuleNotFoundError:
        pytest.skip("this interpreter came without CPython's tests")
    loan = find_loan({"test_concurrent_futures"})
    if present:
        assert loan is None
        return
    if loan is None:
        pytest.skip("nobody on this machine has it")
    assert loan.version[:2] > sys.version_info[:2]
    ran = subprocess.run(
        [sys.executable, HARNESS / "run.py", "--module", "test_concurrent_futures.test_init"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"lent by {loan}: test_concurrent_futures.test_init" in ran.stdout
    assert "2 passed, 0 failed" in ran.stdout
