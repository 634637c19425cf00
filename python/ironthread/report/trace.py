"""The timeline of the threads in the Trace Event Format, for Perfetto and chrome://tracing.

Each thread has a track, under the number that ironthread knows it by (the system gives its own out
again), with a slice for its life and, within that, one for each wait. The end of a wait in which
the thread was awake and waited for the GIL is a slice within the wait, unless it is too short.
Between the waits stands nothing: there the thread ran, did input and output, or waited for less
than the resolution, and nobody knows when it did what.

The format is described in "Trace Event Format" (Google, 2016): times are microseconds; "X" is a
slice with a duration, "M" says what things are called. Slices of a thread lie within each other or
apart.
"""

from __future__ import annotations

import json
import os

from ironthread.report.kinds import group
from ironthread.report.place import place

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ironthread._core.timeline import _Interval, _Timeline
    from ironthread._core.watch import _Snapshot, _ThreadRow

# Characters of a line's place in the name of a slice.
_ROOM = 60
# Nanoseconds. After each wait the GIL is waited for; for less there is no slice.
_SHORTEST = 1000


def lines(
    snapshot: _Snapshot, timeline: _Timeline, command: list[str], directory: str
) -> Iterator[str]:
    """The text of the file, a line for each event; all of it is ASCII.

    `command` is what was run, `directory` what files are named from.
    """
    head = {
        "displayTimeUnit": "ms",
        "otherData": {
            "program": command,
            "resolution_seconds": timeline["resolution"],
            "omitted_waits": timeline["omitted"],
            "omitted_threads": snapshot["ended"]["count"],
        },
    }
    yield json.dumps(head)[:-1] + ', "traceEvents": [\n'
    named = {"name": "process_name", "ph": "M", "pid": os.getpid(), "tid": 0}
    yield json.dumps({**named, "args": {"name": " ".join(command)}})
    track = _Tracks(snapshot, timeline, directory)
    for row in snapshot["threads"]:
        for event in track.of(row):
            yield ",\n" + event
    yield "\n]}\n"


class _Tracks:
    """The events of threads, as JSON."""

    def __init__(self, snapshot: _Snapshot, timeline: _Timeline, directory: str) -> None:
        self._process = os.getpid()
        self._elapsed = snapshot["elapsed"]
        self._lines = timeline["threads"]
        self._shortest = max(_SHORTEST, _nanoseconds(timeline["resolution"]))
        self._directory = directory
        self._names = {row["id"]: row["name"] or "?" for row in snapshot["threads"]}
        # What is the same in all waits for things of one kind and line with one holder.
        self._heads: dict[tuple[Any, ...], str] = {}

    def of(self, row: _ThreadRow) -> Iterator[str]:
        """The events of one thread."""
        number = row["id"]
        line = self._lines.get(number)
        waits = line["intervals"] if line else []
        common = {"pid": self._process, "tid": number}
        name = self._names[number]
        yield json.dumps({"name": "thread_name", "ph": "M", **common, "args": {"name": name}})
        ended = self._elapsed if row["ended"] is None else row["ended"]
        # A thread may wait once more after it said that it had ended.
        ended = max([ended, *(wait[1] for wait in waits)])
        began = min([row["started"], *(wait[0] for wait in waits)])
        args = {
            "native_id": row["native_id"],
            "cpu_seconds": row["cpu"],
            "omitted_waits": line["omitted"] if line else 0,
            "omitted_seconds": line["omitted_seconds"] if line else 0.0,
        }
        life = {"name": name, "cat": "thread", "ph": "X", **common, "args": args}
        yield self._slice(json.dumps(life), _nanoseconds(began), _nanoseconds(ended))
        gil = json.dumps({"name": "GIL", "cat": "gil", "ph": "X", **common})
        for wait in waits:
            if wait[3] != "Timer":  # the engine's own wait for the next timer
                yield from self._wait(common, gil, wait)

    def _wait(self, common: dict[str, int], gil_head: str, wait: _Interval) -> Iterator[str]:
        begin, end, gil, kind, origin, holder = wait
        first, last, waited = _nanoseconds(begin), _nanoseconds(end), _nanoseconds(gil)
        key = (common["tid"], kind, origin, holder)
        head = self._heads.get(key)
        if head is None:
            head = self._heads[key] = json.dumps(self._description(common, kind, origin, holder))
        yield self._slice(head, first, last)
        waited = min(waited, last - first)
        if waited >= self._shortest:
            yield self._slice(gil_head, last - waited, last)

    def _description(
        self, common: dict[str, int], kind: str, origin: tuple[str, int] | None, holder: int | None
    ) -> dict[str, Any]:
        args: dict[str, Any] = {}
        if origin is not None:
            args["line"] = f"{origin[0]}:{origin[1]}"
        if holder is not None:
            args["holder"] = self._names.get(holder, "?")
            args["holder_tid"] = holder
        name = f"{kind} {place(origin, self._directory, _ROOM)}"
        return {
            "name": name,
            "cat": group(kind),
            "ph": "X",
            **common,
            **({"args": args} if args else {}),
        }

    @staticmethod
    def _slice(head: str, begin: int, end: int) -> str:
        """The event with its times, which are exact to the nanosecond."""
        return f'{head[:-1]}, "ts": {_microseconds(begin)}, "dur": {_microseconds(end - begin)}}}'


def _nanoseconds(seconds: float) -> int:
    return round(seconds * 1e9)


def _microseconds(nanoseconds: int) -> str:
    return f"{nanoseconds // 1000}.{nanoseconds % 1000:03}"
