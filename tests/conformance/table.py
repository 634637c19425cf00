"""Writes the kept figures of all interpreters as a page of documentation."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .exclusions import Exclusion, read
from .results import InterpreterResult, SuiteResult
from .suites import GROUPS, SUITES
from .verdict import Mark

HEAD = """\
# Conformance in figures

CPython's own tests, as each interpreter brings them along, run with ironthread installed.
Written by `make conformance`, not by hand; [how it is done](../tests/conformance/README.md), and what
each word means.

- **passed**: on ironthread. **failed**: not on ironthread, although on the standard library.
- **skipped**: on both, by the test itself.
- **not counted**: does not pass on the standard library either, on the machine where this was made.
- **excluded**: not run; passing would say nothing about ironthread. The reasons are at the end.
- *core* is the tests of `threading`, `_thread` and `queue` themselves; *library* those of modules that
  lean on them. Of the modules marked with * only the tests that have to do with threads are run.
"""

COLUMNS: dict[str, Mark] = {
    "passed": "passed",
    "failed": "failed",
    "skipped": "skipped",
    "not counted": "uncounted",
}


def page(results: Sequence[InterpreterResult], exclusions: Path) -> str:
    """The whole page."""
    parts = [HEAD, *_summary(results)]
    for result in results:
        parts += ["", f"## {result.interpreter}", "", *_suites(result), *_remarks(result)]
    parts += ["", "## Excluded", "", *_excluded(results, exclusions)]
    return "\n".join(parts) + "\n"


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _header(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield "|---|" + "--:|" * (len(titles) - 1)


def _figures(suites: Iterable[SuiteResult]) -> list[int]:
    listed = list(suites)
    marks = [sum(suite.marks[mark] for suite in listed) for mark in COLUMNS.values()]
    return [*marks, sum(len(suite.excluded) for suite in listed)]


def _summary(results: Sequence[InterpreterResult]) -> Iterator[str]:
    yield from _header("", *COLUMNS, "excluded", "modules")
    for result in results:
        for group in GROUPS:
            suites = [suite for suite in result.suites.values() if suite.group == group]
            there = sum(any(_figures([suite])) for suite in suites)
            yield _row(f"{result.interpreter}, {group}", *_figures(suites), there)


def _suites(result: InterpreterResult) -> Iterator[str]:
    yield from _header("module", *COLUMNS, "excluded")
    for group, suites in GROUPS.items():
        there = [s.module for s in suites if s.module in result.suites]
        shown = [module for module in there if any(_figures([result.suites[module]]))]
        yield _row(f"**{group}**", *_figures(result.suites[module] for module in shown))
        for module in sorted(shown):
            star = "\\*" if SUITES[module].about_threads else ""
            figures = _figures([result.suites[module]])
            yield _row(f"`{module}`{star}", *(number or "" for number in figures))


def _remarks(result: InterpreterResult) -> Iterator[str]:
    without: dict[str, list[str]] = {}
    for module, suite in result.suites.items():
        if not any(_figures([suite])):
            reason = f"Absent, {suite.absent}" if suite.absent else "Without tests of this kind"
            without.setdefault(reason, []).append(f"`{module}`")
    for reason, modules in without.items():
        yield f"\n{reason}: {', '.join(sorted(modules))}."
    lent: dict[str, list[str]] = {}
    for module, suite in result.suites.items():
        if suite.lender:
            lent.setdefault(suite.lender, []).append(f"`{module}`")
    for lender, modules in lent.items():
        yield f"\nMissing in this release, and taken from {lender}: {', '.join(sorted(modules))}."
    for title, field in (("Failed", "failed"), ("Not counted", "uncounted")):
        listed = [(s, test) for s in result.suites.values() for test in getattr(s, field)]
        if listed:
            yield f"\n{title}:\n"
        for suite, test in listed:
            yield f"- `{test}`" + (f": {suite.uncounted[test]}" if title != "Failed" else "")


def _excluded(results: Sequence[InterpreterResult], exclusions: Path) -> Iterator[str]:
    used: Counter[str] = Counter()
    reasons: dict[str, Exclusion] = {}
    for result in results:
        for rule in read(exclusions, result.version):
            key = ", ".join(f"`{pattern}`" for pattern in rule.patterns)
            reasons[key] = rule
            tests = [test for suite in result.suites.values() for test in suite.excluded]
            used[key] += sum(rule.matches(test) for test in tests)
    for key, rule in reasons.items():
        if used[key]:
            versions = "any version" if rule.pythons == "*" else f"CPython {rule.pythons}"
            yield f"- {key} ({versions}): {' '.join(rule.reason.split())}"
    if not any(used.values()):
        yield "None."
