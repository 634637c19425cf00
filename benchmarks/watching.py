"""``make bench``: what watching, and looking for deadlocks, cost whole programs.

Each program runs under ``ironthread run`` in pairs, with what is measured off and on: deadlocks
that are looked for, and then a report, which watches everything. The processor time is the
operating system's account of the finished process, start, report and all. All modules are compiled
before, as those of an installed package are.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter

from measure.comparison import quartiles

ROOT = Path(__file__).resolve().parent.parent
SHORT_LOCKS = f"{ROOT}/benchmarks/programs/short_locks.py"
FREE_LOCKS = f"{ROOT}/benchmarks/programs/free_locks.py"
CRAWLER = f"{ROOT}/examples/web_crawler.py"


@dataclass(frozen=True)
class Program:
    """A program, and how much more it may cost: a share."""

    name: str
    command: tuple[str, ...]
    allowed: float


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
        Program("free locks, 1 thread", (FREE_LOCKS, "2000000"), 0.02),
        Program("short locks, 4 threads", (SHORT_LOCKS, "500000"), 0.02),
    ),
)
WATCHING = Cost(
    "Watched, compared with not watched",
    ("--report", "none"),
    ("--report", "json", "--report-file", "{directory}/report.json"),
    (
        Program("short locks, 4 threads", (SHORT_LOCKS, "500000"), 0.20),
        Program("web crawler", (CRAWLER,), 0.05),
    ),
)
# Asked for, to look at one run: no bound is set.
TRACING = Cost(
    "With a timeline, compared with not watched",
    ("--report", "none"),
    ("--report", "none", "--trace", "{directory}/trace.json"),
    (Program("short locks, 4 threads", (SHORT_LOCKS, "500000"), 0.50),),
)


def compiled_in(directory: str) -> dict[str, str]:
    """The environment of programs that keep their compiled modules in a directory."""
    inherited = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**inherited, "PYTHONPYCACHEPREFIX": f"{directory}/compiled"}


def figures(command: tuple[str, ...], environment: dict[str, str]) -> tuple[float, float]:
    """Processor time and time taken of a command that must succeed."""
    silent = [
        (os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)
    ]
    begin = perf_counter()
    process = os.posix_spawn(command[0], command, environment, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    taken = perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, taken


def ratios(cost: Cost, program: Program, pairs: int) -> tuple[list[float], list[float]]:
    """On through off, pair by pair: of processor time, and of time taken."""
    with tempfile.TemporaryDirectory() as directory:
        off, on = (
            (
                *(sys.executable, "-m", "ironthread", "run"),
                *(option.format(directory=directory) for option in options),
                *program.command,
            )
            for options in (cost.off, cost.on)
        )
        environment = compiled_in(directory)

        def measure(command: tuple[str, ...]) -> tuple[float, float]:
            return figures(command, environment)

        for command in (off, on):
            measure(command)  # it compiles
        # In turns, which of the two comes first.
        found = [
            (measure(off), measure(on)) if pair % 2 else (measure(on), measure(off))[::-1]
            for pair in range(pairs)
        ]
    cpu, taken = zip(
        *((after[0] / before[0], after[1] / before[1]) for before, after in found), strict=True
    )
    return list(cpu), list(taken)


def line(program: Program, cpu: list[float], taken: list[float]) -> str:
    """What is printed of a program."""
    first, third = quartiles(cpu)
    return (
        f"  {program.name:24}  {median(cpu):9.3f}  {f'{first:.3f}-{third:.3f}':>13}  "
        f"{median(taken):10.3f}  {1 + program.allowed:7.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/watching.py", description=__doc__)
    parser.add_argument("--pairs", type=int, default=9, help="how often each program runs twice")
    options = parser.parse_args()
    head = f"{'CPU':>9}  {'middle half':>13}  {'time taken':>10}  {'allowed':>7}"
    for cost in (DETECTION, WATCHING, TRACING):
        print(f"{cost.title} (1 is no cost)\n\n  {'':24}  {head}", flush=True)
        for program in cost.programs:
            print(line(program, *ratios(cost, program, options.pairs)), flush=True)
        print()


if __name__ == "__main__":
    main()
