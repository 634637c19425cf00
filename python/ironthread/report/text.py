"""The report as text for a terminal."""
# ruff: noqa: RUF001 (the multiplication sign is meant)

from __future__ import annotations

from itertools import groupby

from ironthread.report.collect import Report, Site, Thread, Waited
from ironthread.report.place import place, shortened
from ironthread.report.table import duration, fitted, table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# More threads than this are shown in groups of similar names, more rows than that not at all.
_SINGLE_THREADS = 12
_GROUP = 3
_THREAD_ROWS = 20
_SITE_ROWS = 10
# What was waited for less than this share of the first is not worth a line.
_SITE_SHARE = 1e-3
_WIDTH = 80
# As long as the name of a thread of `socketserver.ThreadingMixIn`, and a bit.
_LABEL = 34
# Of two names in one line.
_SHORT_LABEL = 20

_KINDS = (
    *("Lock", "RLock", "Condition", "Semaphore", "Event", "Barrier"),
    *("Queue.get", "Queue.put", "Queue.join", "Thread.join", "Future"),
    *("submit", "work", "RateLimit"),
)
# How long a new thread takes to begin is nothing that a program could change.
_NOT_SHOWN = frozenset({"Thread.start"})


def render(report: Report, directory: str) -> str:
    """The report as text; files below `directory` are named relative to it."""
    sections = [
        [_title(report, directory), _summary(report)],
        _threads(report),
        _sites(report, directory),
        _unfinished(report, directory),
    ]
    text = "\n\n".join("\n".join(section) for section in sections if section)
    return f"{text}\n{'─' * _WIDTH}\n"


def _title(report: Report, directory: str) -> str:
    what, *arguments = report.program
    room = _WIDTH - 20
    what = what if what == "-m" else shortened(what, directory, room)
    process = f" (process {report.process})" if report.is_child else ""
    title = _cut(" ".join([what, *arguments]), room - len(process)) + process
    return f"── ironthread ── {title} ".ljust(_WIDTH, "─")


def _summary(report: Report) -> str:
    share = f" ({report.cpu / report.elapsed:.0%})" if report.elapsed > 0 else ""
    threads = "1 thread" if report.started == 1 else f"{report.started} threads"
    return (
        f"ran {duration(report.elapsed)} · CPU {duration(report.cpu)}{share} · "
        f"{threads} started, at most {report.peak} alive at once"
    )


class _Row:
    """A line of the thread table: one thread, or several with sums."""

    def __init__(self, label: str, threads: list[Thread], end: float) -> None:
        self.label = _cut(label, _LABEL)
        if len(threads) > 1:
            self.label += f" × {len(threads)}"
        self.lived = sum(thread.lived for thread in threads)
        known = [thread.cpu for thread in threads if thread.cpu is not None]
        self.cpu = sum(known) if known else None
        self.waited: dict[str, float] = {}
        for thread in threads:
            for kind, seconds in _waited(thread, end):
                if kind not in _NOT_SHOWN:
                    self.waited[kind] = self.waited.get(kind, 0.0) + seconds

    def cells(self, kinds: Sequence[str]) -> list[str]:
        """What stands in the columns, those of `kinds` at the end."""
        return [
            self.label,
            duration(self.lived),
            "?" if self.cpu is None else duration(self.cpu),
            *(duration(self.waited[kind]) if kind in self.waited else "-" for kind in kinds),
        ]


def _waited(thread: Thread, end: float) -> list[tuple[str, float]]:
    """The seconds that a thread waited by kind, those of the wait it was in at the end included."""
    waits = [(kind, waited.total) for kind, waited in thread.waited.items()]
    if thread.waiting is not None:
        waits.append((thread.waiting.kind, end - thread.waiting.since))
    return waits


def _threads(report: Report) -> list[str]:
    rows = _rows(report.threads, report.elapsed)
    totals: dict[str, float] = {}
    for row in rows:
        for kind, seconds in row.waited.items():
            totals[kind] = totals.get(kind, 0.0) + seconds
    shown = rows[:_THREAD_ROWS]
    kinds = sorted(totals, key=_kind_order)
    text = _thread_table(shown, kinds)
    left_out = []
    while len(kinds) > 1 and _width(text) > _WIDTH:
        least = min(kinds, key=lambda kind: totals[kind])
        kinds.remove(least)
        left_out.append(f"{least} {duration(totals[least])}")
        text = _thread_table(shown, kinds)
    if len(rows) > len(shown):
        text.append(f"… and {len(rows) - len(shown)} more")
    if any("×" in row.label for row in rows):
        text.append("(× marks sums over threads with similar names)")
    if left_out:
        text.append(_cut(f"(no room for {', '.join(reversed(left_out))})", _WIDTH))
    if not kinds:
        text.append("No thread waited for a lock, a queue or another primitive.")
    return text


