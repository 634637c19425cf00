"""Holds what a test did on ironthread against what it does on the standard library."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from .jobrun import Job, run_job
from .outcome import Outcome, Results
from .process import Launcher

Mark: TypeAlias = Literal["passed", "failed", "skipped", "uncounted"]


@dataclass(frozen=True)
class Verdict:
    """What a test adds to the numbers."""

    test: str
    mark: Mark
    detail: str = ""


def baseline(launcher: Launcher, job: Job, results: Results) -> Results:
    """What the standard library makes of the tests that did not pass.

    What does not pass there either gets a second chance: an unlucky run of the baseline must not
    excuse a failure. A class of stock objects is a failure whatever the baseline says.
    """
    doubtful = {id for id, found in results.items() if not found.passed and found.kind != "stock"}
    whole = any(results[id].kind == "amiss" for id in doubtful)
    known = Results()
    for _ in range(2):
        tests = tuple(test for test in job.tests if whole or job.id(test) in doubtful)
        if not tests:
            break
        again, _notes = run_job(launcher, job.only(tests))
        if whole:  # what is around the tests has no entry when nothing is amiss
            again = dict.fromkeys(doubtful, Outcome("passed")) | again
        known.update(again)
        doubtful = {id for id in doubtful if not known[id].passed}
        whole = any(known[id].kind == "amiss" for id in doubtful)
    return known


def judge(results: Results, stock: Results | None) -> list[Verdict]:
    """The verdicts on a class; without a baseline every result stands for itself."""
    return [_verdict(test, found, stock) for test, found in results.items()]


def _verdict(test: str, found: Outcome, stock: Results | None) -> Verdict:
    if found.passed:
        return Verdict(test, "passed")
    there = stock.get(test) if stock is not None else None
    if stock is None or found.kind == "stock":
        return Verdict(test, "skipped" if found.kind == "skipped" else "failed", _text(found))
    if there is None or there.passed:
        here = "skipped here, runs on the standard library" if found.kind == "skipped" else ""
        return Verdict(test, "failed", "\n".join(filter(None, [here, _text(found)])))
    if found.kind == there.kind == "skipped":
        return Verdict(test, "skipped", found.detail)
    return Verdict(test, "uncounted", f"{found.kind} here, {there.kind} on the standard library")


def _text(found: Outcome) -> str:
    if found.kind in ("failed", "skipped"):
        return found.detail.strip()
    return f"{found.kind}: {found.detail.strip()}"


def count(verdicts: Iterable[Verdict]) -> dict[Mark, int]:
    """How many there are of each mark."""
    numbers: dict[Mark, int] = {"passed": 0, "failed": 0, "skipped": 0, "uncounted": 0}
    for verdict in verdicts:
        numbers[verdict.mark] += 1
    return numbers
