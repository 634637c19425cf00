"""Threads by themselves: two ways to make one, its name and number, its life, and daemons.

* A thread is a function that is given to `Thread`, or a class of its own with `run()`.
* What a class's thread found out is read from it after `join()`: then it has ended, and what it
  wrote is seen.
* A daemon does not keep the program alive. So it is for what may stop anywhere: here it counts
  heartbeats, and what must not be lost is written by a thread that is joined.

    python examples/first_threads.py
    ironthread run examples/first_threads.py
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

LINES = 500


class LineCounter(threading.Thread):
    """Counts the lines of a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(name=f"count-{path.name}")
        self.path = path
        self.lines = 0

    def run(self) -> None:
        """Count them."""
        with self.path.open(encoding="utf-8") as file:
            self.lines = sum(1 for _ in file)


def write(path: Path, identities: dict[str, int | None]) -> None:
    """Write a file, and note under the thread's name which number the system knows it by."""
    thread = threading.current_thread()
    path.write_text("".join(f"{number}\n" for number in range(LINES)), encoding="utf-8")
    identities[thread.name] = thread.native_id


def beat(beats: list[int], began: threading.Event) -> None:
    """Count for ever: a daemon's work."""
    pause = threading.Event()
    while True:
        beats[0] += 1
        began.set()
        pause.wait(0.001)


def run(directory: Path) -> list[str]:
    """Write and count files; return the claims that do not hold."""
    beats, began = [0], threading.Event()
    heart = threading.Thread(target=beat, args=(beats, began), name="heart", daemon=True)
    heart.start()
    began.wait()

    identities: dict[str, int | None] = {}
    paths = [directory / f"part-{number}" for number in range(3)]
    writers = [
        threading.Thread(target=write, args=(path, identities), name=f"write-{path.name}")
        for path in paths
    ]
    before = [writer.is_alive() for writer in writers]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    after = [writer.is_alive() for writer in writers]

    counters = [LineCounter(path) for path in paths]
    for counter in counters:
        counter.start()
    for counter in counters:
        counter.join()

    claims = {
        "no thread lives before its start or after its join": not any(before + after),
        "each thread has its own name": sorted(identities) == [f"write-{p.name}" for p in paths],
        "each has a number in the system": all(identities.values()),
        "all lines are there": [counter.lines for counter in counters] == [LINES] * 3,
        "the daemon works beside them": heart.is_alive() and beats[0] > 0,
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    with tempfile.TemporaryDirectory() as directory:
        problems = run(Path(directory))
    for problem in problems:
        print(f"first_threads: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"first_threads: OK, 3 files of {LINES} lines; the daemon ends with the program")
    return 0


if __name__ == "__main__":
    sys.exit(main())
