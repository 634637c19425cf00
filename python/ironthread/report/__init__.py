"""The report on a program that ran: from the engine's snapshot to text, JSON or HTML.

Who asks a program that runs takes from here how places and tables are written, and no more: so
nothing is imported before it is asked for.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Report

__all__ = ["render"]


def render(form: str, report: Report, directory: str, coloured: bool = False) -> str:
    """The report in the given form, "text", "json" or "html".

    Text and HTML name files below `directory` relative to it.
    """
    if form == "json":
        from ironthread.report import json  # the other form does without the standard json

        return json.render(report)
    if form == "html":
        from ironthread.report import html

        return html.render(report, directory)
    from ironthread.report import text

    return text.render(report, directory, coloured)
