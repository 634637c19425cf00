"""The report on a program that ran: from the engine's snapshot to text or JSON."""

from __future__ import annotations

from ironthread.report import json, text
from ironthread.report.collect import Report, collect

__all__ = ["collect", "render"]


def render(form: str, report: Report, directory: str) -> str:
    """The report in the given form, "text" or "json".

    The text names files below `directory` relative to it.
    """
    return json.render(report) if form == "json" else text.render(report, directory)
