"""Test packages that an interpreter came without, taken from the next newer one of this machine.

Releases have been made whose `make install` forgot test directories that are in their sources: 3.11.7
and 3.12.1 came without the tests of `concurrent.futures`. A suite that says so (`Suite.lent`) is run
from another interpreter's directory then, against this interpreter's own standard library. What of its
tests is about something newer fails on both sides, and does not count.
"""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

INTERPRETERS = Path(__file__).resolve().parents[2] / "scripts" / "interpreters.py"

PROBE = """
import json, os, sys, test
print(json.dumps([sys.version_info[:3], os.path.dirname(test.__file__)]))
"""


@dataclass(frozen=True)
class Loan:
    """What an interpreter lends, and which."""

    version: tuple[int, ...]
    directory: Path
    """Of its package `test`."""
    packages: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"CPython {'.'.join(map(str, self.version))}"


def find_loan(packages: Iterable[str]) -> Loan | None:
    """Of those of the packages that are not here; None when all are, or nobody has them."""
    lacking = [name for name in packages if importlib.util.find_spec(f"test.{name}") is None]
    if not lacking:
        return None
    able = [
        loan
        for loan in _offers(tuple(lacking))
        if loan.version[:2] > sys.version_info[:2]
        and all((loan.directory / name).is_dir() for name in lacking)
    ]
    return min(able, key=lambda loan: loan.version, default=None)


def _offers(packages: tuple[str, ...]) -> Iterable[Loan]:
    for path in _output(sys.executable, str(INTERPRETERS)).splitlines():
        answer = _output(path, "-I", "-c", PROBE)
        if answer:
            version, directory = json.loads(answer)
            yield Loan(tuple(version), Path(directory), packages)


def _output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else ""
