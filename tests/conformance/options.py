"""The command line's options."""

import argparse
from pathlib import Path

from .suites import GROUPS


def parser() -> argparse.ArgumentParser:
    """What the command takes."""
    made = argparse.ArgumentParser(
        prog="conformance", description="Run CPython's own tests with ironthread installed."
    )
    what = made.add_argument_group("what is run (everything, unless told)")
    what.add_argument(
        "--group",
        action="append",
        choices=list(GROUPS),
        help="core: tests of threading, _thread, queue; library: of what leans on them",
    )
    what.add_argument(
        "--module",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only test modules with such a name (may be repeated)",
    )
    what.add_argument(
        "--match",
        action="append",
        default=[],
        metavar="PATTERN",
        help="only the tests whose id matches, or contains, PATTERN (may be repeated)",
    )
    what.add_argument(
        "--stock", action="store_true", help="run them on the standard library itself"
    )
    what.add_argument(
        "--late",
        action="store_true",
        help="install ironthread after much of the standard library was loaded",
    )
    what.add_argument(
        "--lock-order",
        action="store_true",
        help="watch the order of locks, too; where two can end in a deadlock, the test has failed",
    )
    instead = made.add_argument_group("instead of running tests")
    instead.add_argument("--list", action="store_true", help="print the ids of the tests")
    instead.add_argument(
        "--table", type=Path, metavar="FILE", help="write the kept results as a page of tables"
    )
    how = made.add_argument_group("how")
    how.add_argument(
        "--results",
        type=Path,
        metavar="DIRECTORY",
        help="keep the figures there, in a file for each interpreter; --table reads them",
    )
    how.add_argument("-v", "--verbose", action="store_true", help="a line for every test")
    how.add_argument(
        "-j", "--jobs", type=int, default=2, metavar="N", help="processes at a time (default: 2)"
    )
    how.add_argument(
        "--timeout",
        type=float,
        default=60.0,
        metavar="SECONDS",
        help="without a sign of life a process counts as hung after this long (default: 60)",
    )
    return made
