"""``make bench``: what watching costs whole programs, in processor time and in time taken.

Each program runs under ``ironthread run`` in pairs: without a report, which watches nothing, and
with one. The processor time is the operating system's account of the finished process, start,
report and all. With ``--trace`` the watched runs write a timeline, too.
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


@dataclass(frozen=True)
class Program:
    """A program, and how much more it may cost when it is watched."""

    name: str
    command: tuple[str, ...]
    allowed: float


PROGRAMS = (
    Program(
        "short locks, 4 threads", (f"{ROOT}/benchmarks/programs/short_locks.py", "500000"), 0.20
    ),
    Program("web crawler", (f"{ROOT}/examples/web_crawler.py",), 0.05),
)


def figures(command: tuple[str, ...]) -> tuple[float, float]:
    """Processor time and time taken of a command that must succeed."""
    silent = [
        (os.POSIX_SPAWN_OPEN, descriptor, os.devnull, os.O_WRONLY, 0) for descriptor in (1, 2)
    ]
    begin = perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=silent)
    _, status, usage = os.wait4(process, 0)
    taken = perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{' '.join(command)} failed")
    return usage.ru_utime + usage.ru_stime, taken


def ratios(program: Program, pairs: int, traced: bool) -> tuple[list[float], list[float]]:
    """Watched through not watched, pair by pair: of processor time, and of time taken."""
    run = (sys.executable, "-m", "ironthread", "run")
    with tempfile.TemporaryDirectory() as directory:
        file = os.path.join(directory, "report.json")
        plain = (*run, "--report", "none", *program.command)
        trace = ("--trace", os.path.join(directory, "trace.json")) if traced else ()
        watched = (*run, "--report", "json", "--report-file", file, *trace, *program.command)
        figures(plain)
        found = [(figures(plain), figures(watched)) for _ in range(pairs)]
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
    parser.add_argument("--trace", action="store_true", help="write a timeline, too")
    options = parser.parse_args()
    print("Watched, compared with not watched (1 is no cost)\n")
    head = f"{'CPU':>9}  {'middle half':>13}  {'time taken':>10}  {'allowed':>7}"
    print(f"  {'':24}  {head}", flush=True)
    for program in PROGRAMS:
        print(line(program, *ratios(program, options.pairs, options.trace)), flush=True)


if __name__ == "__main__":
    main()
