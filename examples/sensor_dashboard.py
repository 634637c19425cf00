"""A window that stays responsive while threads watch slow sensors.

* Each sensor has a thread that reads it over a socket and puts what it read on a queue. A
  bounded queue: a window that falls behind holds the sensors back, and nothing grows.
* Only the main thread touches the window, as in every GUI library. It takes what is there
  without waiting and goes on with its frames.
* What is shown is a snapshot that nobody changes: it is made anew and exchanged, so who reads
  it needs no lock.
* A `Timer` asks for the end.

    python examples/sensor_dashboard.py
    ironthread run examples/sensor_dashboard.py
"""

from __future__ import annotations

import contextlib
import queue
import socket
import sys
import threading
import time
from dataclasses import dataclass, field, replace
from types import MappingProxyType

SENSORS = ("boiler", "roof", "cellar")
READINGS = 40
READING_SECONDS = 0.002
FRAME_SECONDS = 0.001
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Snapshot:
    """What the window shows. It never changes."""

    values: MappingProxyType[str, int] = field(default_factory=lambda: MappingProxyType({}))
    readings: int = 0

    def after(self, sensor: str, value: int) -> Snapshot:
        """The snapshot after one more reading."""
        values = MappingProxyType({**self.values, sensor: value})
        return replace(self, values=values, readings=self.readings + 1)


def sense(connection: socket.socket) -> None:
    """A sensor: sends a number from time to time, and hangs up after the last."""
    with connection:
        for value in range(1, READINGS + 1):
            time.sleep(READING_SECONDS)
            connection.sendall(f"{value}\n".encode())


def watch(sensor: str, connection: socket.socket, news: queue.Queue[tuple[str, int]]) -> None:
    """Read a sensor until it hangs up."""
    with connection, connection.makefile(encoding="ascii") as lines:
        for line in lines:
            news.put((sensor, int(line)))


class Window:
    """What the main thread draws. It belongs to that thread."""

    def __init__(self) -> None:
        self.owner = threading.get_ident()
        self.shown = Snapshot()
        self.frames = 0
        self.strangers = 0

    def draw(self, news: queue.Queue[tuple[str, int]]) -> None:
        """One frame: take what is there, wait for nothing."""
        self.strangers += threading.get_ident() != self.owner
        with contextlib.suppress(queue.Empty):
            while True:
                self.shown = self.shown.after(*news.get_nowait())
        self.frames += 1


def run() -> Window:
    """Show the window until all readings are in, or patience has ended."""
    news: queue.Queue[tuple[str, int]] = queue.Queue(maxsize=8)
    window, closed = Window(), threading.Event()
    threads = []
    for sensor in SENSORS:
        here, there = socket.socketpair()
        threads.append(threading.Thread(target=sense, args=(there,), name=f"sensor-{sensor}"))
        threads.append(
            threading.Thread(target=watch, args=(sensor, here, news), name=f"watch-{sensor}")
        )
    for thread in threads:
        thread.start()
    end = threading.Timer(PATIENCE_SECONDS, closed.set)
    end.start()
    while not closed.wait(FRAME_SECONDS):
        window.draw(news)
        if not any(thread.is_alive() for thread in threads):
            break
    end.cancel()
    window.draw(news)  # what came since
    for thread in threads:
        thread.join()
    return window


def main() -> int:
    """Run the example; return the exit status."""
    window = run()
    claims = {
        "every reading is shown": window.shown.readings == READINGS * len(SENSORS),
        "the last value of each is on display": dict(window.shown.values)
        == dict.fromkeys(SENSORS, READINGS),
        "only the main thread draws": window.strangers == 0,
        "frames are drawn meanwhile": window.frames > 1,
    }
    problems = [claim for claim, holds in claims.items() if not holds]
    for problem in problems:
        print(f"sensor_dashboard: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"sensor_dashboard: OK, {window.shown.readings} readings shown")
    return 0


if __name__ == "__main__":
    sys.exit(main())
