"""``make soak``: a program that uses all that is observed, for a long time, and counts for itself.

``make soak-programs`` (option ``--programs``): crawler, pipeline and chat, over and over.

It runs with all detection on, is asked for its ``stats`` all the while, and must end with a report
of exactly what it has counted, with nothing told, and without having taken more and more.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from account import differences, of_report
from ironthread.attach.client import CannotAsk, ask
from points import GROWTH_ALLOWED, Point, excesses, growth, second_half
from tally import THREADS, Counts

PROGRAM = Path(__file__).resolve().parent / "program.py"
REAL_PROGRAMS = PROGRAM.with_name("real_programs.py")
DETECTION = ("--deadlock=raise", "--lock-order", "--on-deadlock=abort", "--listen")
# Of the C library's many heaps each would grow to its size in its own time, for minutes.
FEW_HEAPS = {"MALLOC_ARENA_MAX": "2"}
ASK_EVERY_SECONDS = 0.25
PATIENCE_SECONDS = 120.0
"""For what comes before the first round, too: 2,500 threads that end."""


@dataclass(frozen=True)
class Soaked:
    """A run that is over."""

    points: list[Point]
    answers: int
    """How often it answered while it ran."""
    faults: list[str]


def soak(seconds: float, program: Path = PROGRAM) -> Soaked:
    """Run a program for so long, and hold what it says against what it has counted."""
    with tempfile.TemporaryDirectory() as directory:
        room = Path(directory)
        status, answers = _run(room, seconds, program)
        lines = (room / "out").read_text(encoding="utf-8").splitlines()
        points = [Point(**json.loads(line)) for line in lines]
        faults = (room / "err").read_text(encoding="utf-8").splitlines()
        if status != 0:
            return Soaked(points, answers, [*faults, f"exit status {status}"])
        faults += _faults_of_report(_read(room / "report"), _read(room / "counts"))
    # (The last is that of a program that is done.)
    return Soaked(points, answers, faults + excesses(points[:-1]))


def _run(room: Path, seconds: float, program: Path) -> tuple[int, int]:
    """The exit status, and how often the program answered."""
    report = ("--report", "json", "--report-file", str(room / "report"))
    command = (*DETECTION, *report, str(program), str(seconds), str(room / "counts"))
    with (room / "out").open("wb") as out, (room / "err").open("wb") as err:
        process = subprocess.Popen(
            [sys.executable, "-X", "faulthandler", "-m", "ironthread", "run", *command],
            stdout=out,
            stderr=err,
            env=os.environ | FEW_HEAPS,
        )
        try:
            answers = _ask_until_it_ends(process, time.monotonic() + seconds + PATIENCE_SECONDS)
        finally:
            process.kill()
            process.wait()
    return process.returncode, answers


def _ask_until_it_ends(process: subprocess.Popen[bytes], deadline: float) -> int:
    answers = 0
    while time.monotonic() < deadline:
        try:
            process.wait(ASK_EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            answers += _answers(process.pid)
        else:
            return answers
    raise TimeoutError(f"the program does not end: {ask(process.pid, 'dump', 'text')['text']}")


def _answers(process: int) -> bool:
    """Ask for the stats. It does not answer before it listens, nor when it has ended."""
    try:
        return bool(ask(process, "stats")["threads"])
    except CannotAsk:
        return False


def _faults_of_report(report: dict[str, Any], counted: dict[str, Any]) -> list[str]:
    told = [each["headline"] for each in report["told"]]
    observed, counts = of_report(report, counted["lines"]), Counts(counted["counts"])
    if THREADS not in counts:  # the program starts some that it cannot count
        del observed[THREADS]
    return differences(observed, counts) + told


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/soak/long_run.py", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long (default: 600)")
    parser.add_argument("--programs", action="store_true", help="crawler, pipeline and chat")
    options = parser.parse_args()
    soaked = soak(options.seconds, REAL_PROGRAMS if options.programs else PROGRAM)
    for point in soaked.points[:: max(1, len(soaked.points) // 20)]:
        print(
            f"  {point.seconds:6.0f} s  {point.operations:13,} operations  "
            f"{point.resident / 2**20:6.1f} MiB  {point.threads} threads  "
            f"{point.descriptors} descriptors  {point.rows} rows"
        )
    grown = growth(second_half(soaked.points[:-1])) if len(soaked.points) > 3 else 0.0
    print(f"  grown in the second half: {grown / 1024:.0f} of {GROWTH_ALLOWED / 1024:.0f} KiB")
    print(f"  answered {soaked.answers} times")
    print(*(soaked.faults or ["every figure is what was counted"]), sep="\n")
    return 1 if soaked.faults else 0


if __name__ == "__main__":
    sys.exit(main())
