"""``make bench``: what watching, and looking for deadlocks, cost whole programs.

Each program runs under ``ironthread run`` in pairs, with what is measured off and on: deadlocks
that are looked for, and then a report, which watches everything. Start, report and all are in the
processor time.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measure.neighbours import Neighbours, load
from measure.process import RUN, compiled, figures, in_turns
from measure.quartiles import quartiles
from measure.record import write
from measure.trust import doubts

ROOT = Path(__file__).resolve().parent.parent
SHORT_LOCKS = f"{ROOT}/benchmarks/programs/short_locks.py"
FREE_LOCKS = f"{ROOT}/benchmarks/programs/free_locks.py"
CRAWLER = f"{ROOT}/examples/web_crawler.py"
QUICK = 100
"""A quick run has one round for so many."""


@dataclass(frozen=True)
class Program:
    """A program, and how much more it may cost: a share."""

    name: str
    file: str
    allowed: float
    rounds: int
    """What it is told to do of its work."""
    arguments: tuple[str, ...] = ()
    """Its arguments, but for the rounds, which come last."""

    def command(self, scale: int) -> tuple[str, ...]:
        """The program and its arguments, with one `scale`-th of its rounds."""
        return (self.file, *self.arguments, str(self.rounds // scale))


@dataclass(frozen=True)
class Cost:
    """What is measured: options of ``ironthread run`` without it and with it."""

    title: str
    off: tuple[str, ...]
    on: tuple[str, ...]
    programs: tuple[Program, ...]


# Nobody who does not wait, or not for long, does anything for it: what is allowed is what a
# measurement of one and the same program differs by.
DETECTION = Cost(
    "Deadlocks looked for, compared with not looked for",
    ("--report", "none", "--deadlock", "off"),
    ("--report", "none", "--deadlock", "report"),
    (
        Program("free locks, 1 thread", FREE_LOCKS, 0.02, 2_000_000),
        Program("short locks, 4 threads", SHORT_LOCKS, 0.02, 500_000),
    ),
)
WATCHING = Cost(
    "Watched, compared with not watched",
    ("--report", "none"),
    ("--report", "json", "--report-file", "{directory}/report.json"),
    (
        Program("short locks, 4 threads", SHORT_LOCKS, 0.20, 500_000),
        # Four times its pages, four times as fast: report and start are the same for all programs,
        # 17 to 19 ms, and more than 3 % of what the crawler does by default.
        Program("web crawler", CRAWLER, 0.05, 1200, ("--latency-ms", "20", "--pages")),
    ),
)
# Asked for, to look at one run: no bound is set.
TRACING = Cost(
    "With a timeline, compared with not watched",
    ("--report", "none"),
    ("--report", "none", "--trace", "{directory}/trace.json"),
    (Program("short locks, 4 threads", SHORT_LOCKS, 0.50, 500_000),),
)


def ratios(cost: Cost, program: Program, pairs: int, scale: int) -> tuple[list[float], list[float]]:
    """On through off, pair by pair: of processor time, and of time taken."""
    with tempfile.TemporaryDirectory() as directory, compiled() as environment:
        off, on = (
            (
                *RUN,
                *(option.format(directory=directory) for option in options),
                *program.command(scale),
            )
            for options in (cost.off, cost.on)
        )
        for command in (off, on):
            figures(command, environment)  # which compiles its modules
        found = in_turns(lambda: figures(off, environment), lambda: figures(on, environment), pairs)
    cpu, taken = zip(
        *((after[0] / before[0], after[1] / before[1]) for before, after in found), strict=True
    )
    return list(cpu), list(taken)


def line(program: Program, cpu: list[float], taken: list[float], others_had: float | None) -> str:
    """What is printed of a program."""
    first, third = quartiles(cpu)
    most = 1 + program.allowed
    if doubt := doubts(cpu, others_had):
        judged = f"no result: {doubt}"
    elif median(cpu) <= most:
        judged = "holds"
    else:
        judged = "just missed" if first <= most else "missed"
    return (
        f"  {program.name:24}  {median(cpu):9.3f}  {f'{first:.3f}-{third:.3f}':>13}  "
        f"{median(taken):10.3f}  {most:7.2f}  {judged}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/watching.py", description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="how often each program runs twice")
    parser.add_argument(
        "--quick", action="store_true", help="few rounds: does it run? Its figures say nothing"
    )
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    options = parser.parse_args()
    scale = QUICK if options.quick else 1
    records = []
    print(f"What looking costs ({load()})\n")
    head = f"{'CPU':>9}  {'middle half':>13}  {'time taken':>10}  {'allowed':>7}"
    for cost in (DETECTION, WATCHING, TRACING):
        print(f"{cost.title} (1 is no cost)\n\n  {'':24}  {head}", flush=True)
        for program in cost.programs:
            neighbours = Neighbours()
            cpu, taken = ratios(cost, program, options.pairs, scale)
            others_had = neighbours.share()
            print(line(program, cpu, taken, others_had), flush=True)
            record = {"group": cost.title, "name": program.name, "others_had": others_had}
            records.append({**record, "cpu": cpu, "taken": taken, "allowed": program.allowed})
        print()
    print(f"{load()} at the end")
    write(options.json, records, quick=options.quick)


if __name__ == "__main__":
    main()
