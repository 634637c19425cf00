"""Two readers that want to write: each waits, without holding anything, for the other to have read."""

import sys
import threading

cured = sys.argv[1] == "cured"
meet = threading.Barrier(2)
turn = threading.Condition()  # [turn]
readers = 0


def read_and_write() -> None:
    global readers
    with turn:
        readers += 1
    meet.wait()
    with turn:
        if cured:  # gives up reading before it asks to write
            readers -= 1
            turn.notify_all()
        while readers > (0 if cured else 1):
            turn.wait()
        if not cured:
            readers -= 1


for name in ("anna", "bert"):
    threading.Thread(target=read_and_write, name=name).start()
