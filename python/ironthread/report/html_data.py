"""The data of the HTML report: what the JSON report has, the timeline, and sentences.

Waits of the timeline are arrays of numbers, and what they name stands in lists: 20,000 of them take
less than a megabyte.
"""

from __future__ import annotations

import json

from ironthread.report import alarms
from ironthread.report.json import document
from ironthread.report.kinds import group
from ironthread.report.spent import starved

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ironthread.report.collect import Report
    from ironthread.report.timeline import Interval, Timeline

# Digits after the point, of seconds: no wait takes less than a microsecond.
_DIGITS = 6
# Of a thread's time, by the group of what it waited for.
_PARTS = {"lock": "locks", "queue": "queues", "join": "joins", "other": "elsewhere"}


def render(report: Report, directory: str) -> str:
    """The data as JSON that may stand in a script element: it has no `<`, and ASCII only."""
    data = document(report) | {
        "directory": directory,
        "starved": [alarms.starvation(each) for each in starved(report.threads, report.elapsed)],
        "saturated": [
            f"{pool.name or 'pool'}: {alarms.saturation(pool)}"
            for pool in report.usage.pools
            if alarms.is_saturated(pool, report.elapsed)
        ],
        "timeline": report.timeline and _timeline(report.timeline),
    }
    encoded = json.dumps(data, separators=(",", ":"))
    return encoded.replace("<", r"\u003c").replace(">", r"\u003e").replace("&", r"\u0026")


def _timeline(timeline: Timeline) -> dict[str, Any]:
    kinds: dict[str, int] = {}
    origins: dict[tuple[str, int], int] = {}
    threads = {id(lane.thread): index for index, lane in enumerate(timeline.lanes)}

    def row(interval: Interval) -> list[float | None]:
        """Begin, end, GIL, kind, origin, holder, and 1 for one that was not over."""
        origin, holder = interval.origin, interval.holder
        return [
            round(interval.begin, _DIGITS),
            round(interval.end, _DIGITS),
            round(interval.gil, _DIGITS),
            kinds.setdefault(interval.kind, len(kinds)),
            None if origin is None else origins.setdefault(origin, len(origins)),
            None if holder is None else threads[id(holder)],
            *([] if interval.is_over else [1]),
        ]

    lanes = [
        {
            "omitted": lane.omitted,
            "omitted_seconds": lane.omitted_seconds,
            "intervals": [row(interval) for interval in lane.intervals],
        }
        for lane in timeline.lanes
    ]
    return {
        "resolution": timeline.resolution,
        "omitted": timeline.omitted,
        "kinds": [{"name": kind, "part": _PARTS[group(kind)]} for kind in kinds],
        "origins": [{"file": file, "line": line} for file, line in origins],
        "lanes": lanes,  # in the order of the threads
    }
