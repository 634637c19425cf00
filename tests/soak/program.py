"""The program of the soak: rounds of work, and after each a look at what was observed.

    ironthread run program.py SECONDS COUNTS

It writes a point in JSON to standard output after each round, its own counts to the file COUNTS at
its end, and ends with status 1 as soon as a figure that was observed is not what it has counted.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import meetings
from account import differences, of_snapshot, unequal_waits
from ironthread import _core
from locks import Buffer, Locks
from pools import Pools
from queues import Queues
from tally import LINES, Counts, Crew

ROUND_SECONDS = 1.0
PAGE = os.sysconf("SC_PAGE_SIZE")


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
        snapshot: Any = until_asleep()
        print(json.dumps(self._point(snapshot)), flush=True)
        return differences(of_snapshot(snapshot, LINES), self.counts) + unequal_waits(snapshot)

    def _point(self, snapshot: Any) -> dict[str, float]:
        gc.collect()
        return {
            "seconds": monotonic() - self._begin,
            "resident": int(Path("/proc/self/statm").read_text().split()[1]) * PAGE,
            "threads": len(os.listdir("/proc/self/task")),
            # Without the one that reads the directory.
            "descriptors": len(os.listdir("/proc/self/fd")) - 1,
            "rows": sum(len(snapshot[table]) for table in ("waits", "locks", "queues", "pools")),
            "remembered": len(snapshot["threads"]),
            "operations": self.counts.total(),
        }


def until_asleep() -> Any:
    """What was observed, as soon as all threads but this one sleep: those of the pool that lasts."""
    while True:
        snapshot = _core.watch_snapshot()
        alive = [thread for thread in snapshot["threads"] if thread["ended"] is None]
        if sum(thread["waiting"] is None for thread in alive) == 1:
            return snapshot
        sleep(0.001)


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
