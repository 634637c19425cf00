"""Four producers and four consumers that do little but hand items over, in batches as they come."""

from __future__ import annotations

import queue
import sys
import threading

ITEMS = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
PAIRS = 4


def produce(jobs: queue.Queue[int]) -> None:
    """Put the items of one producer."""
    for number in range(ITEMS):
        jobs.put(number)


def consume(jobs: queue.Queue[int], sums: list[int]) -> None:
    """Get the items of one consumer, and add them up."""
    total = 0
    for _ in range(ITEMS):
        total += jobs.get()
        jobs.task_done()
    sums.append(total)


jobs: queue.Queue[int] = queue.Queue()
sums: list[int] = []
threads = [threading.Thread(target=produce, args=(jobs,)) for _ in range(PAIRS)]
threads += [threading.Thread(target=consume, args=(jobs, sums)) for _ in range(PAIRS)]
for thread in threads:
    thread.start()
jobs.join()
for thread in threads:
    thread.join()
assert sum(sums) == PAIRS * ITEMS * (ITEMS - 1) // 2
