"""``make bench``: every operation against the standard library, as a table of ratios."""

from __future__ import annotations

import argparse
import faulthandler
import re
import sys
from pathlib import Path

from measure.comparison import Comparison, Plan, compare
from measure.machine import machine
from measure.neighbours import load
from measure.operation import Operation
from measure.record import write
from measure.side import sides
from measure.table import behind, group_lines, header
from operations import OPERATIONS

PATIENCE = 300
"""Seconds after which an operation is taken to hang: the process ends and shows its threads."""


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks/run.py",
        description="Measure ironthread against the standard library, side by side in one run.",
    )
    parser.add_argument(
        "--only",
        metavar="PATTERN",
        default="",
        help="measure what matches this regular expression, of the form 'group: name', any case",
    )
    parser.add_argument(
        "--quick", action="store_true", help="few, short rounds: does it run? no figures to quote"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    return parser.parse_args()


def chosen(pattern: str) -> list[Operation]:
    try:
        wanted = re.compile(pattern, re.IGNORECASE)
    except re.error as error:
        sys.exit(f"benchmarks/run.py: --only {pattern}: {error}")
    found = [operation for operation in OPERATIONS if wanted.search(operation.title)]
    if not found:
        sys.exit(f"benchmarks/run.py: no operation matches {pattern!r}")
    return found


def measured(operations: list[Operation], plan: Plan) -> list[Comparison]:
    """Measure one after the other, and print each group as it is done."""
    width = max(len(operation.name) for operation in operations)
    print(header(width), flush=True)
    comparisons: list[Comparison] = []
    for group in dict.fromkeys(operation.group for operation in operations):
        print(f"\n{group}", flush=True)
        for operation in (each for each in operations if each.group == group):
            faulthandler.dump_traceback_later(PATIENCE, exit=True)
            comparison = compare(operation, sides(), plan)
            faulthandler.cancel_dump_traceback_later()
            comparisons.append(comparison)
            print(*group_lines([comparison], width), sep="\n", flush=True)
    return comparisons


def main() -> None:
    options = arguments()
    plan = Plan.quick() if options.quick else Plan()
    print(f"{machine()}, {load()}\n")
    comparisons = measured(chosen(options.only), plan)
    print(f"\n{load()} at the end\n")
    print(*behind(comparisons), sep="\n")
    figures = [comparison.record() for comparison in comparisons]
    write(options.json, figures, quick=options.quick)


if __name__ == "__main__":
    main()
