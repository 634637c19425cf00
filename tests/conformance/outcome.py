"""What became of a test."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal[
    "passed",
    "failed",
    "skipped",
    "hung",  # no sign of life within the time limit
    "crashed",  # the process died
    "stock",  # the class under test is not ironthread's
    "missing",  # the standard library has the test, ironthread does not
    "amiss",  # something around the tests of a class: exit, threads left behind
]


@dataclass(frozen=True)
class Outcome:
    """The result of one test, and what there is to say about it."""

    kind: Kind
    detail: str = ""

    @property
    def passed(self) -> bool:
        """Whether the test ran and found nothing wrong."""
        return self.kind == "passed"


Results: TypeAlias = dict[str, Outcome]
"""Outcomes by test id: `module.Class.method`; `module.Class.[what]` for what is amiss around."""