def _thread_table(rows: list[_Row], kinds: list[str]) -> list[str]:
    return table(["thread", "lived", "CPU", *kinds], [row.cells(kinds) for row in rows], left=1)


def _width(lines: list[str]) -> int:
    return max(len(line) for line in lines)


def _kind_order(kind: str) -> tuple[int, str]:
    return (_KINDS.index(kind) if kind in _KINDS else len(_KINDS), kind)


def _rows(threads: list[Thread], end: float) -> list[_Row]:
    """The main thread, then the others in the order of their start, or the longest-lived groups."""
    if len(threads) <= _SINGLE_THREADS:
        return [_Row(_label(thread), [thread], end) for thread in threads]
    groups: dict[str, list[Thread]] = {}
    for thread in threads:
        groups.setdefault(_pattern(_label(thread)), []).append(thread)
    rows = []
    for pattern, members in groups.items():
        if len(members) >= _GROUP:
            rows.append(_Row(pattern, members, end))
        else:
            rows += [_Row(_label(thread), [thread], end) for thread in members]
    if len(rows) > _THREAD_ROWS:
        rows[1:] = sorted(rows[1:], key=lambda row: -row.lived)
    return rows


def _label(thread: Thread) -> str:
    return thread.name or f"(thread {thread.ident})"


def _pattern(label: str) -> str:
    """The label with `*` for each number in it."""
    parts = groupby(label, str.isdecimal)
    return "".join("*" if is_number else "".join(part) for is_number, part in parts)


def _cut(text: str, length: int) -> str:
    """The text on one line of at most so many characters."""
    text = "".join(letter if letter.isprintable() else "?" for letter in text)
    return text if len(text) <= length else text[: length - 1] + "…"


def _sites(report: Report, directory: str) -> list[str]:
    sites = [site for site in report.sites if site.kind not in _NOT_SHOWN]
    if not sites:
        return []
    least = sites[0].waited.total * _SITE_SHARE
    shown = [site for site in sites[:_SITE_ROWS] if site.waited.total >= least]
    hidden = sites[len(shown) :]
    text = fitted(
        ["waited for", "made at", "objects", "waits", "total", "longest"],
        [_site(site) for site in shown],
        left=2,
        narrow=1,
        fit=lambda row, room: place(shown[row].origin, directory, room),
        width=_WIDTH,
    )
    if hidden:
        rest = sum(site.waited.total for site in hidden)
        text.append(f"… and {len(hidden)} more, {duration(rest)} together")
    return text


def _site(site: Site) -> list[str]:
    waited: Waited = site.waited
    return [
        site.kind,
        "",  # its place, as there is room
        str(site.objects or "?"),
        str(waited.count),
        duration(waited.total),
        duration(waited.longest),
    ]


def _unfinished(report: Report, directory: str) -> list[str]:
    """The threads that were still waiting for something when the program ended."""
    waits = [(thread, thread.waiting) for thread in report.threads if thread.waiting is not None]
    if not waits:
        return []
    shown = waits[:_SITE_ROWS]
    with_holder = any(waiting.holder for _, waiting in shown)
    length = _SHORT_LABEL if with_holder else _LABEL
    header = ["still waiting", "for", *(["held by"] if with_holder else []), "made at", "since"]
    lines = [
        [
            _cut(_label(thread), length),
            waiting.kind,
            *([_holder(waiting.holder)] if with_holder else []),
            "",  # the place of what is waited for, as there is room
            duration(report.elapsed - waiting.since),
        ]
        for thread, waiting in shown
    ]
    text = fitted(
        header,
        lines,
        left=len(header) - 1,
        narrow=len(header) - 2,
        fit=lambda row, room: place(shown[row][1].origin, directory, room),
        width=_WIDTH,
    )
    if len(waits) > len(shown):
        text.append(f"… and {len(waits) - len(shown)} more")
    return text


def _holder(thread: Thread | None) -> str:
    if thread is None:
        return "-"
    return _cut(_label(thread), _SHORT_LABEL) + ("" if thread.alive else ", ended")
