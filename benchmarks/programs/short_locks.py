"""Four threads that do little but take a lock for a moment: what it costs most to watch."""

from __future__ import annotations

import sys
import threading

TURNS = int(sys.argv[1]) if len(sys.argv) > 1 else 300_000
THREADS = 4


class Counter:
    """A count under a lock."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.count = 0

    def work(self) -> None:
        """Count one by one."""
        lock = self.lock
        for _ in range(TURNS):
            with lock:
                self.count += 1


counter = Counter()
threads = [threading.Thread(target=counter.work) for _ in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert counter.count == THREADS * TURNS
