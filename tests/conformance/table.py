"""Writes the kept figures of all interpreters as a page of documentation.

Few machines have every interpreter: of versions without figures the page says what it said before.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
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


EXCLUDED = "Excluded"
"""The title of the section of reasons."""


@dataclass
class Part:
    """What the page says of an interpreter: its rows in the first table, and its section."""

    interpreter: str
    rows: list[str]
    section: list[str]

    @property
    def version(self) -> str:
        """The version and the kind of build: a newer release takes the place of an older one."""
        return re.sub(r"(\d+\.\d+)\.\S+", r"\1", self.interpreter)

    @property
    def place(self) -> tuple[list[int], str]:
        """Where it stands: the oldest interpreter is the first."""
        return [int(digits) for digits in re.findall(r"\d+", self.interpreter)], self.interpreter


def page(results: Sequence[InterpreterResult], exclusions: Path, before: str = "") -> str:
    """The whole page, that was this text before."""
    parts = [_part(result) for result in results]
    found = {part.version for part in parts}
    stays = [part for part in _parts(before) if part.version not in found]
    parts = sorted(parts + stays, key=lambda part: part.place)
    lines = [HEAD, *_header("", *COLUMNS, "excluded", "modules")]
    for part in parts:
        lines += part.rows
    for part in parts:
        lines += ["", f"## {part.interpreter}", "", *part.section]
    reasons = _by_test(_excluded(results, exclusions))
    if stays:
        reasons = _by_test(_sections(before).get(EXCLUDED, [])) | reasons
    lines += ["", f"## {EXCLUDED}", "", *sorted(reasons.values() or ["None."])]
    return "\n".join(lines) + "\n"


def _by_test(reasons: Iterable[str]) -> dict[str, str]:
    """The lines that say why a test is excluded, by what stands before the reason."""
    return {line.partition(": ")[0]: line for line in reasons if line.startswith("- ")}


def _part(result: InterpreterResult) -> Part:
    section = [*_suites(result), *_remarks(result)]
    return Part(result.interpreter, list(_rows(result)), section)


def _parts(text: str) -> Iterator[Part]:
    """What a page says of each interpreter."""
    for title, section in _sections(text).items():
        if title != EXCLUDED:
            start = f"| {title}, "
            rows = [line for line in text.splitlines() if line.startswith(start)]
            yield Part(title, rows, section)


def _sections(text: str) -> dict[str, list[str]]:
    """The lines of a page's sections, by their titles."""
    _, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    parted = (section.partition("\n") for section in sections)
    return {title: body.strip("\n").splitlines() for title, _, body in parted}


def _row(*cells: object) -> str:
    return f"| {' | '.join(str(cell) for cell in cells)} |"


def _header(*titles: str) -> Iterator[str]:
    yield _row(*titles)
    yield "|---|" + "--:|" * (len(titles) - 1)


def _figures(suites: Iterable[SuiteResult]) -> list[int]:
    listed = list(suites)
    marks = [sum(suite.marks[mark] for suite in listed) for mark in COLUMNS.values()]
    return [*marks, sum(len(suite.excluded) for suite in listed)]


def _rows(result: InterpreterResult) -> Iterator[str]:
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
