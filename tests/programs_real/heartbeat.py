"""A heartbeat of timers, a watchdog that is put off by it, and a scheduler that threads share."""

import sched
import threading
import time
from collections.abc import Callable
from typing import Any


class Heartbeat:
    """Beats by a chain of timers, each started by the one before."""

    def __init__(self, interval: float, beat: Callable[[int], None], beats: int) -> None:
        self._interval = interval
        self._beat = beat
        self._left = beats
        self._count = 0
        self.over = threading.Event()
        self.threads: set[bool] = set()

    def start(self) -> None:
        timer = threading.Timer(self._interval, self._fire)
        timer.daemon = True
        timer.start()

    def _fire(self) -> None:
        self.threads.add(isinstance(threading.current_thread(), threading.Timer))
        self._count += 1
        self._beat(self._count)
        self._left -= 1
        if self._left:
            self.start()
        else:
            self.over.set()


class Watchdog:
    """Barks unless it is put off in time."""

    def __init__(self, patience: float) -> None:
        self.barked = threading.Event()
        self._patience = patience
        self._timer: threading.Timer | None = None

    def put_off(self) -> None:
        self.stop()
        self._timer = threading.Timer(self._patience, self.barked.set)
        self._timer.start()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()


def beat_and_bark() -> None:
    watchdog = Watchdog(30)
    beats: list[int] = []

    def beat(number: int) -> None:
        beats.append(number)
        watchdog.put_off()

    heart = Heartbeat(0.01, beat, 8)
    heart.start()
    heart.over.wait()
    watchdog.stop()
    print("beats", beats, "barked", watchdog.barked.is_set(), "in timers", heart.threads)
    impatient = Watchdog(0.01)
    impatient.put_off()
    print("barks", impatient.barked.wait(30))
    impatient.stop()


def timers_with_arguments() -> None:
    called: list[tuple[Any, ...]] = []
    done = threading.Semaphore(0)

    def call(*args: object, **kwargs: object) -> None:
        called.append((*args, kwargs))
        done.release()

    timers = [threading.Timer(0.02 * n, call, [n], {"key": n}) for n in (3, 1, 2)]
    never = [threading.Timer(30, call) for _ in range(2)]
    for number, timer in enumerate(never):
        timer.name = f"never-{number}"
        timer.start()
    print("pending", sorted(t.name for t in threading.enumerate()), threading.active_count())
    for timer in timers:
        timer.start()
    for timer in never:
        timer.cancel()
    for _ in timers:
        done.acquire()
    for timer in (*timers, *never):
        timer.join()
    # Under load threads that sleep until different times may still wake in any order.
    print(
        "called",
        sorted(called, key=str),
        [(timer.is_alive(), timer.finished.is_set()) for timer in never],
    )


def schedule() -> None:
    """Two threads give work to one scheduler, one of them while a third one runs it."""
    plan = sched.scheduler(time.monotonic, time.sleep)
    ran: list[str] = []
    begun, given = threading.Event(), threading.Event()
    start = time.monotonic() + 0.02

    def give() -> None:
        begun.wait()
        plan.enterabs(start + 0.06, 1, ran.append, ("late",))
        given.set()

    plan.enterabs(start - 0.02, 1, begun.set)
    plan.enterabs(start - 0.01, 1, given.wait)
    for number in range(5):
        plan.enterabs(start + 0.01 * number, 1, ran.append, (f"early {number}",))
    cancelled = plan.enterabs(start, 0, ran.append, ("never",))
    plan.enterabs(start + 0.02, 0, ran.append, ("before early 2",))
    plan.cancel(cancelled)
    runner = threading.Thread(target=plan.run, name="runner")
    giver = threading.Thread(target=give, name="giver")
    for thread in (giver, runner):
        thread.start()
    for thread in (giver, runner):
        thread.join()
    print("ran", ran, plan.empty())


if __name__ == "__main__":
    beat_and_bark()
    timers_with_arguments()
    schedule()
