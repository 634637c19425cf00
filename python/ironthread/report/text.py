"""The report as text for a terminal."""
# ruff: noqa: RUF001 (the multiplication sign is meant)

from __future__ import annotations

import os
import re

from ironthread.report.collect import Report, Site, Thread, Waited
from ironthread.report.table import duration, table

# More threads than this are shown in groups of similar names, more rows than that not at all.
_SINGLE_THREADS = 12
_GROUP = 3
_THREAD_ROWS = 20
_SITE_ROWS = 10
# What was waited for less than this share of the first is not worth a line.
_SITE_SHARE = 1e-3
_WIDTH = 78
_LABEL = 32

_KINDS = (
    *("Lock", "RLock", "Condition", "Semaphore", "Event", "Barrier"),
    *("Queue.get", "Queue.put", "Queue.join", "Thread.join", "Thread.start"),
)


def render(report: Report, directory: str) -> str:
    """The report as text; files below `directory` are named relative to it."""
    title = _cut(" ".join(report.program), _WIDTH - 20)
    sections = [
        [f"── ironthread ── {title} ".ljust(_WIDTH, "─"), _summary(report)],
        _threads(report),
        _sites(report, directory),
        _unfinished(report, directory),
    ]
    text = "\n\n".join("\n".join(section) for section in sections if section)
    return f"{text}\n{'─' * _WIDTH}\n"


def _summary(report: Report) -> str:
    share = f" ({report.cpu / report.elapsed:.0%})" if report.elapsed > 0 else ""
    threads = "1 thread" if report.started == 1 else f"{report.started} threads"
    return (
        f"ran {duration(report.elapsed)} · CPU {duration(report.cpu)}{share} · "
        f"{threads} started, at most {report.peak} alive at once"
    )


class _Row:
    """A line of the thread table: one thread, or several with sums."""

    def __init__(self, label: str, threads: list[Thread]) -> None:
        self.label = _cut(label, _LABEL)
        if len(threads) > 1:
            self.label += f" × {len(threads)}"
        self.lived = sum(thread.lived for thread in threads)
        known = [thread.cpu for thread in threads if thread.cpu is not None]
        self.cpu = sum(known) if known else None
        self.waited: dict[str, Waited] = {}
        for thread in threads:
            for kind, waited in thread.waited.items():
                self.waited.setdefault(kind, Waited()).add(waited)


def _threads(report: Report) -> list[str]:
    rows = _rows(report.threads)
    kinds = sorted({kind for row in rows for kind in row.waited}, key=_kind_order)
    lines = [
        [row.label, duration(row.lived), "?" if row.cpu is None else duration(row.cpu)]
        + [duration(row.waited[kind].total) if kind in row.waited else "-" for kind in kinds]
        for row in rows[:_THREAD_ROWS]
    ]
    header = ["thread", "lived", "CPU", *kinds]
    text = table(header, lines, left=1)
    hidden = len(rows) - _THREAD_ROWS
    if hidden > 0:
        text.append(f"… and {hidden} more")
    if any("×" in row.label for row in rows):
        text.append("(× marks sums over threads with similar names)")
    if not kinds:
        text.append("No thread waited for a lock, a queue or another primitive.")
    return text


def _kind_order(kind: str) -> tuple[int, str]:
    return (_KINDS.index(kind) if kind in _KINDS else len(_KINDS), kind)


def _rows(threads: list[Thread]) -> list[_Row]:
    """The main thread, then the others in the order of their start, or the longest-lived groups."""
    if len(threads) <= _SINGLE_THREADS:
        return [_Row(_label(thread), [thread]) for thread in threads]
    groups: dict[str, list[Thread]] = {}
    for thread in threads:
        groups.setdefault(re.sub(r"\d+", "*", _label(thread)), []).append(thread)
    rows = []
    for pattern, members in groups.items():
        if len(members) >= _GROUP:
            rows.append(_Row(pattern, members))
        else:
            rows += [_Row(_label(thread), [thread]) for thread in members]
    if len(rows) > _THREAD_ROWS:
        rows[1:] = sorted(rows[1:], key=lambda row: -row.lived)
    return rows


def _label(thread: Thread) -> str:
    return thread.name or f"(thread {thread.ident})"


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _sites(report: Report, directory: str) -> list[str]:
    if not report.sites:
        return []
    least = report.sites[0].waited.total * _SITE_SHARE
    shown = [site for site in report.sites[:_SITE_ROWS] if site.waited.total >= least]
    hidden = report.sites[len(shown) :]
    lines = [_site(site, directory) for site in shown]
    text = table(
        ["waited for", "made at", "objects", "waits", "total", "longest"],
        lines,
        left=2,
    )
    if hidden:
        rest = sum(site.waited.total for site in hidden)
        text.append(f"… and {len(hidden)} more, {duration(rest)} together")
    return text


def _site(site: Site, directory: str) -> list[str]:
    waited = site.waited
    return [
        site.kind,
        _origin(site.origin, directory),
        str(site.objects or "?"),
        str(waited.count),
        duration(waited.total),
        duration(waited.longest),
    ]


def _unfinished(report: Report, directory: str) -> list[str]:
    """The threads that were still waiting for something when the program ended."""
    lines = [
        [
            _label(thread),
            thread.waiting.kind,
            _origin(thread.waiting.origin, directory),
            duration(report.elapsed - thread.waiting.since),
        ]
        for thread in report.threads
        if thread.waiting is not None
    ]
    if not lines:
        return []
    text = table(["still waiting", "for", "made at", "since"], lines[:_SITE_ROWS], left=3)
    if len(lines) > _SITE_ROWS:
        text.append(f"… and {len(lines) - _SITE_ROWS} more")
    return text


def _origin(origin: tuple[str, int] | None, directory: str) -> str:
    if origin is None:
        return "(before the start)"
    file, line = origin
    inside = os.path.join(directory, "")
    if file.startswith(inside):
        file = file.removeprefix(inside)
    elif file.count(os.sep) > 2:
        file = os.path.join("…", *file.split(os.sep)[-2:])
    return f"{file}:{line}"
