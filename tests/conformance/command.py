"""The command."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from tempfile import TemporaryDirectory

from . import report
from .campaign import (
    CannotRunError,
    Finished,
    Inventory,
    Plan,
    carry_out,
    check_installation,
    plan,
    take_inventory,
)
from .environment import HARNESS, create, interpreter, lacks_tests, package_directory
from .exclusions import Exclusion, read, stale
from .lending import find_loan
from .options import parser
from .process import Launcher
from .results import gather, keep, kept
from .suite import Suite
from .suites import GROUPS
from .table import page

FAILED = 1
USAGE = 2
NO_TESTS = 3
INTERRUPTED = 130

EXCLUSIONS = HARNESS / "exclusions.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness; the exit status."""
    options = _understood(arguments)
    if options.table:
        before = options.table.read_text("utf-8") if options.table.exists() else ""
        found = kept(options.results)
        options.table.write_text(page(found, EXCLUSIONS, before), encoding="utf-8")
        return 0
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
            return _run(options, Path(directory), None if options.stock else package)
        except CannotRunError as problem:
            print(problem)
            print("0 passed, 1 failed, 0 skipped")
            return FAILED
        except KeyboardInterrupt:
            return INTERRUPTED


WAYS = {
    "late": ("installed late", "install_late"),
    "lock_order": ("the order of locks watched", "watch_order"),
}
"""By option: what it says of a run, and the file that `boot.py` looks for."""


def _understood(arguments: Sequence[str] | None) -> argparse.Namespace:
    options = parser().parse_args(arguments)
    if options.table and not options.results:
        parser().error("--table needs --results: where the figures are")
    if options.results and (options.stock or options.match or options.late or options.lock_order):
        parser().error(
            "--results keeps figures of whole modules, ironthread installed early and no more"
        )
    return options


def _suites(options: argparse.Namespace) -> list[Suite]:
    return [
        suite
        for group in options.group or GROUPS
        for suite in GROUPS[group]
        if any(fnmatchcase(suite.module, pattern) for pattern in options.module or ["*"])
    ]


def _run(options: argparse.Namespace, directory: Path, package: Path | None) -> int:
    stop = threading.Event()
    suites = _suites(options)
    loan = find_loan({suite.package for suite in suites if suite.lent})
    plain = Launcher(create(directory / "stock", None, loan=loan), options.timeout, stop)
    inventory = take_inventory(plain, suites, options.jobs)
    rules = read(EXCLUSIONS)
    todo = plan(inventory, suites, options.match, rules)
    if options.list:
        _list(todo)
        return 0
    if not todo.jobs and not inventory.absent:
        print("every test that matches is excluded" if todo.excluded else "no test matches")
        return USAGE
    target, reference = plain, None
    whose = "standard library"
    if package is not None:
        asked = [way for option, way in WAYS.items() if getattr(options, option)]
        markers = [marker for _, marker in asked]
        replaced = create(directory / "replaced", package, markers, loan)
        target = Launcher(replaced, options.timeout, stop)
        reference = plain
        whose = ", ".join([f"ironthread from {package}", *(words for words, _ in asked)])
    print(f"{interpreter()}, {whose}", flush=True)
    if inventory.lent:
        print(f"lent by {loan}: {', '.join(sorted(inventory.lent))}", flush=True)
    undone = check_installation(target, inventory.gil) if package else []
    finished = list[Finished]()
    for job in carry_out(todo.jobs, target, reference, options.jobs, stop):
        report.progress(job, options.verbose)
        finished.append(job)
    if options.results:
        found = gather(interpreter(), sys.version_info[:3], inventory, todo, finished, loan)
        keep(options.results, found)
    outdated = [] if options.match else _stale(rules, suites, inventory)
    verdicts = [*undone, *(verdict for job in finished for verdict in job.verdicts)]
    excluded = [test for tests in todo.excluded.values() for test in tests]
    failures = report.summary(verdicts, excluded, outdated, inventory.absent)
    return FAILED if failures else 0


def _list(todo: Plan) -> None:
    for job in todo.jobs:
        for test in job.tests:
            print(job.id(test))
    for tests in todo.excluded.values():
        for test in tests:
            print(f"{test}  # excluded")


def _stale(rules: Sequence[Exclusion], suites: Sequence[Suite], inventory: Inventory) -> list[str]:
    """Patterns without a test, of suites that are there."""
    present = [suite.module for suite in suites if suite.module in inventory.tests]
    return [
        pattern
        for pattern in stale(rules, inventory.ids())
        if any(pattern.startswith(f"{module}.") for module in present)
    ]
