"""The program of the soak: rounds of work, and after each a look at what was observed.

    ironthread run program.py SECONDS COUNTS

It writes a point in JSON to standard output after each round, its own counts to the file COUNTS at
its end, and ends with status 1 as soon as a figure that was observed is not what it has counted.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import monotonic

import meetings
import rest
from account import differences, of_snapshot, unequal_waits
from locks import Buffer, Locks
from pools import Pools
from queues import Queues
from tally import LINES, Counts, Crew

ROUND_SECONDS = 1.0


class Soak:
    """What lasts from round to round."""

    def __init__(self) -> None:
        self.counts = Counts()
        self._pools = Pools(self.counts)
        self._parts = (Locks(self.counts), Buffer(self.counts), Queues(self.counts), self._pools)
        self._begin = monotonic()

    def run(self, seconds: float) -> list[str]:
        """Work for so long; return what is wrong, if anything is."""
        meetings.fill_memory(self.counts)
        while monotonic() < self._begin + seconds:
            self._round()
            if found := self._look():
                return found
        self._pools.close()
        return self._look()

    def _round(self) -> None:
        crew = Crew(self.counts)
        until = monotonic() + ROUND_SECONDS
        for part in (*self._parts, meetings):
            part.start(crew, until)
        crew.join()
        self._pools.rest()

    def _look(self) -> list[str]:
        """Hold the figures against the counts, while nothing is done."""
        snapshot = rest.until_asleep()
        rest.tell_point(snapshot, monotonic() - self._begin, self.counts.total())
        return differences(of_snapshot(snapshot, LINES), self.counts) + unequal_waits(snapshot)


def main() -> int:
    seconds, counts = sys.argv[1:]
    # Many turns: with the interpreter's own 5 ms some threads would hardly have any.
    sys.setswitchinterval(0.0005)
    soak = Soak()
    found = soak.run(float(seconds))
    print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
    Path(counts).write_text(json.dumps({"counts": soak.counts, "lines": LINES}), encoding="utf-8")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
