"""``make bench-instructions``: how many instructions the most-called operations take, by valgrind.

Times on a busy machine say little; counts of instructions are nearly the same in every run. They
depend on the interpreter's build, so `instructions.json` has a column for each version, and a
version without one is skipped. The interpreter's own part is in the figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

FIGURES = Path(__file__).with_name("instructions.json")
TOLERANCE = 0.10
"""How much more than noted is taken to be worse: a part of it."""
TURNS = 20_000
"""Of the loop. What a loop of none takes, the start above all, is subtracted."""
RUNS = 2
"""Of each loop; the least counts. Now and then a start takes some 300,000 instructions more."""
TIMEOUT_SECONDS = 120.0

OPERATIONS = {
    "Lock: acquire + release": ("Lock()", "x.acquire(); x.release()"),
    "Lock: with": ("Lock()", "with x: pass"),
    "Lock: made": ("Lock", "x()"),
    "RLock: acquire + release": ("RLock()", "x.acquire(); x.release()"),
    "Semaphore: acquire + release": ("Semaphore(4)", "x.acquire(); x.release()"),
    "Event: set + is_set + clear": ("Event()", "x.set(); x.is_set(); x.clear()"),
    "Condition: with, notify": ("Condition()", "with x: x.notify()"),
    "Queue: put + get": ("Queue()", "x.put(None); x.get()"),
    "PriorityQueue: put + get": ("PriorityQueue()", "x.put(1); x.get()"),
    "SimpleQueue: put + get": ("SimpleQueue()", "x.put(None); x.get()"),
}

PROGRAM = """
import gc
from itertools import repeat
from ironthread.queue import PriorityQueue, Queue, SimpleQueue
from ironthread.threading import Condition, Event, Lock, RLock, Semaphore
def run(x, turns):
    for _ in turns:
        {statement}
gc.disable()
run({made}, repeat(None, {turns}))
"""


def version() -> str:
    """The interpreter, as the figures name it."""
    free_threaded = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    return f"{platform.python_version()}{free_threaded} {platform.machine()}"


def collected(program: str) -> int:
    """The instructions of one run."""
    with tempfile.TemporaryDirectory() as directory:
        command = [
            "valgrind",
            "--tool=callgrind",
            f"--callgrind-out-file={directory}/out",
            *(sys.executable, "-c", program),
        ]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=TIMEOUT_SECONDS,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or found is None:
        sys.exit(f"benchmarks/instructions.py: valgrind failed\n{done.stderr}")
    return int(found[1])


def taken(made: str, statement: str, turns: int) -> int:
    """The instructions of a program with a loop of that length."""
    program = PROGRAM.format(made=made, statement=statement, turns=turns)
    return min(collected(program) for _ in range(RUNS))


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmarks/instructions.py",
        description="Count the instructions of the most-called operations, and compare them with "
        "those that are noted for this interpreter.",
    )
    parser.add_argument("--only", metavar="PATTERN", default="", help="a regular expression")
    parser.add_argument("--note", action="store_true", help="note the counts instead")
    return parser.parse_args()


def main() -> int:
    options = arguments()
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return 0
    noted: dict[str, dict[str, float]] = json.loads(FIGURES.read_text(encoding="utf-8"))
    column = noted.setdefault(version(), {})
    if not column and not options.note:
        print(f"skipped: no counts are noted for {version()}")
        return 0
    start = taken("None", "pass", 0)
    worse = []
    for name, (made, statement) in OPERATIONS.items():
        if not re.search(options.only, name, re.IGNORECASE):
            continue
        count = (taken(made, statement, TURNS) - start) / TURNS
        before = column.get(name)
        change = "" if before is None else f"{count / before - 1:+8.1%}"
        print(f"{name:32} {count:8.0f} {change}", flush=True)
        if before is not None and count > before * (1 + TOLERANCE):
            worse.append(name)
        if options.note:
            column[name] = round(count)
    if options.note:
        FIGURES.write_text(json.dumps(noted, indent=1) + "\n", encoding="utf-8")
        return 0
    if worse:
        print(f"More than {TOLERANCE:.0%} above what is noted: {', '.join(worse)}")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())
