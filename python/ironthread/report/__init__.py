"""The report on a program that ran: from the engine's snapshot to text or JSON."""

from __future__ import annotations

from typing import Any

from ironthread.report import json, text
from ironthread.report.collect import collect

__all__ = ["render"]


def render(
    form: str, snapshot: dict[str, Any], program: list[str], cpu: float, directory: str
) -> str:
    """The report on `program` in the given form, "text" or "json".

    `cpu` is the CPU time of the process in seconds; the text names files relative to `directory`.
    """
    report = collect(snapshot, program, cpu)
    if form == "json":
        return json.render(report)
    return text.render(report, directory)
