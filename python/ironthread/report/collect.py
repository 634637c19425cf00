"""What the engine observed, as a report's data.

All times are in seconds; points in time count from the start of the program. The classes are plain
ones: `dataclasses` takes longer to load than all of the rest of a report.
"""

from __future__ import annotations

import os
import threading

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any


# Waits of ours that no program could shorten: the thread that serves timers waits for the next.
_OWN_KINDS = frozenset({"Timer"})


class Waited:
    """Waits that are over: how many, how long together, and the longest of them."""

    __slots__ = ("count", "longest", "total")

    def __init__(self, count: int = 0, total: float = 0.0, longest: float = 0.0) -> None:
        self.count = count
        self.total = total
        self.longest = longest

    def add(self, other: Waited) -> None:
        """Take the other waits in."""
        self.count += other.count
        self.total += other.total
        self.longest = max(self.longest, other.longest)


class Site:
    """A line of the program, and the waits on what it made. No origin: made before the start."""

    __slots__ = ("kind", "objects", "origin", "waited")

    def __init__(
        self, kind: str, origin: tuple[str, int] | None, objects: int, waited: Waited
    ) -> None:
        self.kind = kind
        self.origin = origin
        self.objects = objects
        self.waited = waited


class Waiting:
    """A wait that was not over when the program was."""

    __slots__ = ("holder", "kind", "origin", "since")

    def __init__(
        self,
        kind: str,
        origin: tuple[str, int] | None,
        since: float,
        holder: Thread | None = None,
    ) -> None:
        self.kind = kind
        self.origin = origin
        self.since = since
        self.holder = holder
        """The thread that held the lock."""


class Thread:
    """One thread. A thread that had not ended lived to the end of the program."""

    __slots__ = (
        *("name", "ident", "native_id", "is_main", "started", "ended", "alive", "cpu"),
        *("waited", "waiting"),
    )

    def __init__(
        self,
        name: str,
        ident: int | None,
        native_id: int | None,
        is_main: bool,
        started: float,
        ended: float,
        alive: bool,
        cpu: float | None,
        waited: dict[str, Waited] | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        self.name = name
        self.ident = ident
        self.native_id = native_id
        self.is_main = is_main
        self.started = started
        self.ended = ended
        self.alive = alive
        self.cpu = cpu
        self.waited = waited or {}
        self.waiting = waiting

    @property
    def lived(self) -> float:
        """How long it lived."""
        return self.ended - self.started


class Report:
    """One run of a program."""

    def __init__(
        self,
        program: list[str],
        elapsed: float,
        cpu: float,
        threads: list[Thread],
        sites: list[Site],
        is_child: bool = False,
    ) -> None:
        self.program = program
        self.process = os.getpid()
        self.is_child = is_child
        """Whether a process of the same run started this one."""
        self.elapsed = elapsed
        self.cpu = cpu
        self.threads = threads
        self.sites = sites

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
    snapshot: Mapping[str, Any], program: list[str], cpu: float, is_child: bool = False
) -> Report:
    """Make a report of what `ironthread._core.watch_snapshot()` returned.

    `program` is what was run, as on the command line; `cpu` is the CPU time of the process while it
    ran; `is_child` tells whether a process of the same run started this one.
    """
    elapsed = snapshot["elapsed"]
    main = threading.main_thread().ident
    threads = {row["id"]: _thread(row, elapsed, main) for row in snapshot["threads"]}
    for row in snapshot["threads"]:
        threads[row["id"]].waiting = _waiting(row["waiting"], threads)
    listed = sorted(threads.values(), key=lambda thread: (not thread.is_main, thread.started))
    return Report(program, elapsed, cpu, listed, _sites(snapshot["waits"]), is_child)


def _thread(row: Mapping[str, Any], elapsed: float, main: int | None) -> Thread:
    ended = row["ended"]
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
    )


def _waiting(row: Mapping[str, Any] | None, threads: Mapping[int, Thread]) -> Waiting | None:
    if row is None or row["kind"] in _OWN_KINDS:
        return None
    return Waiting(row["kind"], row["origin"], row["since"], threads.get(row["holder"]))


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
