"""A service of threads that loses nothing when it is told to end by a signal.

The signal's handler does one thing: it sets an `Event`. Then, in this order: no new job is
taken; what is in the queue is worked off; each worker gets an item that says "no more" and is
joined, with a limit; the journal is closed last. None of the workers is a daemon: a daemon may
be stopped in the middle of a line.

The program sends the signal to itself while jobs come in.

    python examples/graceful_shutdown.py
    ironthread run examples/graceful_shutdown.py
"""

from __future__ import annotations

import itertools
import queue
import signal
import sys
import tempfile
import threading
from pathlib import Path
from typing import TextIO

WORKERS = 3
JOBS_BEFORE_THE_SIGNAL = 50
JOIN_SECONDS = 30.0


class Service:
    """Takes jobs until it is asked to end."""

    def __init__(self, journal: TextIO) -> None:
        self.ending = threading.Event()
        self.enough = threading.Event()
        self.accepted: list[int] = []
        self._journal = journal
        self._guard = threading.Lock()
        self._jobs: queue.Queue[int | None] = queue.Queue(maxsize=10)
        self._workers = [
            threading.Thread(target=self._work, name=f"worker-{number}")
            for number in range(WORKERS)
        ]
        self._receiver = threading.Thread(target=self._receive, name="receiver")

    def start(self) -> None:
        """Begin to work."""
        for thread in (*self._workers, self._receiver):
            thread.start()

    def _receive(self) -> None:
        for job in itertools.count():
            if self.ending.is_set():
                return
            self._jobs.put(job)
            self.accepted.append(job)
            if job == JOBS_BEFORE_THE_SIGNAL:
                self.enough.set()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            with self._guard:
                self._journal.write(f"{job}\n")

    def end(self) -> list[str]:
        """Work off what was accepted; return the names of threads that did not end in time."""
        self._receiver.join(JOIN_SECONDS)
        for _ in self._workers:
            self._jobs.put(None)
        for thread in self._workers:
            thread.join(JOIN_SECONDS)
        return [t.name for t in (self._receiver, *self._workers) if t.is_alive()]


def run(path: Path) -> tuple[list[int], list[str]]:
    """Serve until the signal comes; return the jobs that were accepted and who did not end."""
    with path.open("w", encoding="utf-8") as journal:
        service = Service(journal)
        before = signal.signal(signal.SIGTERM, lambda *_: service.ending.set())
        try:
            service.start()
            service.enough.wait()
            signal.raise_signal(signal.SIGTERM)
            service.ending.wait()
            left = service.end()
        finally:
            signal.signal(signal.SIGTERM, before)
    return service.accepted, left


def main() -> int:
    """Run the example; return the exit status."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "journal"
        accepted, left = run(path)
        written = sorted(map(int, path.read_text(encoding="utf-8").split()))
    claims = {
        "every accepted job is in the journal, once": written == accepted,
        "every thread has ended": not left,
    }
    problems = [claim for claim, holds in claims.items() if not holds]
    for problem in problems:
        print(f"graceful_shutdown: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print("graceful_shutdown: OK, every accepted job is in the journal")
    return 0


if __name__ == "__main__":
    sys.exit(main())
