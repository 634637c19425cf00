"""One thread that does little but take locks that nobody else wants."""

from __future__ import annotations

import sys
import threading

TURNS = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000

lock, rlock = threading.Lock(), threading.RLock()
count = 0
for _ in range(TURNS):
    with lock:
        count += 1
    with rlock:
        count += 1
assert count == 2 * TURNS
