"""Enrich log files in a pipeline of three stages over bounded queues.

Four log files are read, one thread each (read and parse); a group of threads looks up what is
known of each line's user and address in a database and a file (enrich); one thread writes a
result file for each log file, and one file of all rejected lines (write).

* The queues between the stages are bounded: a stage that is ahead waits for the next one
  (back-pressure), so memory stays flat however large the files are.
* The enrich threads finish out of order; the writer puts the lines in order again.
* Each stage ends on its sentinel, and only once the stage before it has ended.
* A stage that fails goes on emptying its queue, so that nobody waits for it for ever.

Every line must come out exactly once, in order, either enriched or rejected with a reason.

One lookup in the file waits a little to stand for a remote source (`--lookup-ms`).

    python examples/log_enrichment.py
    ironthread run examples/log_enrichment.py --lines 5000
"""

from __future__ import annotations

import argparse
import queue
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TextIO

SOURCES: tuple[str, ...] = ("web-1", "web-2", "web-3", "web-4")
ENRICHERS = 8
QUEUE_SIZE = 64
USERS = 500
SITES = ("amsterdam", "berlin", "cairo", "delhi", "essen", "fukuoka", "geneva", "havana")
SITE_WIDTH = 16  # bytes of one record in the file of the sites


class Inbox(Protocol):
    """The end of a queue that a stage takes from; None is the sentinel."""

    def get(self) -> object:
        """Remove the oldest item, waiting for one."""


@dataclass(frozen=True)
class Line:
    """Where a line comes from: the key its order is restored by."""

    source: str
    number: int


@dataclass(frozen=True)
class Parsed:
    """A good line on its way to the enrich stage."""

    line: Line
    text: str
    user: int
    network: int


@dataclass(frozen=True)
class Enriched:
    """A line with all that is known of it."""

    line: Line
    text: str


@dataclass(frozen=True)
class Rejected:
    """A line that some stage cannot make sense of."""

    line: Line
    text: str
    reason: str

    def __str__(self) -> str:
        return f"{self.line.source}:{self.line.number}: {self.reason}: {self.text}"


# --------------------------------------------------------------- the input


@dataclass
class Expected:
    """What the generator knows the pipeline must write."""

    enriched: dict[str, list[str]]
    rejected: dict[str, list[str]]

    def lines(self) -> int:
        """Count the lines of all log files."""
        groups = (*self.enriched.values(), *self.rejected.values())
        return sum(len(group) for group in groups)


def generate_lookups(directory: Path) -> None:
    """Write the database of the users and the file of the sites."""
    with closing(sqlite3.connect(directory / "users.db")) as database, database:
        database.execute("CREATE TABLE users (id INTEGER PRIMARY KEY, plan TEXT)")
        rows = ((user, plan_of(user)) for user in range(USERS))
        database.executemany("INSERT INTO users VALUES (?, ?)", rows)
    records = (f"{site:{SITE_WIDTH}}" for site in SITES)
    (directory / "sites.dat").write_text("".join(records), encoding="ascii")


def plan_of(user: int) -> str:
    """Return the plan the database holds for a user."""
    return "premium" if user % 7 == 0 else "basic"


def generate_logs(directory: Path, lines: int, seed: int) -> Expected:
    """Write the log files, some of their lines damaged."""
    rng = random.Random(seed)
    expected = Expected({source: [] for source in SOURCES}, {source: [] for source in SOURCES})
    for source in SOURCES:
        texts = []
        for number in range(1, lines + 1):
            user, network, line = rng.randrange(USERS), rng.randrange(8), Line(source, number)
            text = f"t={number:06} user={user} ip=10.{network}.0.{rng.randrange(1, 255)}"
            reason = ""
            match rng.randrange(40):
                case 0:
                    text, reason = text[: rng.randrange(1, 14)], "damaged line"
                case 1:
                    text, reason = text.replace(f"user={user}", "user=9999"), "unknown user"
            if reason:
                expected.rejected[source].append(str(Rejected(line, text, reason)))
            else:
                known = f"{text} plan={plan_of(user)} site={SITES[network]}"
                expected.enriched[source].append(known)
            texts.append(f"{text}\n")
        (directory / f"{source}.log").write_text("".join(texts), encoding="utf-8")
    return expected


# --------------------------------------------------------------- the stages


def parse(line: Line, text: str) -> Parsed | Rejected:
    """Take a line apart."""
    try:
        _, user, address = (part.split("=")[1] for part in text.split(" "))
        return Parsed(line, text, int(user), int(address.split(".")[1]))
    except (ValueError, IndexError):
        return Rejected(line, text, "damaged line")


class Lookups:
    """The data sources, opened by the one thread that uses them."""

    def __init__(self, directory: Path, latency: float, resources: ExitStack) -> None:
        self._users = resources.enter_context(closing(sqlite3.connect(directory / "users.db")))
        self._sites = resources.enter_context((directory / "sites.dat").open("rb"))
        self._latency = latency

    def enrich(self, item: Parsed) -> Enriched | Rejected:
        """Add what is known of the user and the address to a line."""
        plan = self._plan(item.user)
        if plan is None:
            return Rejected(item.line, item.text, "unknown user")
        return Enriched(item.line, f"{item.text} plan={plan} site={self._site(item.network)}")

    def _plan(self, user: int) -> str | None:
        row = self._users.execute("SELECT plan FROM users WHERE id = ?", (user,)).fetchone()
        return None if row is None else str(row[0])

    def _site(self, network: int) -> str:
        time.sleep(self._latency)
        self._sites.seek(network * SITE_WIDTH)
        return self._sites.read(SITE_WIDTH).decode("ascii").rstrip()


