"""Threads that need several things at once, and do without waiting for them in a circle.

Philosophers at a round table need both forks beside them. Each takes one and then *tries* the
other. Who fails puts the first back: that rules out a deadlock. If all tried again at once they
could go on failing in step for ever (a livelock), so each waits for a random time first, up to
twice as long after each failure.

A guest who is only looking balks: if the table's book is taken, it goes away at once and counts
that.

    python examples/back_off.py
    ironthread run examples/back_off.py
"""

from __future__ import annotations

import random
import sys
import threading
import time
from dataclasses import dataclass, field

PHILOSOPHERS = 5
MEALS = 20
FIRST_PAUSE_SECONDS = 0.0002
LONGEST_PAUSE_SECONDS = 0.01


@dataclass
class Fork:
    """It is in one hand at a time."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    hands: int = 0
    most_hands: int = 0

    def use(self) -> None:
        """To be called by who holds it."""
        self.hands += 1
        self.most_hands = max(self.most_hands, self.hands)
        self.hands -= 1


@dataclass
class Book:
    """What is written down of meals."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    meals: list[str] = field(default_factory=list)

    def write(self, name: str) -> None:
        """Write down a meal."""
        with self.lock:
            self.meals.append(name)

    def look(self) -> int | None:
        """How many meals there were, or None when somebody has the book: then do not wait."""
        if not self.lock.acquire(blocking=False):
            return None
        try:
            return len(self.meals)
        finally:
            self.lock.release()


def dine(name: str, left: Fork, right: Fork, book: Book, chance: random.Random) -> None:
    """Eat so many meals."""
    pause = FIRST_PAUSE_SECONDS
    eaten = 0
    while eaten < MEALS:
        with left.lock:
            if right.lock.acquire(blocking=False):
                try:
                    left.use()
                    right.use()
                finally:
                    right.lock.release()
                book.write(name)
                eaten += 1
                pause = FIRST_PAUSE_SECONDS
                continue
        time.sleep(chance.uniform(0, pause))  # with nothing in the hands
        pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def run() -> tuple[list[Fork], Book, int]:
    """Have all of them dine; return the forks, the book, and what the guest saw at the end."""
    forks = [Fork() for _ in range(PHILOSOPHERS)]
    book = Book()
    threads = [
        threading.Thread(
            target=dine,
            args=(f"p{seat}", forks[seat], forks[seat - 1], book, random.Random(seat)),
            name=f"philosopher-{seat}",
        )
        for seat in range(PHILOSOPHERS)
    ]
    for thread in threads:
        thread.start()
    looks = [book.look() for _ in range(100)]
    for thread in threads:
        thread.join()
    seen = [look for look in looks if look is not None]
    return forks, book, len(seen) if seen == sorted(seen) else -1


def main() -> int:
    """Run the example; return the exit status."""
    forks, book, looks = run()
    claims = {
        "everybody has all of their meals": all(
            book.meals.count(f"p{seat}") == MEALS for seat in range(PHILOSOPHERS)
        ),
        "no fork was in two hands": all(fork.most_hands == 1 for fork in forks),
        "the guest never saw fewer meals than before": looks >= 0,
        "who does not find the book free is told at once": book.look() == PHILOSOPHERS * MEALS,
    }
    problems = [claim for claim, holds in claims.items() if not holds]
    for problem in problems:
        print(f"back_off: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"back_off: OK, {len(book.meals)} meals, the guest looked {looks} times of 100")
    return 0


if __name__ == "__main__":
    sys.exit(main())
