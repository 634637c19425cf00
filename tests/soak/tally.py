"""What the program has counted itself, by the line that made the thing counted."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Thread
from typing import TypeVar

Made = TypeVar("Made")
Counts = Counter[str]
"""Keys are the name of a line and of a figure of its row: "locks hot acquired"."""

LINES: dict[str, str] = {}
"""Table and name of each line, by its file and number: "locks.py:12" is "locks hot"."""
THREADS = "threads started"


def made(name: str, thing: Made, counts: Counts) -> Made:
    """Note that the calling line has made a thing: it counts as one of the line's objects."""
    code = sys._getframe(1)
    file = code.f_code.co_filename.rpartition("/")[2]
    LINES[f"{file}:{code.f_lineno}"] = name
    counts[f"{name} objects"] += 1
    return thing


class Crew:
    """Threads that count what they do, each for itself: a shared count would need a lock."""

    def __init__(self, counts: Counts) -> None:
        self._total = counts
        self._counts: list[Counts] = []
        self._threads: list[Thread] = []
        self.failures: list[BaseException] = []

    def start(self, work: Callable[[Counts], None], number: int = 1) -> Sequence[Thread]:
        """Start so many threads that do the same work."""
        threads = [self._thread(work) for _ in range(number)]
        for thread in threads:
            thread.start()
            self._total[THREADS] += 1
        return threads

    def _thread(self, work: Callable[[Counts], None]) -> Thread:
        counts = Counts()
        self._counts.append(counts)

        def run() -> None:
            try:
                work(counts)
            except BaseException as error:
                self.failures.append(error)
                raise

        thread = Thread(target=run, name=work.__qualname__)
        self._threads.append(thread)
        return thread

    def join(self) -> None:
        """Wait for all of them, and add up their counts. Raises what one of them has raised."""
        for thread in self._threads:
            thread.join()
        for counts in self._counts:
            self._total.update(counts)
        self._threads.clear()
        self._counts.clear()
        if self.failures:
            raise self.failures[0]
