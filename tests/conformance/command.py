"""The command line."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from . import report
from .campaign import (
    CannotRunError,
    Inventory,
    carry_out,
    check_installation,
    select,
    take_inventory,
)
from .classrun import Job
from .environment import HARNESS, create, interpreter, lacks_tests, package_directory
from .exclusions import Exclusion, read, stale
from .process import Launcher
from .verdict import Verdict

FAILED = 1
USAGE = 2
NO_TESTS = 3
INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness; the exit status."""
    options = _parser().parse_args(arguments)
    if lacks_tests():
        print(f"{interpreter()} at {sys.executable} came without CPython's tests (package 'test')")
        return NO_TESTS
    package = package_directory()
    if package is None and not (options.stock or options.list):
        print(f"ironthread is not installed for {sys.executable}")
        return FAILED
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    with TemporaryDirectory(prefix="conformance-", ignore_cleanup_errors=True) as directory:
        try:
            return _run(options, Path(directory), package)
        except CannotRunError as problem:
            print(problem)
            print("0 passed, 1 failed, 0 skipped")
            return FAILED
        except KeyboardInterrupt:
            return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="conformance", description="Run CPython's own tests against ironthread's classes."
    )
    parser.add_argument(
        "--match",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only the tests whose id matches, or contains, PATTERN (may be repeated)",
    )
    parser.add_argument("--list", action="store_true", help="print the ids of the tests, run none")
    parser.add_argument(
        "--stock", action="store_true", help="run them on the standard library itself"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="a line for every test")
    parser.add_argument(
        "-j", "--jobs", type=int, default=2, metavar="N", help="classes at a time (default: 2)"
    )
    parser.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="without a sign of life a process counts as hung after this long (default: 60)",
    )
    return parser


def _run(options: argparse.Namespace, directory: Path, package: Path | None) -> int:
    stop = threading.Event()
    plain = Launcher(create(directory / "stock", None), options.timeout, stop)
    inventory = take_inventory(plain)
    rules = read(HARNESS / "exclusions.toml")
    jobs, excluded = select(inventory, options.match, rules)
    if options.list:
        _list(inventory, jobs, excluded)
        return 0
    if not jobs:
        print("no test matches" if not excluded else "every test that matches is excluded")
        return USAGE
    verdicts: list[Verdict] = []
    if options.stock or package is None:
        print(f"{interpreter()}, standard library", flush=True)
        target, reference = plain, None
    else:
        target = Launcher(create(directory / "replaced", package), options.timeout, stop)
        reference = plain
        print(f"{interpreter()}, ironthread from {package}", flush=True)
        verdicts += check_installation(target, inventory.gil)
    for finished in carry_out(jobs, target, reference, options.jobs, stop):
        report.progress(finished, options.verbose)
        verdicts += finished.verdicts
    outdated = [] if options.match else _stale(rules, inventory)
    failures = report.summary(verdicts, excluded, outdated, inventory.absent)
    return FAILED if failures else 0


def _list(inventory: Inventory, jobs: Sequence[Job], excluded: Sequence[str]) -> None:
    chosen = {f"{job.name}.{test}" for job in jobs for test in job.tests}
    for test in inventory.tests:
        if test in chosen:
            print(test)
        elif test in excluded:
            print(f"{test}  # excluded")


def _stale(rules: Sequence[Exclusion], inventory: Inventory) -> list[str]:
    """Patterns without a test; those of an absent suite cannot be judged."""
    return [
        pattern
        for pattern in stale(rules, inventory.tests)
        if pattern.partition(".")[0] not in inventory.absent
    ]
