"""Five at a round table, each with the fork on the left in hand; cured: the last one begins on the right."""

import sys
import threading

SEATS = 5
cured = sys.argv[1] == "cured"
meet = threading.Barrier(SEATS)
forks = [threading.Lock() for _ in range(SEATS)]  # [forks]


def dine(seat: int) -> None:
    left, right = forks[seat], forks[(seat + 1) % SEATS]
    if cured and seat == SEATS - 1:
        left, right = right, left
    for _ in range(20 if cured else 1):
        with left:  # [left]
            if not cured:
                meet.wait()
            with right:
                pass


for seat in range(SEATS):
    threading.Thread(target=dine, args=(seat,), name=f"seat-{seat}").start()
