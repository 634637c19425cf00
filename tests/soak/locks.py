"""Locks of several lines, semaphores and a condition, used by many threads at once."""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic

from tally import Counts, Crew, made


class Locks:
    """Locks taken in each way there is. They outlive a round, but for one."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._hot = made("locks hot", threading.Lock(), counts)
        self._nested = made("locks nested", threading.RLock(), counts)
        self._places = made("locks places", threading.Semaphore(2), counts)

    def start(self, crew: Crew, until: float) -> None:
        """Start threads that go on until that time of the monotonic clock."""
        fresh = made("locks fresh", threading.Lock(), self._counts)

        def take_locks(own: Counts) -> None:
            while monotonic() < until:
                self._take(own)
                with fresh:
                    own["locks fresh acquired"] += 1

        crew.start(take_locks, 4)

    def _take(self, own: Counts) -> None:
        with self._hot:
            own["locks hot acquired"] += 1
        if self._hot.acquire(blocking=False):
            self._hot.release()
            own["locks hot acquired"] += 1
        if self._hot.acquire(timeout=0.0005):
            self._hot.release()
            own["locks hot acquired"] += 1
        with self._nested, self._nested:  # the second time is no acquisition of its own
            own["locks nested acquired"] += 1
        with self._places:
            own["locks places acquired"] += 1


class Buffer:
    """A buffer under a condition, filled and emptied by two threads each."""

    LIMIT = 20

    def __init__(self, counts: Counts) -> None:
        self._items: deque[str] = deque()
        self._changed = made("locks condition", threading.Condition(), counts)

    def start(self, crew: Crew, until: float) -> None:
        """Start threads that go on until that time of the monotonic clock."""

        def fill(own: Counts) -> None:
            while monotonic() < until:
                self._add(own, "item")
            self._add(own, "end")

        crew.start(fill, 2)
        crew.start(self._empty, 2)

    def _add(self, own: Counts, item: str) -> None:
        with self._changed:
            own["locks condition acquired"] += 1
            self._changed.wait_for(lambda: len(self._items) < self.LIMIT)
            self._items.append(item)
            self._changed.notify_all()

    def _empty(self, own: Counts) -> None:
        """Until an end is met: there are as many as threads that do this."""
        item = "item"
        while item != "end":
            with self._changed:
                own["locks condition acquired"] += 1
                self._changed.wait_for(lambda: self._items)
                item = self._items.popleft()
                self._changed.notify_all()
