"""The report as text for a terminal."""
# ruff: noqa: RUF001 (the multiplication sign is meant)

from __future__ import annotations

from ironthread.report.alarms import starvation
from ironthread.report.collect import Ended, Report, Site, Thread
from ironthread.report.colour import Paint
from ironthread.report.names import cut, label, pattern, wrapped
from ironthread.report.place import place, shortened
from ironthread.report.spent import Spent, starved
from ironthread.report.table import count, duration, fitted, table
from ironthread.report.usage_text import Page, sections
from ironthread.report.waited import Waited

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# More threads than this are shown in groups of similar names, more rows than that not at all.
_SINGLE_THREADS = 12
_GROUP = 3
_THREAD_ROWS = 20
_TOLD_ROWS = 5
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
# A thread's time that was spent at no door of ours: input and output, sleep, a busy processor.
_ELSEWHERE = "elsewhere"
# Awake, or not asleep at all, and not let run.
_GIL = "GIL"
_STARVED = 3
# Who waits for the GIL more rarely than that need not know.
_GIL_SHARE = 0.1
# How long a new thread takes to begin is nothing that a program could change.
_NOT_SHOWN = frozenset({"Thread.start"})


def render(report: Report, directory: str, coloured: bool = False) -> str:
    """The report as text; files below `directory` are named relative to it."""
    paint = Paint(coloured)
    page = Page(directory, _WIDTH, report.elapsed, paint)
    parts = [
        [paint.title(_title(report, directory)), _summary(report), *_gil(report)],
        _verdict(report, directory, paint),
        _told(report),
        _threads(report, paint),
        _sites(report, page),
        *sections(report.usage, page),
        _unfinished(report, page),
    ]
    text = "\n\n".join("\n".join(part) for part in parts if part)
    return f"{text}\n{'─' * _WIDTH}\n"


def _verdict(report: Report, directory: str, paint: Paint) -> list[str]:
    """What limits the program, and what to try."""
    lines: list[str] = []
    for verdict in report.verdict:
        lines += map(paint.alarm, wrapped(verdict.finding(directory), _WIDTH))
        lines += wrapped(verdict.advice(directory), _WIDTH)
    return lines


def _told(report: Report) -> list[str]:
    """One line for each deadlock, and order of locks, that was explained while the program ran."""
    lines = [cut(f"{told.title}: {told.headline}", _WIDTH) for told in report.told]
    shown = lines[:_TOLD_ROWS]
    more = [f"… and {len(lines) - len(shown)} more"] if len(lines) > len(shown) else []
    return [*(["told above:"] if lines else []), *shown, *more]


def _title(report: Report, directory: str) -> str:
    what, *arguments = report.program
    room = _WIDTH - 20
    what = what if what == "-m" else shortened(what, directory, room)
    process = f" (process {report.process})" if report.is_child else ""
    title = cut(" ".join([what, *arguments]), room - len(process)) + process
    return f"── ironthread ── {title} ".ljust(_WIDTH, "─")


def _summary(report: Report) -> str:
    share = f" ({report.cpu / report.elapsed:.0%})" if report.elapsed > 0 else ""
    threads = "1 thread" if report.started == 1 else f"{report.started} threads"
    return (
        f"ran {duration(report.elapsed)} · CPU {duration(report.cpu)}{share} · "
        f"{threads} started, at most {report.peak} alive at once"
    )


def _gil(report: Report) -> list[str]:
    """How the GIL was used, where threads waited for it."""
    gil = report.gil
    if gil is None or gil.contended < _GIL_SHARE:
        return []
    return [
        f"GIL held {gil.held:.0%}, wanted by others {gil.contended:.0%} of the time; "
        f"{gil.waiters:.1f} threads waited in the mean"
    ]


class _Row:
    """A line of the thread table: one thread, or several with sums."""

    def __init__(self, name: str, threads: list[Thread], end: float) -> None:
        self.label = cut(name, _LABEL)
        if len(threads) > 1:
            self.label += f" × {len(threads)}"
        self.lived = sum(thread.lived for thread in threads)
        known = [thread.cpu for thread in threads if thread.cpu is not None]
        self.cpu = sum(known) if known else None
        self.columns: dict[str, float] = {}
        for thread in threads:
            for kind, seconds in thread.waits(end).items():
                if kind not in _NOT_SHOWN:
                    self._add(kind, seconds)
            spent = Spent(thread, end)
            if spent.gil:
                self._add(_GIL, spent.gil)
            if spent.elsewhere >= _SITE_SHARE * thread.lived:
                self._add(_ELSEWHERE, spent.elsewhere)

    def _add(self, column: str, seconds: float) -> None:
        self.columns[column] = self.columns.get(column, 0.0) + seconds

    def cells(self, columns: Sequence[str]) -> list[str]:
        """What stands in the columns, those of `columns` at the end."""
        return [
            self.label,
            duration(self.lived),
            "?" if self.cpu is None else duration(self.cpu),
            *(duration(self.columns[name]) if name in self.columns else "-" for name in columns),
        ]