class Reorder:
    """Gives the results of each source back in the order of its lines."""

    def __init__(self) -> None:
        self.most_held = 0
        self._next = dict.fromkeys(SOURCES, 1)
        self._held: dict[Line, Enriched | Rejected] = {}

    def add(self, result: Enriched | Rejected) -> Iterator[Enriched | Rejected]:
        """Take a result in; give back all those whose turn has come."""
        source = result.line.source
        self._held[result.line] = result
        self.most_held = max(self.most_held, len(self._held))
        while ready := self._held.pop(Line(source, self._next[source]), None):
            self._next[source] += 1
            yield ready


class Pipeline:
    """Three stages, two bounded queues between them."""

    def __init__(self, directory: Path, latency: float) -> None:
        self.directory = directory
        self.latency = latency
        self.parsed: queue.Queue[Parsed | Rejected | None] = queue.Queue(QUEUE_SIZE)
        self.results: queue.Queue[Enriched | Rejected | None] = queue.Queue(QUEUE_SIZE)
        self.reorder = Reorder()
        self.held_up = dict.fromkeys(SOURCES, 0)
        self.failures: list[str] = []

    def run(self) -> None:
        """Run all stages to their end, each stopped after the one before it."""
        readers = [self._start(f"read-{source}", partial(self._read, source)) for source in SOURCES]
        enrichers = [
            self._start(f"enrich-{number}", self._enrich, self.parsed)
            for number in range(1, ENRICHERS + 1)
        ]
        writer = self._start("write", self._write, self.results)
        for thread in readers:
            thread.join()
        for _ in enrichers:
            self.parsed.put(None)
        for thread in enrichers:
            thread.join()
        self.results.put(None)
        writer.join()

    def _start(
        self, name: str, stage: Callable[[], None], inbox: Inbox | None = None
    ) -> threading.Thread:
        """Start a thread for a stage; should it fail, its inbox is emptied up to the sentinel."""

        def guarded() -> None:
            try:
                stage()
            except Exception as error:
                self.failures.append(f"{name}: {error!r}")
                while inbox is not None and inbox.get() is not None:
                    pass

        thread = threading.Thread(target=guarded, name=name)
        thread.start()
        return thread

    def _read(self, source: str) -> None:
        with (self.directory / f"{source}.log").open(encoding="utf-8") as log:
            for number, text in enumerate(log, start=1):
                item = parse(Line(source, number), text.rstrip("\n"))
                try:
                    self.parsed.put_nowait(item)
                except queue.Full:
                    self.held_up[source] += 1
                    self.parsed.put(item)

    def _enrich(self) -> None:
        with ExitStack() as resources:
            lookups = Lookups(self.directory, self.latency, resources)
            while (item := self.parsed.get()) is not None:
                self.results.put(item if isinstance(item, Rejected) else lookups.enrich(item))

    def _write(self) -> None:
        with ExitStack() as files:
            outputs = {
                source: files.enter_context(self._output(f"{source}.out")) for source in SOURCES
            }
            rejects = files.enter_context(self._output("rejected.txt"))
            while (result := self.results.get()) is not None:
                for ready in self.reorder.add(result):
                    if isinstance(ready, Rejected):
                        rejects.write(f"{ready}\n")
                    else:
                        outputs[ready.line.source].write(f"{ready.text}\n")

    def _output(self, name: str) -> TextIO:
        return (self.directory / name).open("w", encoding="utf-8")


# ------------------------------------------------------------------ checks


def verify(directory: Path, expected: Expected, pipeline: Pipeline) -> list[str]:
    """Return the claims that do not hold."""
    written = {source: read_lines(directory / f"{source}.out") for source in SOURCES}
    rejected = read_lines(directory / "rejected.txt")
    by_source = {
        source: [text for text in rejected if text.startswith(f"{source}:")] for source in SOURCES
    }
    count = sum(map(len, written.values())) + len(rejected)
    claims = {
        f"no stage fails ({pipeline.failures})": not pipeline.failures,
        f"{expected.lines()} lines come out ({count})": count == expected.lines(),
        "every good line is written enriched, once, in order": written == expected.enriched,
        "every bad line is rejected with its reason, in order": by_source == expected.rejected,
        "the queues are empty": pipeline.parsed.empty() and pipeline.results.empty(),
    }
    return [claim for claim, holds in claims.items() if not holds]


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file."""
    return path.read_text(encoding="utf-8").splitlines()


def main() -> int:
    """Run the example; return the exit status."""
    parser = argparse.ArgumentParser(description="Enrich generated log files.")
    parser.add_argument("--lines", type=int, default=1500, help="lines of each log file")
    parser.add_argument("--lookup-ms", type=float, default=1.0, help="wait of a remote lookup")
    parser.add_argument("--seed", type=int, default=2024, help="another seed, other log files")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory(prefix="log-enrichment-") as name:
        directory = Path(name)
        generate_lookups(directory)
        expected = generate_logs(directory, options.lines, options.seed)
        pipeline = Pipeline(directory, options.lookup_ms / 1000)
        began = time.perf_counter()
        pipeline.run()
        seconds = time.perf_counter() - began
        problems = verify(directory, expected, pipeline)

    rejected = sum(map(len, expected.rejected.values()))
    print(f"lines     {expected.lines()} from {len(SOURCES)} files, {rejected} to be rejected")
    print(f"time      {seconds:.2f} s, {expected.lines() / seconds:.0f} lines/s")
    print(f"held up   readers found the queue full {sum(pipeline.held_up.values())} times")
    print(f"reordered the writer held {pipeline.reorder.most_held} lines at most")
    for problem in problems:
        print(f"log_enrichment: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"log_enrichment: OK, {expected.lines()} lines in order, each exactly once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
