"""A point of rest: all threads of the process but one are asleep, and it says what it takes."""

from __future__ import annotations

import gc
import json
import os
from pathlib import Path
from time import sleep
from typing import Any

from ironthread import _core

PAGE = os.sysconf("SC_PAGE_SIZE")


def until_asleep() -> Any:
    """What was observed, as soon as all threads but this one sleep: those of the pool that lasts."""
    while True:
        snapshot = _core.watch_snapshot()
        alive = [thread for thread in snapshot["threads"] if thread["ended"] is None]
        if sum(thread["waiting"] is None for thread in alive) == 1:
            return snapshot
        sleep(0.001)


def lasting(directory: str) -> int:
    """How many entries are in a directory of the kernel's in each of some looks.

    Who is asked, or looks at the threads, has a file of the kernel's open just then.
    """
    looks = []
    for _ in range(5):
        looks.append(set(os.listdir(directory)))
        sleep(0.001)
    return len(set.intersection(*looks))


def tell_point(snapshot: Any, seconds: float, operations: int) -> None:
    """Write a `points.Point` to standard output, in JSON."""
    gc.collect()
    point = {
        "seconds": seconds,
        "resident": int(Path("/proc/self/statm").read_text().split()[1]) * PAGE,
        "threads": lasting("/proc/self/task"),
        # Without the one that reads the directory.
        "descriptors": lasting("/proc/self/fd") - 1,
        "rows": sum(len(snapshot[table]) for table in ("waits", "locks", "queues", "pools")),
        "remembered": len(snapshot["threads"]),
        "operations": operations,
    }
    print(json.dumps(point), flush=True)
