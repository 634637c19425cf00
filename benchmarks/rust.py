"""``make bench-rust``: the engine against `std` and the crates that Rust programs use, as ratios.

The operations are in `crates/bench`. criterion measures each one after the other; this runs all of
them in rounds, so that every round gives a ratio of figures that were taken within seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from measure.comparison import Comparison
from measure.neighbours import Neighbours, load
from measure.record import write
from measure.table import behind, group_lines, header

ROOT = Path(__file__).resolve().parent.parent
OURS = "ironthread"
FULL = ("--warm-up-time", "0.05", "--measurement-time", "0.2")
QUICK = ("--warm-up-time", "0.001", "--measurement-time", "0.001")
TIMEOUT_SECONDS = 600.0

Figures = dict[tuple[str, str], float]
"""Nanoseconds, by operation and by whose they are; in the order in which they were measured."""


def built() -> str:
    """The program with the measurements, compiled."""
    command = ["cargo", "bench", "-p", "ironthread-bench", "--no-run", "--quiet"]
    done = subprocess.run(
        [*command, "--message-format=json"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit("benchmarks/rust.py: the measurements cannot be built")
    messages = map(json.loads, done.stdout.splitlines())
    (executable,) = {
        message["executable"]
        for message in messages
        if message.get("executable") and "bench" in message["target"]["kind"]
    }
    return str(executable)


def one_round(program: str, options: tuple[str, ...]) -> Figures:
    """Every operation by everybody, once."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(
            [program, "--bench", "--noplot", "--sample-size", "10", *options],
            env={**os.environ, "CRITERION_HOME": directory},
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
        )
        if done.returncode != 0:
            sys.exit(f"benchmarks/rust.py: a measurement failed\n{done.stdout}\n{done.stderr}")
        return read(Path(directory))


def read(directory: Path) -> Figures:
    """What criterion has written."""
    figures = {}
    found = directory.glob("*/*/new/benchmark.json")
    for file in sorted(found, key=lambda file: file.stat().st_mtime_ns):
        names = json.loads(file.read_text(encoding="utf-8"))
        estimates = json.loads(file.with_name("estimates.json").read_text(encoding="utf-8"))
        figure = float(estimates["median"]["point_estimate"])
        figures[names["group_id"], names["function_id"]] = figure
    return figures


def compared(rounds: list[Figures], taken: float | None) -> list[Comparison]:
    """Each of the others against ours."""
    return [
        Comparison(
            group,
            other,
            "ns",
            tuple(each[group, other] for each in rounds),
            tuple(each[group, OURS] for each in rounds),
            taken,
        )
        for group, other in rounds[0]
        if other != OURS
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/rust.py", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="how often all is measured")
    parser.add_argument("--quick", action="store_true", help="one short round: does it run?")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    options = parser.parse_args()
    program = built()
    neighbours = Neighbours()
    print(f"The engine against other crates ({load()})\n", flush=True)
    rounds = [
        one_round(program, QUICK if options.quick else FULL)
        for _ in range(1 if options.quick else options.rounds)
    ]
    comparisons = compared(rounds, neighbours.share())
    width = max(len(comparison.name) for comparison in comparisons)
    print(header(width, "other"))
    for group in dict.fromkeys(comparison.group for comparison in comparisons):
        rows = [comparison for comparison in comparisons if comparison.group == group]
        print(f"\n{group}", *group_lines(rows, width), sep="\n")
    print(f"\n{load()} at the end\n")
    print(*behind(comparisons, "other crates"), sep="\n")
    figures = [comparison.record() for comparison in comparisons]
    write(options.json, figures, quick=options.quick)


if __name__ == "__main__":
    main()
