"""What a program has done and waited for so far, as tables: those of `ironthread top`."""

from __future__ import annotations

from ironthread.attach.facts import held, printable
from ironthread.attach.sample import Sample
from ironthread.attach.table import lines_of
from ironthread.attach.views import VIEWS
from ironthread.report.table import duration

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
    ]
    sample = Sample(stats, None)
    for view in VIEWS:
        header, *rows = lines_of(view, view.order, sample)
        if rows:
            lines += ["", view.name.upper(), header, *rows[:_ROWS]]
        if len(rows) > _ROWS:
            lines.append(f"… and {len(rows) - _ROWS} more (see --json)")
    return "\n".join(lines) + "\n"
