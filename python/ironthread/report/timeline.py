"""What each thread waited for, and when: a lane a thread. Times are in seconds.

Points in time count from the start of the recording, which is that of the program.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence, Set
    from typing import Any

    from ironthread.report.collect import Thread


class Interval:
    """A wait. A holder: the thread that had the lock as the wait began."""

    __slots__ = ("begin", "end", "gil", "holder", "is_over", "kind", "origin")

    def __init__(
        self,
        begin: float,
        end: float,
        gil: float,
        kind: str,
        origin: tuple[str, int] | None,
        holder: Thread | None = None,
        is_over: bool = True,
    ) -> None:
        self.begin: float = begin
        self.end: float = end
        self.gil: float = gil
        """The part at its end in which the thread was awake and waited for the GIL."""
        self.kind: str = kind
        self.origin: tuple[str, int] | None = origin
        self.holder: Thread | None = holder
        self.is_over: bool = is_over
        """Whether the wait was over when the program was."""


class Lane:
    """A thread and its waits, in the order of their beginnings.

    They lie apart, or within each other: a signal handler may wait while its thread waits.
    """

    __slots__ = ("intervals", "omitted", "omitted_seconds", "thread")

    def __init__(
        self,
        thread: Thread,
        intervals: Sequence[Interval] = (),
        omitted: int = 0,
        omitted_seconds: float = 0.0,
    ) -> None:
        self.thread: Thread = thread
        self.intervals: list[Interval] = list(intervals)
        self.omitted: int = omitted
        """How many short waits are not among them."""
        self.omitted_seconds: float = omitted_seconds


class Timeline:
    """The lanes of all threads of a report, in its order."""

    __slots__ = ("lanes", "omitted", "resolution")

    def __init__(self, lanes: Sequence[Lane], resolution: float = 0.0, omitted: int = 0) -> None:
        self.lanes: list[Lane] = list(lanes)
        self.resolution: float = resolution
        """Waits shorter than this may be left out; 0 when all were kept."""
        self.omitted: int = omitted
        """How many were left out, those of threads that have no lane included."""

    @classmethod
    def of(
        cls,
        snapshot: Mapping[str, Any],
        threads: Mapping[int, Thread],
        unseen: Set[str],
    ) -> Timeline:
        """Make lanes of what `ironthread._core.timeline_snapshot()` returned.

        `threads` are those of the report by their numbers; waits of the kinds in `unseen` are
        not told.
        """
        rows = snapshot["threads"]
        lanes = [
            _lane(thread, rows.get(number), threads, unseen) for number, thread in threads.items()
        ]
        lanes.sort(key=lambda lane: (not lane.thread.is_main, lane.thread.started))
        unlisted = sum(
            len(row["intervals"]) for number, row in rows.items() if number not in threads
        )
        return cls(lanes, snapshot["resolution"], snapshot["omitted"] + unlisted)


def thinned(snapshot: Mapping[str, Any], limit: int) -> Mapping[str, Any]:
    """The snapshot with at most so many waits, the longest of them; the others count as omitted."""
    rows = snapshot["threads"]
    lengths = [end - begin for row in rows.values() for begin, end, *_ in row["intervals"]]
    if len(lengths) <= limit:
        return snapshot
    longest_omitted = sorted(lengths)[-limit - 1]
    threads = {}
    for number, row in rows.items():
        kept = [each for each in row["intervals"] if each[1] - each[0] > longest_omitted]
        lost = [each[1] - each[0] for each in row["intervals"]]
        threads[number] = {
            "intervals": kept,
            "omitted": row["omitted"] + len(lost) - len(kept),
            "omitted_seconds": row["omitted_seconds"]
            + sum(length for length in lost if length <= longest_omitted),
        }
    kept_count = sum(len(row["intervals"]) for row in threads.values())
    omitted = snapshot["omitted"] + len(lengths) - kept_count
    return {"resolution": longest_omitted, "omitted": omitted, "threads": threads}


def _lane(
    thread: Thread,
    row: Mapping[str, Any] | None,
    threads: Mapping[int, Thread],
    unseen: Set[str],
) -> Lane:
    if row is None:
        return Lane(thread)
    since = None if thread.waiting is None else thread.waiting.since
    intervals = [
        # Who waits at the end waits since then, and is recorded as if it ended now.
        Interval(begin, end, gil, kind, origin, threads.get(holder), begin != since)
        for begin, end, gil, kind, origin, holder in row["intervals"]
        if kind not in unseen
    ]
    return Lane(thread, intervals, row["omitted"], row["omitted_seconds"])
