"""What the engine observed, as a report's data.

All times are in seconds; points in time count from the start of the program.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


# Waits of ours that no program could shorten: the thread that serves timers waits for the next.
_OWN_KINDS = frozenset({"Timer"})


@dataclass(slots=True)
class Waited:
    """Waits that are over: how many, how long together, and the longest of them."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0

    def add(self, other: Waited) -> None:
        """Take the other waits in."""
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)


@dataclass(slots=True)
class Site:
    """A line of the program, and the waits on what it made. No origin: made before the start."""

    kind: str
    origin: tuple[str, int] | None
    objects: int
    waited: Waited


@dataclass(slots=True)
class Waiting:
    """A wait that was not over when the program was."""

    kind: str
    origin: tuple[str, int] | None
    since: float


@dataclass(slots=True)
class Thread:
    """One thread. A thread that had not ended lived to the end of the program."""

    name: str
    ident: int | None
    native_id: int | None
    is_main: bool
    started: float
    ended: float
    alive: bool
    cpu: float | None
    waited: dict[str, Waited] = field(default_factory=dict)
    waiting: Waiting | None = None

    @property
    def lived(self) -> float:
        """How long it lived."""
        return self.ended - self.started


@dataclass(slots=True)
class Report:
    """One run of a program."""

    program: list[str]
    elapsed: float
    cpu: float
    threads: list[Thread]
    sites: list[Site]

    @property
    def started(self) -> int:
        """How many threads the program started; the main thread is not one of them."""
        return sum(not thread.is_main for thread in self.threads)

    @property
    def peak(self) -> int:
        """The most threads that were alive at one time, the main thread included."""
        changes = [(thread.started, 1) for thread in self.threads]
        changes += [(thread.ended, -1) for thread in self.threads if not thread.alive]
        alive = peak = 0
        for _, change in sorted(changes):  # of two at the same time the end comes first
            alive += change
            peak = max(peak, alive)
        return peak


def collect(
    snapshot: Mapping[str, Any], program: list[str], cpu: float, main_cpu_before: float = 0.0
) -> Report:
    """Make a report of what `ironthread._core.watch_snapshot()` returned.

    `cpu` is the CPU time of the process while the program ran; `main_cpu_before` what the main
    thread had used before.
    """
    elapsed = snapshot["elapsed"]
    main = threading.main_thread().ident
    threads = [_thread(row, elapsed, main) for row in snapshot["threads"]]
    for thread in threads:
        if thread.is_main and thread.cpu is not None:
            thread.cpu -= main_cpu_before
    threads.sort(key=lambda thread: (not thread.is_main, thread.started))
    return Report(program, elapsed, cpu, threads, _sites(snapshot["waits"]))


def _thread(row: Mapping[str, Any], elapsed: float, main: int | None) -> Thread:
    ended = row["ended"]
    waiting = row["waiting"]
    if waiting is not None and waiting["kind"] in _OWN_KINDS:
        waiting = None
    return Thread(
        name=row["name"] or "",
        ident=row["ident"],
        native_id=row["native_id"],
        is_main=row["ident"] == main,
        started=row["started"],
        ended=elapsed if ended is None else ended,
        alive=row["alive"],
        cpu=row["cpu"],
        waited={
            kind: _waited(wait) for kind, wait in row["waited"].items() if kind not in _OWN_KINDS
        },
        waiting=waiting and Waiting(waiting["kind"], waiting["origin"], waiting["since"]),
    )


def _sites(rows: Sequence[Mapping[str, Any]]) -> list[Site]:
    """One site for each kind and line, the most waited-for first."""
    sites: dict[tuple[str, Any], Site] = {}
    for row in rows:
        waited = _waited(row)
        if waited.count == 0 or row["kind"] in _OWN_KINDS:
            continue
        key = row["kind"], row["origin"]
        site = sites.setdefault(key, Site(*key, row["objects"], Waited()))
        site.objects = max(site.objects, row["objects"])
        site.waited.add(waited)
    return sorted(sites.values(), key=lambda site: -site.waited.total)


def _waited(row: Mapping[str, Any]) -> Waited:
    return Waited(row["count"], row["total"], row["longest"])
