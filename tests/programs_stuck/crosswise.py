"""Two threads take two locks, by `acquire()`, each in its own order."""

import sys
import threading

cured = sys.argv[1] == "cured"
meet = threading.Barrier(2)
first = threading.Lock()  # [first]
second = threading.Lock()  # [second]


def left() -> None:
    first.acquire()  # [left has]
    if not cured:
        meet.wait()
    second.acquire()
    second.release()
    first.release()


def right() -> None:
    outer, inner = (first, second) if cured else (second, first)
    outer.acquire()  # [right has]
    if not cured:
        meet.wait()
    inner.acquire()
    inner.release()
    outer.release()


for each in (left, right):
    threading.Thread(target=each, name=each.__name__).start()
