"""What a program has waited for so far, as tables."""

from __future__ import annotations

from ironthread.attach.facts import doing, held, label, place_of, printable
from ironthread.report.table import duration, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_ROWS = 40


def render(stats: dict[str, Any]) -> str:
    """The answer to "stats" as text."""
    process = stats["process"]
    recorded = process["recorded_seconds"]
    lines = [
        f"process {process['id']} · {printable(' '.join(process['command']))}",
        held(stats),
        "waits are not recorded" if recorded is None else f"waits of {duration(recorded)}",
        "",
    ]
    rows = [
        [
            label(thread),
            doing(thread),
            "?" if thread["cpu_seconds"] is None else duration(thread["cpu_seconds"]),
            duration(sum(tally["total"] for tally in thread["waits"].values())),
        ]
        for thread in stats["threads"]
    ]
    lines += _cut(["thread", "is doing", "CPU", "waited"], rows, left=2)
    rows = [
        [
            row["kind"],
            place_of(row["made_at"]),
            str(row["objects"] or "?"),
            str(row["waiting"]),
            str(row["count"]),
            duration(row["total"]),
            duration(row["longest"]),
        ]
        for row in stats["waits"]
    ]
    header = ["waited for", "made at", "objects", "waiting", "waits", "total", "longest"]
    return "\n".join([*lines, "", *_cut(header, rows, left=2)]) + "\n"


def _cut(header: list[str], rows: list[list[str]], left: int) -> list[str]:
    """The first rows; a program may have thousands."""
    text = table(header, rows[:_ROWS], left)
    return text if len(rows) <= _ROWS else [*text, f"… and {len(rows) - _ROWS} more (see --json)"]
