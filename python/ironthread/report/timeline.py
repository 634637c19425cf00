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
        self.begin = begin
        self.end = end
        self.gil = gil
        """The part at its end in which the thread was awake and waited for the GIL."""
        self.kind = kind
        self.origin = origin
        self.holder = holder
        self.is_over = is_over
        """Whether the wait was over when the program was."""


class Lane:
    """A thread and its waits, in the order of their beginnings. They do not overlap."""

    __slots__ = ("intervals", "omitted", "omitted_seconds", "thread")

    def __init__(
        self,
        thread: Thread,
        intervals: Sequence[Interval] = (),
        omitted: int = 0,
        omitted_seconds: float = 0.0,
    ) -> None:
        self.thread = thread
        self.intervals = list(intervals)
        self.omitted = omitted
        """How many short waits are not among them."""
        self.omitted_seconds = omitted_seconds


class Timeline:
    """The lanes of all threads of a report, in its order."""

    __slots__ = ("lanes", "omitted", "resolution")

    def __init__(self, lanes: Sequence[Lane], resolution: float = 0.0, omitted: int = 0) -> None:
        self.lanes = list(lanes)
        self.resolution = resolution
        """Waits shorter than this may be left out; 0 when all were kept."""
        self.omitted = omitted
        """How many were left out, those of threads that have no lane included."""

    @classmethod
    def of(
        cls,
        snapshot: Mapping[str, Any],
        threads: Mapping[int, Thread],
        elapsed: float,
        unseen: Set[str],
    ) -> Timeline:
        """Make lanes of what `ironthread._core.timeline_snapshot()` returned.

        `threads` are those of the report by their numbers; waits of the kinds in `unseen` are
        not told. A thread's wait that was not over at the end, `elapsed`, is added where it is
        missing: the recording knows of a wait when it ends.
        """
        rows = snapshot["threads"]
        lanes = [
            _lane(thread, rows.get(number), threads, elapsed, unseen)
            for number, thread in threads.items()
        ]
        lanes.sort(key=lambda lane: (not lane.thread.is_main, lane.thread.started))
        unlisted = sum(
            len(row["intervals"]) for number, row in rows.items() if number not in threads
        )
        return cls(lanes, snapshot["resolution"], snapshot["omitted"] + unlisted)


def _lane(
    thread: Thread,
    row: Mapping[str, Any] | None,
    threads: Mapping[int, Thread],
    elapsed: float,
    unseen: Set[str],
) -> Lane:
    lane = Lane(thread)
    if row is not None:
        lane.omitted, lane.omitted_seconds = row["omitted"], row["omitted_seconds"]
        for begin, end, gil, kind, origin, holder in row["intervals"]:
            if kind not in unseen:
                lane.intervals.append(Interval(begin, end, gil, kind, origin, threads.get(holder)))
    waiting = thread.waiting
    if waiting is None:
        return lane
    last = lane.intervals[-1] if lane.intervals else None
    if last is not None and last.end > waiting.since:
        last.is_over = False
    else:
        wait = waiting.since, elapsed, 0.0, waiting.kind, waiting.origin, waiting.holder
        lane.intervals.append(Interval(*wait, is_over=False))
    return lane
