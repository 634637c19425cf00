"""``make bench``: how costs grow with waiters, items, locks and threads, on both sides.

Each figure is taken in a process of its own, for memory and threads that were used leave traces.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measure.comparison import Comparison
from measure.neighbours import Neighbours, load
from measure.process import in_turns
from measure.quartiles import quartiles
from measure.record import write
from measure.table import group_lines, header, number
from measure.trust import doubts

PROGRAM = str(Path(__file__).with_name("programs") / "many.py")
STANDARD = "threading,queue"
OURS = "ironthread.threading,ironthread.queue"
TIMEOUT_SECONDS = 300.0
SAME = 1.1
"""A growth that differs by less, in one of four pairs or more, is the same."""


@dataclass(frozen=True)
class Case:
    """An operation, and of how many things it is measured."""

    name: str
    case: str
    sizes: tuple[int, ...]
    quick: tuple[int, ...] = (1, 10)


CASES = (
    Case("acquire, handed on, by waiters", "acquire-with-waiters", (1, 10, 100, 1000)),
    Case("acquire(False), by waiters", "try-with-waiters", (1, 10, 100, 1000)),
    Case("notify_all, a waiter", "notify-all", (1, 10, 100, 1000)),
    Case(
        "put all, get all, an item",
        "queue-filled",
        (10_000, 100_000, 1_000_000, 10_000_000),
        (100, 1000),
    ),
    Case("made, acquired, released, a lock", "locks", (100, 1000, 10_000), (10, 100)),
    Case("started and joined, a thread", "threads", (10, 100, 1000, 5000)),
)


def figure(case: str, modules: str, size: int) -> float:
    """Nanoseconds, from a process of its own."""
    done = subprocess.run(
        [sys.executable, PROGRAM, case, modules, str(size)],
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_SECONDS,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{case} of {size} with {modules} failed\n{done.stderr}")
    return float(done.stdout)


def compare(case: Case, size: int, pairs: int) -> Comparison:
    """Both sides with so many things, in turns."""
    neighbours = Neighbours()
    found = in_turns(
        lambda: figure(case.case, STANDARD, size), lambda: figure(case.case, OURS, size), pairs
    )
    stock, ours = zip(*found, strict=True)
    return Comparison(case.name, f"{size:,}", "ns", stock, ours, neighbours.share())


def relative(least: Comparison, most: Comparison) -> list[float]:
    """How many times more the standard library's cost has grown than ours, pair by pair."""
    return [after / before for before, after in zip(least.ratios, most.ratios, strict=True)]


def growth_line(rows: Sequence[Comparison]) -> str:
    """By what factor each side's cost has grown, and whether ours did faster, pair by pair.

    It did if it has grown faster from two of the smaller sizes: where one alone is cheap, as a wait
    of one thread may be that another looks for, that is no growth.
    """
    *fewer, most = rows
    stock = median(most.stock) / median(fewer[0].stock)
    ours = median(most.ours) / median(fewer[0].ours)
    doubt = doubts(relative(fewer[0], most), None) or most.doubts or fewer[0].doubts
    found = sorted((relative(row, most) for row in fewer), key=median)[:2][-1]
    grows = f"GROWS FASTER, {1 / median(found):.2f} times"
    is_faster = quartiles(found)[1] < 1 / SAME
    judged = f"no result: {doubt}" if doubt else grows if is_faster else "no faster"
    return f"{f'x {number(stock)}':>12}  {f'x {number(ours)}':>12}  {judged}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/growth.py", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5, help="how often each side is measured")
    parser.add_argument("--quick", action="store_true", help="small sizes: does it run?")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    options = parser.parse_args()
    width = len("growth, 10,000 to 10,000,000")
    print(f"How costs grow: time for each of so many ({load()})\n\n{header(width)}")
    records = []
    for case in CASES:
        print(f"\n{case.name}", flush=True)
        rows = []
        for size in case.quick if options.quick else case.sizes:
            rows.append(compare(case, size, options.pairs))
            print(*group_lines(rows[-1:], width), sep="\n", flush=True)
        span = f"growth, {rows[0].name} to {rows[-1].name}"
        print(f"  {span:{width}}  {growth_line(rows)}", flush=True)
        records += [row.record() for row in rows]
    print(f"\n{load()} at the end\n")
    write(options.json, records, quick=options.quick)


if __name__ == "__main__":
    main()
