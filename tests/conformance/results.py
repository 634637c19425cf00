"""What a run found, suite by suite; kept in a file for each interpreter, from which a table is made."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .campaign import Finished, Inventory, Plan
from .suites import group_of
from .verdict import Mark, count


@dataclass
class SuiteResult:
    """The figures of one suite."""

    group: str
    marks: dict[Mark, int] = field(default_factory=lambda: count([]))
    excluded: list[str] = field(default_factory=list)
    uncounted: dict[str, str] = field(default_factory=dict)
    """Test -> what it did here and on the standard library."""
    failed: list[str] = field(default_factory=list)
    absent: str = ""
    """Why it is not there, when it is not."""
    lender: str = ""
    """Which interpreter its tests come from, when it is another."""
    seconds: float = 0.0

    def add(self, finished: Finished) -> None:
        """Take in a job."""
        for mark, number in count(finished.verdicts).items():
            self.marks[mark] += number
        for verdict in finished.verdicts:
            if verdict.mark == "uncounted":
                self.uncounted[verdict.test] = verdict.detail
            elif verdict.mark == "failed":
                self.failed.append(verdict.test)
        self.seconds = round(self.seconds + finished.seconds, 1)


@dataclass
class InterpreterResult:
    """The figures of one interpreter."""

    interpreter: str
    version: tuple[int, ...]
    suites: dict[str, SuiteResult] = field(default_factory=dict)


def gather(
    interpreter: str,
    version: Sequence[int],
    inventory: Inventory,
    plan: Plan,
    finished: Iterable[Finished],
    lender: object = None,
) -> InterpreterResult:
    """The figures of a whole run."""
    whole = InterpreterResult(interpreter, tuple(version))
    for module in [*inventory.tests, *inventory.absent]:
        whole.suites[module] = SuiteResult(
            group_of(module),
            excluded=plan.excluded.get(module, []),
            absent=inventory.absent.get(module, ""),
            lender=str(lender) if module in inventory.lent else "",
        )
    for job in finished:
        whole.suites[job.job.suite].add(job)
    return whole


def keep(directory: Path, found: InterpreterResult) -> None:
    """Write the figures to the interpreter's file; suites that were not run this time stay in it."""
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / f"{found.interpreter.replace(' ', '-').lower()}.json"
    if file.exists():
        found.suites = _read(file).suites | found.suites
    file.write_text(json.dumps(asdict(found), indent=1) + "\n", encoding="utf-8")


def kept(directory: Path) -> list[InterpreterResult]:
    """The figures of all interpreters, the oldest first."""
    found = [_read(file) for file in directory.glob("*.json")]
    return sorted(found, key=lambda result: (result.version, result.interpreter))


def _read(file: Path) -> InterpreterResult:
    stored = json.loads(file.read_text("utf-8"))
    suites = {module: SuiteResult(**fields) for module, fields in stored["suites"].items()}
    return InterpreterResult(stored["interpreter"], tuple(stored["version"]), suites)
