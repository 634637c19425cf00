"""Prints what a run found."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from textwrap import indent

from .campaign import Finished
from .verdict import Mark, Verdict, count

MARKS: dict[Mark, str] = {
    "passed": "passed",
    "failed": "FAILED",
    "skipped": "skipped",
    "uncounted": "not counted",
}


def progress(finished: Finished, verbose: bool) -> None:
    """One line for a job, or one for each of its tests."""
    numbers = count(finished.verdicts)
    told = [f"{number} {MARKS[mark]}" for mark, number in numbers.items() if number]
    notes = f"  ({'; '.join(finished.notes)})" if finished.notes else ""
    line = f"{finished.job.name}: {', '.join(told)}, {finished.seconds:.1f} s{notes}"
    print(line, flush=True)
    for verdict in finished.verdicts if verbose else ():
        name = verdict.test.removeprefix(f"{finished.job.name}.")
        print(f"    {name}: {MARKS[verdict.mark]}", flush=True)


def summary(
    verdicts: Iterable[Verdict],
    excluded: Iterable[str],
    stale: Iterable[str],
    absent: Mapping[str, str],
) -> int:
    """Everything that is not simply green, then the numbers; the number of failures."""
    found = list(verdicts)
    for (_case, detail), alike in groupby(_marked(found, "failed"), key=_class_and_detail):
        first, *others = [verdict.test for verdict in alike]
        more = f" and {len(others)} more of its class" if others else ""
        print(f"\nFAILED {first}{more}\n{indent(detail, '    ')}")
    print()
    for verdict in _marked(found, "uncounted"):
        print(f"not counted: {verdict.test}: {verdict.detail}")
    for verdict in _marked(found, "skipped"):
        print(f"skipped: {verdict.test}: {verdict.detail}")
    for suite, reason in absent.items():
        print(f"absent: {suite}: {reason}")
    for pattern in stale:
        print(f"stale exclusion: {pattern} matches no test of this version")
    numbers = count(found)
    print(f"{len(list(excluded))} excluded, {numbers['uncounted']} not counted")
    print(f"{numbers['passed']} passed, {numbers['failed']} failed, {numbers['skipped']} skipped")
    return numbers["failed"]


def _class_and_detail(verdict: Verdict) -> tuple[str, str]:
    return verdict.test.rpartition(".")[0], verdict.detail


def _marked(verdicts: Iterable[Verdict], mark: Mark) -> list[Verdict]:
    return [verdict for verdict in verdicts if verdict.mark == mark]
