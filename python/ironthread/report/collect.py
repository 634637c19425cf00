"""What the engine observed, as a report's data.

All times are in seconds; points in time count from the start of the program. The classes are plain
ones: `dataclasses` takes longer to load than all of the rest of a report.
"""

from __future__ import annotations

import os
import threading

from ironthread import _explain
from ironthread.report.gil import Gil
from ironthread.report.processors import Processors
from ironthread.report.usage import Usage
from ironthread.report.verdict import judge
from ironthread.report.waited import Spread, Waited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ironthread._explain import Told
    from ironthread.report.timeline import Timeline
    from ironthread.report.verdict.finding import Verdict

# Waits of ours that no program could shorten: the thread that serves timers waits for the next.
_OWN_KINDS = frozenset({"Timer"})


class Site:
    """A line of the program, and the waits on what it made. No origin: made before the start."""

    __slots__ = ("kind", "objects", "occupied", "origin", "spread", "waited")

    def __init__(
        self,
        kind: str,
        origin: tuple[str, int] | None,
        objects: int,
        waited: Waited,
        spread: Spread | None = None,
        occupied: float = 0.0,
    ) -> None:
        self.kind: str = kind
        self.origin: tuple[str, int] | None = origin
        self.objects: int = objects
        self.waited: Waited = waited
        self.spread: Spread = spread or Spread()
        self.occupied: float = occupied
        """For how long at least one thread waited, those that wait still included."""


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
        self.kind: str = kind
        self.origin: tuple[str, int] | None = origin
        self.since: float = since
        self.holder: Thread | None = holder
        """The thread that held the lock."""


class Thread:
    """One thread. A thread that had not ended lived to the end of the program."""

    __slots__ = (
        *("name", "ident", "native_id", "is_main", "started", "ended", "alive", "cpu"),
        *("waited", "waiting", "overtaken", "gil_held", "gil_waited", "accepting", "origin"),
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
        overtaken: int = 0,
        gil_held: float = 0.0,
        gil_waited: float = 0.0,
        accepting: float = 0.0,
        origin: tuple[str, int] | None = None,
    ) -> None:
        self.name = name
        self.ident = ident
        self.native_id = native_id
        self.is_main = is_main
        self.started = started
        self.ended = ended
        self.alive = alive
        self.cpu = cpu
        self.waited: dict[str, Waited] = waited or {}
        self.waiting = waiting
        self.overtaken = overtaken
        """How often it was woken for something that another thread took first."""
        self.gil_held = gil_held
        """How long it had the GIL, as sampled outside of its waits."""
        self.gil_waited = gil_waited
        """How long it waited for the GIL, as sampled outside of its waits."""
        self.accepting = accepting
        """How long it waited for somebody to connect, as sampled."""
        self.origin = origin
        """The line that started it."""

    @property
    def lived(self) -> float:
        """How long it lived."""
        return self.ended - self.started

    def waits(self, end: float) -> dict[str, float]:
        """The seconds it was asleep by kind, until `end` in the wait that it was in then."""
        waits = {kind: waited.total - waited.gil for kind, waited in self.waited.items()}
        if self.waiting is not None:
            kind = self.waiting.kind
            waits[kind] = waits.get(kind, 0.0) + end - self.waiting.since
        return waits


