"""Threads and timers. Who is struck in a start does not know whether it was made."""

from __future__ import annotations

import _thread
import time
from collections import Counter
from typing import Any

from crew import until
from ironthread import threading

from torture.struck.scene import MOMENT, Part, Scene
from torture.struck.worker import Account

NEVER = 3000.0
"""The interval of a timer that is cancelled before it is due."""


class Starting(Part):
    """Starts threads, and joins them."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.made, self.started = Account(), Account()
        self.asked = 0
        self.ran: list[int] = []

    def make(self) -> Any:
        return threading.Thread(target=self.ran.append, args=(len(self.made),))

    def step(self) -> None:
        if self.asked == len(self.made):
            self.made.note(self.make)
            return
        number = self.asked
        # Only once: one that was struck may go on all the same.
        self.asked += 1
        thread = self.made.noted[number]
        self.started.note_as(number, thread.start)
        if self.rng.random() < 0.7:
            thread.join(self.rng.choice([None, MOMENT]))


class Starts(Scene):
    """Threads that do one thing."""

    def __init__(self) -> None:
        self.before = _thread._count()

    def part(self, seed: int) -> Part:
        return Starting(seed)

    def check(self, parts: list[Part]) -> None:
        # None is on its way any more: what has no number now was not started.
        until(lambda: _thread._count() == self.before)
        for part in parts:
            assert isinstance(part, Starting)
            for number, thread in enumerate(part.made.noted):
                if thread.ident is None:
                    assert number not in part.started.noted
                    thread.start()
                thread.join()
                assert not thread.is_alive()
            assert Counter(part.ran) == Counter(range(len(part.made)))
            assert not set(part.made.noted) & set(threading.enumerate())
        until(lambda: _thread._count() == self.before)


class Timing(Part):
    """Starts timers, and joins or cancels them."""

    def __init__(self, seed: int, daemon: bool) -> None:
        super().__init__(seed)
        self.daemon = daemon
        self.made, self.started = Account(), Account()
        self.asked = 0
        self.to_cancel: set[int] = set()
        self.fired: list[int] = []

    def make(self) -> Any:
        interval = self.rng.choice([0, MOMENT, MOMENT * 3, NEVER])
        timer = threading.Timer(interval, self.fired.append, (len(self.made),))
        timer.daemon = self.daemon
        return timer

    def step(self) -> None:
        if self.asked == len(self.made):
            if self.made.noted and self.made.noted[-1].interval == NEVER:
                # None is left on the agenda that would keep the thread that serves it.
                self.made.noted[-1].cancel()
            self.made.note(self.make)
            return
        number = self.asked
        self.asked += 1
        timer = self.made.noted[number]
        self.started.note_as(number, timer.start)
        do = self.rng.choice(["join", "join", "cancel", "cancel and join", "nothing"])
        if "cancel" in do:
            self.to_cancel.add(number)
            timer.cancel()
        if "join" in do:
            timer.join(None if "cancel" in do or timer.interval < NEVER else MOMENT)


class Timers(Scene):
    """Timers; a pending one of the scene's keeps the thread that serves them, or none does.

    Then those of the first part are daemons: they have a thread for themselves, begun for each.
    """

    def __init__(self, served: bool) -> None:
        self.served, self.before = served, _thread._count()
        self.keeper = threading.Timer(NEVER, time.sleep, (0,))
        if served:
            self.keeper.start()

    def part(self, seed: int) -> Part:
        return Timing(seed, daemon=not self.served and seed == 0)

    def check(self, parts: list[Part]) -> None:
        for part in parts:
            assert isinstance(part, Timing)
            self.check_part(part)
        if self.keeper.is_alive():
            self.keeper.cancel()
            self.keeper.join()
        until(lambda: _thread._count() == self.before)

    def check_part(self, part: Timing) -> None:
        for number, timer in enumerate(part.made.noted):
            try:
                timer.start()
            except RuntimeError:  # it was started
                pass
            else:
                assert number not in part.started.noted
            if timer.interval == NEVER or number in part.to_cancel:
                timer.cancel()
            timer.join()
            assert not timer.is_alive()
        fired = Counter(part.fired)
        for number, timer in enumerate(part.made.noted):
            if timer.interval == NEVER:
                assert fired[number] == 0
            elif number in part.to_cancel:
                assert fired[number] <= 1
            else:
                assert fired[number] == 1, (number, fired[number])
        assert not set(part.made.noted) & set(threading.enumerate())
        # All that was to fire has: who was cancelled and joined does not fire later.
        time.sleep(MOMENT * 10)
        assert fired == Counter(part.fired)
