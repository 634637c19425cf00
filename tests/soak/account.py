"""Holds what was observed against what the program has counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tally import THREADS, Counts

FIGURES = {
    "locks": ("objects", "acquired"),
    "queues": ("objects", "puts", "gets"),
    "pools": ("submitted", "failed", "cancelled"),
}


def of_snapshot(snapshot: Mapping[str, Any], lines: Mapping[str, str]) -> Counts:
    """The figures of a snapshot, under the names of their lines."""
    found = _rows(snapshot, lines)
    found[THREADS] = len(snapshot["threads"]) - 1 + snapshot["ended"]["count"]
    return found


def of_report(report: Mapping[str, Any], lines: Mapping[str, str]) -> Counts:
    """The figures of a report in JSON."""
    found = _rows(report, lines)
    found[THREADS] = report["threads"]["started"]
    return found


def _rows(tables: Mapping[str, Any], lines: Mapping[str, str]) -> Counts:
    found = Counts()
    for table, figures in FIGURES.items():
        for row in tables[table]:
            name = lines.get(_line(row["origin"]), "")
            # (The lines of queues and pools have made locks, too.)
            if name.startswith(table):
                found.update({f"{name} {figure}": row[figure] for figure in figures})
                if table == "pools":
                    found.update(
                        {f"{name} objects": row["pools"], f"{name} ended": row["ran"]["count"]}
                    )
    return found


def _line(origin: Any) -> str:
    if origin is None:
        return ""
    file, number = origin.values() if isinstance(origin, dict) else origin
    return f"{file.rpartition('/')[2]}:{number}"


def differences(found: Counts, counts: Counts) -> list[str]:
    """A line for each figure that is not what the program has counted."""
    return [
        f"{name}: {counts[name]} counted, {found[name]} observed"
        for name in sorted(found.keys() | counts.keys())
        if found[name] != counts[name]
    ]


def unequal_waits(snapshot: Mapping[str, Any]) -> list[str]:
    """A line for each kind of which the waits by thread are not as many as the waits by line."""
    by_thread: Counter[str] = Counter()
    for thread in (*snapshot["threads"], snapshot["ended"]):
        by_thread.update({kind: waited["count"] for kind, waited in thread["waited"].items()})
    by_line: Counter[str] = Counter()
    for row in snapshot["waits"]:
        by_line[row["kind"]] += row["count"]
    return [
        f"waits for {kind}: {by_thread[kind]} by thread, {by_line[kind]} by line"
        for kind in sorted(by_thread.keys() | by_line.keys())
        if by_thread[kind] != by_line[kind]
    ]
