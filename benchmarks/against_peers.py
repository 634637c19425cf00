"""``make bench``: ironthread against other packages, those that are installed."""

from __future__ import annotations

import argparse
import faulthandler
import re
from pathlib import Path

from measure.comparison import Comparison, Plan, compare
from measure.neighbours import load
from measure.record import write
from measure.side import sides
from measure.table import behind, group_lines, header
from peers import PEERS
from peers.peer import Peer

PATIENCE = 300
"""Seconds after which an operation is taken to hang: the process ends and shows its threads."""


def measured(peer: Peer, plan: Plan, pattern: str, width: int) -> list[Comparison]:
    """Measure what the peer can do, and print it as it is done."""
    side, (_, ours) = peer.make(), sides()
    comparisons = []
    for operation in peer.operations:
        if not re.search(pattern, operation.title, re.IGNORECASE):
            continue
        faulthandler.dump_traceback_later(PATIENCE, exit=True)
        found = compare(operation, (side, ours), plan)
        faulthandler.cancel_dump_traceback_later()
        row = Comparison(
            peer.name, operation.title, found.unit, found.stock, found.ours, found.taken
        )
        comparisons.append(row)
        print(*group_lines([row], width), sep="\n", flush=True)
    return comparisons


def main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks/against_peers.py", description=__doc__)
    parser.add_argument("--only", metavar="PATTERN", default="", help="a regular expression")
    parser.add_argument("--quick", action="store_true", help="few, short rounds: does it run?")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the figures here too")
    options = parser.parse_args()
    width = max(len(title) for peer in PEERS for title in peer.titles)
    print(f"Against other packages ({load()})\n\n{header(width, 'peer')}")
    comparisons: list[Comparison] = []
    plan = Plan.quick() if options.quick else Plan()
    for peer in PEERS:
        if peer.version is None:
            print(f"\n{peer.name}: not installed", flush=True)
            continue
        print(f"\n{peer.name} {peer.version}", flush=True)
        comparisons += measured(peer, plan, options.only, width)
    print(f"\n{load()} at the end\n")
    print(*behind(comparisons, "the other packages"), sep="\n")
    figures = [comparison.record() for comparison in comparisons]
    write(options.json, figures, quick=options.quick)


if __name__ == "__main__":
    main()
