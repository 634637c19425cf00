"""`python -m torture PROGRAM KIND SEED`, in the directory of the tests: one seed, again and again."""

from __future__ import annotations

import argparse
import sys

from torture import classes, runs


def main() -> None:
    """Run the seeds; show what fails; end with status 1 if anything does."""
    parser = argparse.ArgumentParser(prog="python -m torture", description=__doc__)
    parser.add_argument("program", choices=runs.PROGRAMS)
    parser.add_argument("kind", help="what the threads are in the middle of")
    parser.add_argument("first", type=int, help="the seed")
    parser.add_argument("last", type=int, nargs="?", help="every seed up to this one")
    parser.add_argument("--times", type=int, default=1, help="how often each seed is run")
    parser.add_argument("--way", choices=classes.WAYS, help="whose classes, and how they come")
    chosen = parser.parse_args()
    kinds = runs.PROGRAMS[chosen.program].kinds
    if chosen.kind not in kinds:
        parser.error(f"{chosen.program} has {', '.join(kinds)}")
    seeds = range(chosen.first, (chosen.first if chosen.last is None else chosen.last) + 1)
    failed = 0
    for fault in runs.run_all(chosen.program, chosen.kind, list(seeds) * chosen.times, chosen.way):
        failed += 1
        print(fault, flush=True)
    print(f"{failed} of {len(seeds) * chosen.times} runs failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
