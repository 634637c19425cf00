"""Reads exclusions.toml: the tests that do not count."""

import operator
import re
import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    ">=": operator.ge,
    ">": operator.gt,
}


@dataclass(frozen=True)
class Exclusion:
    """Tests that say nothing about the replacement, and why."""

    patterns: tuple[str, ...]
    pythons: str
    reason: str

    def matches(self, test: str) -> bool:
        """Whether the test is one of them."""
        return any(fnmatchcase(test, pattern) for pattern in self.patterns)


def holds_for(pythons: str, version: tuple[int, ...]) -> bool:
    """Whether a specification such as `>=3.11,<3.13` takes in the version."""
    if pythons == "*":
        return True
    for part in pythons.split(","):
        parsed = re.fullmatch(r"\s*(<=|>=|==|<|>)\s*(\d+(?:\.\d+)*)\s*", part)
        if parsed is None:
            raise ValueError(f"not a version specification: {pythons!r}")
        wanted = tuple(map(int, parsed[2].split(".")))
        if not COMPARISONS[parsed[1]](version[: len(wanted)], wanted):
            return False
    return True


def read(path: Path, version: tuple[int, ...] = sys.version_info[:3]) -> list[Exclusion]:
    """The exclusions that hold for the version."""
    entries = tomllib.loads(path.read_text("utf-8")).get("exclude", [])
    found = []
    for entry in entries:
        exclusion = Exclusion(tuple(entry["tests"]), entry["pythons"], entry["reason"].strip())
        if not exclusion.patterns or not exclusion.reason:
            raise ValueError(f"an exclusion needs tests and a reason: {entry}")
        if holds_for(exclusion.pythons, version):
            found.append(exclusion)
    return found


def stale(exclusions: Iterable[Exclusion], tests: Iterable[str]) -> list[str]:
    """The patterns that match none of the tests."""
    known = list(tests)
    return [
        pattern
        for exclusion in exclusions
        for pattern in exclusion.patterns
        if not any(fnmatchcase(test, pattern) for test in known)
    ]
