"""``make bench``: what a start costs more with ironthread, and what it imports from elsewhere."""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from measure.neighbours import Neighbours, load
from measure.process import RUN, Command, compiled, figures, in_turns
from measure.quartiles import quartiles
from measure.record import write
from measure.trust import doubts

NOTHING = str(Path(__file__).with_name("programs") / "nothing.py")


@dataclass(frozen=True)
class Start:
    """Two commands, and by how many milliseconds the second may be longer."""

    name: str
    without: Command
    with_it: Command
    most: float


STARTS = (
    Start(
        "import ironthread",
        (sys.executable, "-c", "pass"),
        (sys.executable, "-c", "import ironthread"),
        15,
    ),
    Start(
        "ironthread run --report none",
        (sys.executable, NOTHING),
        (*RUN, "--report", "none", NOTHING),
        60,
    ),
    Start("ironthread run", (sys.executable, NOTHING), (*RUN, NOTHING), 60),
)

FOREIGN = """
import sys, sysconfig
before = set(sys.modules)
import {modules}
library = sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")
def is_foreign(name):
    file = getattr(sys.modules[name], "__file__", None) or library[0]
    return "-packages" in file or not file.startswith(library)
names = {{name.partition(".")[0] for name in set(sys.modules) - before if is_foreign(name)}}
print(*sorted(names - {{"ironthread"}}))
"""
MODULES = "ironthread, ironthread.threading, ironthread.queue, ironthread.futures, ironthread.aio"


def foreign() -> list[str]:
    """Modules that come with ours and are neither ours nor the standard library's."""
    program = FOREIGN.format(modules=f"{MODULES}, ironthread.cli, ironthread.run")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


def milliseconds(start: Start, pairs: int) -> tuple[list[tuple[float, float]], float | None]:
    """Without and with, pair by pair; and the part of the machine that others had."""
    with compiled() as environment:
        figures(start.without, environment)
        figures(start.with_it, environment)
        neighbours = Neighbours()
        found = in_turns(
            lambda: figures(start.without, environment)[1] * 1e3,
            lambda: figures(start.with_it, environment)[1] * 1e3,
            pairs,
        )
        return found, neighbours.share()


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/startup.py", description=__doc__)
    parser.add_argument("--pairs", type=int, default=25, help="how often each command runs")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    options = parser.parse_args()
    print(f"Start-up, longer than without (milliseconds; {load()})\n")
    print(f"  {'':28}  {'without':>8}  {'longer by':>9}  {'middle half':>13}  {'at most':>7}")
    records = []
    for start in STARTS:
        found, taken = milliseconds(start, options.pairs)
        longer = [after - before for before, after in found]
        doubt = doubts([after / before for before, after in found], taken)
        judged = "holds" if median(longer) < start.most else "missed"
        first, third = quartiles(longer)
        without = median(before for before, _ in found)
        print(
            f"  {start.name:28}  {without:8.1f}  {median(longer):9.1f}  "
            f"{f'{first:.1f}-{third:.1f}':>13}  {start.most:7.0f}  "
            f"{f'no result: {doubt}' if doubt else judged}",
            flush=True,
        )
        records.append({"name": start.name, "longer_ms": longer, "no_result": doubt})
    others = foreign()
    print(f"\n  imported from elsewhere: {', '.join(others) or 'nothing'}\n")
    write(options.json, records, foreign=others)


if __name__ == "__main__":
    main()