class Ended:
    """The threads that ended and are not told one by one: sums."""

    __slots__ = ("count", "cpu", "gil_waited", "lived", "overtaken", "peak", "waited")

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.count: int = row["count"]
        self.peak: int = row["peak"]
        self.lived: float = row["lived"]
        self.cpu: float = row["cpu"]
        self.gil_waited: float = row["gil_waited"]
        self.overtaken: int = row["overtaken"]
        self.waited: dict[str, Waited] = _waited_by_kind(row["waited"])


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
        usage: Usage | None = None,
        ended: Ended | None = None,
        told: Sequence[Told] = (),
        gil: Gil | None = None,
        timeline: Timeline | None = None,
        processors: Processors | None = None,
    ) -> None:
        self.program = program
        self.process: int = os.getpid()
        self.is_child = is_child
        """Whether a process of the same run started this one."""
        self.elapsed = elapsed
        self.cpu = cpu
        self.threads = threads
        self.sites = sites
        self.usage: Usage = usage or Usage()
        self.ended = ended
        """Threads that are not in the list, if there are any."""
        self.told: list[Told] = list(told)
        """The deadlocks, and orders of locks, that were told while the program ran."""
        self.gil = gil
        """How the GIL was used; None where that could not be seen."""
        self.processors = processors
        """How many threads wanted a processor; None where that could not be seen."""
        self.verdict: list[Verdict] = judge(self)
        """What limits the program, if that is clear."""
        self.timeline = timeline
        """None when it was not recorded."""

    @property
    def started(self) -> int:
        """How many threads the program started; the main thread is not one of them."""
        unlisted = self.ended.count if self.ended else 0
        return unlisted + sum(not thread.is_main for thread in self.threads)

    @property
    def peak(self) -> int:
        """The most threads that were alive at one time, the main thread included."""
        changes = [(thread.started, 1) for thread in self.threads]
        changes += [(thread.ended, -1) for thread in self.threads if not thread.alive]
        alive, peak = 0, self.ended.peak if self.ended else 0
        for _, change in sorted(changes):  # of two at the same time the end comes first
            alive += change
            peak = max(peak, alive)
        return peak


def collect(
    snapshot: Mapping[str, Any],
    program: list[str],
    cpu: float,
    is_child: bool = False,
    recorded: Mapping[str, Any] | None = None,
) -> Report:
    """Make a report of what `ironthread._core.watch_snapshot()` returned.

    `program` is what was run, as on the command line; `cpu` is the CPU time of the process while it
    ran; `is_child` tells whether a process of the same run started this one;
    `recorded` is what `ironthread._core.timeline_snapshot()` returned.
    """
    elapsed = snapshot["elapsed"]
    main = threading.main_thread().ident
    threads = {row["id"]: _thread(row, elapsed, main) for row in snapshot["threads"]}
    for row in snapshot["threads"]:
        threads[row["id"]].waiting = _waiting(row["waiting"], threads)
    listed = sorted(threads.values(), key=lambda thread: (not thread.is_main, thread.started))

    def named(number: int) -> tuple[str, int | None]:
        thread = threads.get(number)
        return ("?", None) if thread is None else (thread.name, thread.ident)

    usage = Usage.of(snapshot, named)
    ended = Ended(snapshot["ended"]) if snapshot["ended"]["count"] else None
    sites = _sites(snapshot["waits"])
    gil = Gil.of(snapshot["gil"])
    processors = Processors.of(snapshot["processors"])
    timeline = _timeline(recorded, threads) if recorded else None
    return Report(
        program,
        elapsed,
        cpu,
        listed,
        sites,
        is_child,
        usage,
        ended,
        told=_explain.told,
        gil=gil,
        timeline=timeline,
        processors=processors,
    )


def _timeline(recorded: Mapping[str, Any], threads: Mapping[int, Thread]) -> Timeline:
    from ironthread.report.timeline import Timeline  # few reports have one

    return Timeline.of(recorded, threads, _OWN_KINDS)


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
        waited=_waited_by_kind(row["waited"]),
        overtaken=row["overtaken"],
        gil_held=row["gil_held"],
        gil_waited=row["gil_waited"],
        accepting=row["accepting"],
        origin=row["origin"],
    )


def _waited_by_kind(row: Mapping[str, Any]) -> dict[str, Waited]:
    return {kind: Waited.of(wait) for kind, wait in row.items() if kind not in _OWN_KINDS}


def _waiting(row: Mapping[str, Any] | None, threads: Mapping[int, Thread]) -> Waiting | None:
    if row is None or row["kind"] in _OWN_KINDS:
        return None
    return Waiting(row["kind"], row["origin"], row["since"], threads.get(row["holder"]))


def _sites(rows: Sequence[Mapping[str, Any]]) -> list[Site]:
    """One site for each kind and line, the most waited-for first."""
    sites: list[Site] = []
    for row in rows:
        waited = Waited.of(row)
        if waited.count == 0 or row["kind"] in _OWN_KINDS:
            continue
        where = row["kind"], row["origin"], row["objects"]
        sites.append(Site(*where, waited, Spread.of(row), row["occupied"]))
    return sorted(sites, key=lambda site: -site.waited.total)
