"""The report on a program that ran: from the engine's snapshot to text or JSON."""

from __future__ import annotations

from ironthread.report.collect import Report, collect

__all__ = ["collect", "render"]


def render(form: str, report: Report, directory: str, coloured: bool = False) -> str:
    """The report in the given form, "text" or "json".

    The text names files below `directory` relative to it.
    """
    if form == "json":
        from ironthread.report import json  # the other form does without the standard json

        return json.render(report)
    from ironthread.report import text

    return text.render(report, directory, coloured)
