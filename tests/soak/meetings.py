"""Threads that come and go, and threads that meet: by timers, events and at a barrier."""

from __future__ import annotations

import threading
from time import monotonic

from tally import THREADS, Counts, Crew

BATCH = 20
REMEMBERED = 2500
"""So many ended threads are kept one by one, at most."""


def start(crew: Crew, until: float) -> None:
    """Start threads that go on until that time of the monotonic clock."""
    for part in (_short_lives, _timers, _ping_pong, _barrier):
        part(crew, until)


def fill_memory(counts: Counts) -> None:
    """End as many threads as are remembered: from now on none takes more room."""
    for _ in range(0, REMEMBERED + BATCH, BATCH):
        _live_and_end(counts)


def _live_and_end(own: Counts) -> None:
    threads = [threading.Thread(target=int) for _ in range(BATCH)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    own[THREADS] += BATCH


def _short_lives(crew: Crew, until: float) -> None:
    def live_and_end(own: Counts) -> None:
        while monotonic() < until:
            _live_and_end(own)

    crew.start(live_and_end)


def _timers(crew: Crew, until: float) -> None:
    def set_timers(own: Counts) -> None:
        while monotonic() < until:
            rung = threading.Event()
            timer, never = threading.Timer(0.002, rung.set), threading.Timer(600, rung.set)
            timer.start()
            never.start()
            rung.wait()
            timer.join()
            never.cancel()
            never.join()
            own[THREADS] += 1  # one that is cancelled has no thread

    crew.start(set_timers)


def _ping_pong(crew: Crew, until: float) -> None:
    ping, pong, over = threading.Event(), threading.Event(), threading.Event()

    def serve(own: Counts) -> None:
        while monotonic() < until:
            ping.set()
            pong.wait()
            pong.clear()
        over.set()
        ping.set()

    def answer(own: Counts) -> None:
        while True:
            ping.wait()
            ping.clear()
            if over.is_set():
                return
            pong.set()

    crew.start(serve)
    crew.start(answer)


def _barrier(crew: Crew, until: float) -> None:
    over = threading.Event()

    def look() -> None:
        if monotonic() >= until:
            over.set()

    barrier = threading.Barrier(3, look)

    def meet(own: Counts) -> None:
        while not over.is_set():
            barrier.wait()

    crew.start(meet, 3)
