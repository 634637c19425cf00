"""``make bench``: whole programs, plain and under ``ironthread run``, in turns.

The figure is the time taken, start and end included. The programs check themselves.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from measure.comparison import Comparison
from measure.neighbours import Neighbours, load
from measure.process import RUN, Command, compiled, figures, in_turns
from measure.record import write
from measure.table import group_lines, header

ROOT = Path(__file__).resolve().parent.parent
GROUP = "Whole programs"
SAME = 1 / 1.02
"""Nothing is slower than this."""


@dataclass(frozen=True)
class Program:
    """A program, and how many times faster it has to be."""

    name: str
    path: str
    least: float
    arguments: Command = ()
    quick: Command = ()
    """Arguments with which it does little."""


PROGRAMS = (
    Program(
        "crawler", "examples/web_crawler.py", SAME, quick=("--pages", "20", "--latency-ms", "1")
    ),
    Program("pipeline", "examples/producer_consumer.py", SAME),
    # As long as the others: of 25 requests, 0.4 s, this would tell of the start alone.
    Program(
        "pool",
        "examples/semaphore_pool.py",
        SAME,
        arguments=("--requests", "250"),
        quick=("--requests", "2"),
    ),
    Program("queues", "benchmarks/programs/queue_heavy.py", 3.0, quick=("1000",)),
)


def compare(program: Program, pairs: int, quick: bool) -> Comparison:
    """Run it both ways, in turns."""
    arguments = program.quick if quick else program.arguments
    plain = (sys.executable, f"{ROOT}/{program.path}", *arguments)
    ours = (*RUN, "--report", "none", *plain[1:])
    with compiled() as environment:
        figures(plain, environment)
        figures(ours, environment)
        neighbours = Neighbours()
        found = in_turns(
            lambda: figures(plain, environment)[1], lambda: figures(ours, environment)[1], pairs
        )
        taken = neighbours.share()
    return Comparison(
        GROUP,
        program.name,
        "ms",
        tuple(before * 1e3 for before, _ in found),
        tuple(after * 1e3 for _, after in found),
        taken,
    )


def verdict(program: Program, comparison: Comparison) -> str:
    """Whether it is as fast as it has to be."""
    if comparison.doubts:
        return ""
    return "holds" if comparison.ratio >= program.least else "missed"


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/whole_programs.py", description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="how often each program runs twice")
    parser.add_argument("--quick", action="store_true", help="short programs: do they run?")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    options = parser.parse_args()
    width = max(len(program.name) for program in PROGRAMS)
    print(f"{GROUP}, plain and under `ironthread run --report none` ({load()})\n")
    print(f"{header(width)}  at least", flush=True)
    records = []
    for program in PROGRAMS:
        comparison = compare(program, options.pairs, options.quick)
        (line,) = group_lines([comparison], width)
        judged = verdict(program, comparison)
        print(f"{line}  {program.least:8.2f}  {judged}".rstrip(), flush=True)
        records.append({**comparison.record(), "least": program.least, "verdict": judged})
    print(f"\n{load()} at the end\n")
    write(options.json, records, quick=options.quick)


if __name__ == "__main__":
    main()