def _threads(report: Report, paint: Paint) -> list[str]:
    rows = _rows(report.threads, report.elapsed)
    totals: dict[str, float] = {}
    for row in rows:
        for column, seconds in row.columns.items():
            totals[column] = totals.get(column, 0.0) + seconds
    shown = rows[:_THREAD_ROWS]
    columns = sorted(totals, key=_column_order)
    text = _thread_table(shown, columns)
    left_out: list[str] = []
    while len(columns) > 1 and _width(text) > _WIDTH:
        if _ELSEWHERE in columns:  # what the others leave of the time is easily missed
            columns.remove(_ELSEWHERE)
            text = _thread_table(shown, columns)
            continue
        least = min(columns, key=lambda column: totals[column])
        columns.remove(least)
        left_out.append(f"{least} {duration(totals[least])}")
        text = _thread_table(shown, columns)
    text = paint.table(text)
    if len(rows) > len(shown):
        text.append(f"… and {len(rows) - len(shown)} more")
    if report.ended is not None:
        text.append(_ended(report.ended))
    if any("×" in row.label for row in rows):
        text.append(paint.note("(× marks sums over threads with similar names)"))
    if left_out:
        line = cut(f"(no room for {', '.join(reversed(left_out))})", _WIDTH)
        text.append(paint.note(line))
    if not any(kind in totals for kind in _KINDS):
        text.append("No thread waited for a lock, a queue or another primitive.")
    suffering = starved(report.threads, report.elapsed)
    text += [paint.alarm(cut(starvation(each), _WIDTH)) for each in suffering[:_STARVED]]
    return text


def _ended(ended: Ended) -> str:
    waited = sum(waited.total for waited in ended.waited.values())
    return (
        f"(without {count(ended.count)} threads that ended before: lived {duration(ended.lived)}, "
        f"waited {duration(waited)})"
    )


def _thread_table(rows: list[_Row], columns: list[str]) -> list[str]:
    header = ["thread", "lived", "CPU", *columns]
    return table(header, [row.cells(columns) for row in rows], left=1)


def _width(lines: list[str]) -> int:
    return max(len(line) for line in lines)


def _column_order(column: str) -> tuple[int, str]:
    order = (_GIL, *_KINDS, _ELSEWHERE)
    return (order.index(column) if column in order else len(_KINDS), column)


def _rows(threads: list[Thread], end: float) -> list[_Row]:
    """The main thread, then the others in the order of their start, or the longest-lived groups."""
    if len(threads) <= _SINGLE_THREADS:
        return [_Row(label(thread), [thread], end) for thread in threads]
    groups: dict[str, list[Thread]] = {}
    for thread in threads:
        groups.setdefault(pattern(label(thread)), []).append(thread)
    rows: list[_Row] = []
    for similar, members in groups.items():
        if len(members) >= _GROUP:
            rows.append(_Row(similar, members, end))
        else:
            rows += [_Row(label(thread), [thread], end) for thread in members]
    if len(rows) > _THREAD_ROWS:
        rows[1:] = sorted(rows[1:], key=lambda row: -row.lived)
    return rows


def _sites(report: Report, page: Page) -> list[str]:
    sites = [site for site in report.sites if site.kind not in _NOT_SHOWN]
    if not sites:
        return []
    least = sites[0].waited.total * _SITE_SHARE
    shown = [site for site in sites[:_SITE_ROWS] if site.waited.total >= least]
    hidden = sites[len(shown) :]
    text = fitted(
        ["waited for", "made at", "waits", "total", "p50", "p95", "longest"],
        [_site(site) for site in shown],
        left=2,
        narrow=1,
        fit=lambda row, room: _made_at(shown[row], page.directory, room),
        width=_WIDTH,
    )
    text = page.paint.table(text)
    if hidden:
        rest = sum(site.waited.total for site in hidden)
        text.append(f"… and {len(hidden)} more, {duration(rest)} together")
    return text


def _made_at(site: Site, directory: str, room: int) -> str:
    """The place, and how many objects were made there, if that was more than one."""
    several = f" × {count(site.objects)}" if site.objects > 1 else ""
    return place(site.origin, directory, room - len(several)) + several


def _site(site: Site) -> list[str]:
    waited: Waited = site.waited
    return [
        site.kind,
        "",  # its place, as there is room
        count(waited.count),
        duration(waited.total),
        duration(site.spread.p50),
        duration(site.spread.p95),
        duration(waited.longest),
    ]


def _unfinished(report: Report, page: Page) -> list[str]:
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
            cut(label(thread), length),
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
        fit=lambda row, room: place(shown[row][1].origin, page.directory, room),
        width=_WIDTH,
    )
    text = page.paint.table(text)
    if len(waits) > len(shown):
        text.append(f"… and {len(waits) - len(shown)} more")
    return text


def _holder(thread: Thread | None) -> str:
    if thread is None:
        return "-"
    return cut(label(thread), _SHORT_LABEL) + ("" if thread.alive else ", ended")
