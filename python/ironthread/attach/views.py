"""The tables of `ironthread top`: what stands in their rows, and by what they are sorted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ironthread.attach.facts import doing, label, place_of, printable
from ironthread.attach.sample import Sample, key, line
from ironthread.report.table import duration

_LOCKS = frozenset({"Lock", "RLock", "Condition", "Semaphore", "Event", "Barrier"})
_QUEUES = ("Queue.get", "Queue.put", "Queue.join")
# A program that does not record has neither uses nor waits to tell of.
_UNUSED: dict[str, Any] = {
    "puts": 0,
    "gets": 0,
    "typical": 0,
    "deepest": 0,
    "full": 0.0,
    "empty": 0.0,
}
_NONE: dict[str, Any] = {
    "count": 0,
    "total": 0.0,
    "longest": 0.0,
    "p95": 0.0,
    "waiting": 0,
    "waiting_longest": 0.0,
}


@dataclass(frozen=True)
class Cell:
    """What is shown, and what it is sorted by: a text or a number."""

    text: str
    key: str | float


@dataclass(frozen=True)
class Order:
    """How the rows of a table are sorted."""

    column: int
    is_falling: bool = True

    def by(self, column: int) -> Order:
        """The order by another column."""
        return replace(self, column=column)

    def reversed(self) -> Order:
        """The opposite order."""
        return replace(self, is_falling=not self.is_falling)

    def sorted(self, rows: list[list[Cell]]) -> list[list[Cell]]:
        """The rows in this order."""
        return sorted(rows, key=lambda row: row[self.column].key, reverse=self.is_falling)

    @property
    def mark(self) -> str:
        """What stands beside the name of the column."""
        return "▼" if self.is_falling else "▲"


class View:
    """One of the tables."""

    name: str
    columns: tuple[str, ...]
    order: Order

    def rows(self, sample: Sample) -> list[list[Cell]]:
        """What stands in it."""
        raise NotImplementedError


class _Threads(View):
    name = "threads"
    columns = ("id", "name", "CPU%", "CPU", "waits", "waited", "now", "is doing")
    order = Order(2)

    def rows(self, sample: Sample) -> list[list[Cell]]:
        return [self._row(thread, sample) for thread in sample.answer["threads"]]

    def _row(self, thread: dict[str, Any], sample: Sample) -> list[Cell]:
        share = sample.processor_share(thread)
        cpu = thread["cpu_seconds"]
        tallies = thread["waits"].values()
        waiting = thread["waiting"]
        now = waiting["seconds"] if waiting else 0.0
        what = doing(thread)
        return [
            Cell(str(thread["id"]), thread["id"]),
            Cell(label(thread), label(thread)),
            Cell(f"{share:.0%}", share),
            Cell("?" if cpu is None else duration(cpu), cpu or 0.0),
            _number(sum(tally["count"] for tally in tallies)),
            _seconds(sum(tally["total"] for tally in tallies)),
            Cell(duration(now) if waiting else "-", now),
            _text(what),
        ]


class _Locks(View):
    name = "locks"
    columns = (
        *("kind", "made at", "objects", "waiting", "longest now"),
        *("acquired", "contended", "waits", "waits/s", "waited", "p95", "longest"),
    )
    order = Order(9)

    def rows(self, sample: Sample) -> list[list[Cell]]:
        waits = {key(row): row for row in sample.answer["waits"] if row["kind"] in _LOCKS}
        used = {key(row): row for row in sample.answer["locks"]}
        return [
            self._row(waits.get(each) or used[each], waits.get(each, _NONE), used.get(each), sample)
            for each in {**waits, **used}
        ]

    def _row(
        self,
        made: dict[str, Any],
        waits: dict[str, Any],
        used: dict[str, Any] | None,
        sample: Sample,
    ) -> list[Cell]:
        acquired = used["acquired"] if used else 0
        contended = used["contended"] / acquired if used and acquired else 0.0
        return [
            *_made(made, waits),
            Cell(str(acquired) if used else "-", acquired),
            Cell(f"{contended:.0%}" if used else "-", contended),
            _number(waits["count"]),
            _rate(sample.rate("waits", made, waits["count"])),
            *(_seconds(waits.get(name, 0.0)) for name in ("total", "p95", "longest")),
        ]


class _Queues(View):
    name = "queues"
    columns = (
        *("made at", "objects", "put", "put/s", "got", "typical", "deepest"),
        *("held back", "starved", "waiting", "longest now"),
    )
    order = Order(2)

    def rows(self, sample: Sample) -> list[list[Cell]]:
        waits: dict[tuple[str, int] | None, list[dict[str, Any]]] = {}
        for row in sample.answer["waits"]:
            if row["kind"] in _QUEUES:
                waits.setdefault(line(row), []).append(row)
        used = {line(row): row for row in sample.answer["queues"]}
        lines = dict.fromkeys([*waits, *used])
        return [self._row(used.get(each), waits.get(each, []), sample) for each in lines]

    def _row(
        self, used: dict[str, Any] | None, waits: list[dict[str, Any]], sample: Sample
    ) -> list[Cell]:
        made = used or waits[0]
        row = used or _UNUSED
        return [
            _text(place_of(made["made_at"])),
            _number(made["objects"]),
            _number(row["puts"]),
            _rate(sample.rate("puts", used, row["puts"]) if used else 0.0),
            *(_number(row[name]) for name in ("gets", "typical", "deepest")),
            *(_seconds(row[name]) for name in ("full", "empty")),
            _number(sum(each["waiting"] for each in waits)),
            _seconds(max((each["waiting_longest"] for each in waits), default=0.0)),
        ]


class _Pools(View):
    name = "pools"
    columns = (
        *("name", "made at", "workers", "busy", "queued", "used", "done", "done/s", "failed"),
        *("queued p95", "ran p95", "ran longest", "saturated"),
    )
    order = Order(6)

    def rows(self, sample: Sample) -> list[list[Cell]]:
        return [self._row(row, sample) for row in sample.answer["pools"]]

    def _row(self, row: dict[str, Any], sample: Sample) -> list[Cell]:
        used = row["busy"] / row["capacity"] if row["capacity"] else 0.0
        done = row["ran"]["count"]
        return [
            _text(printable(row["name"]) or "-"),
            _text(place_of(row["made_at"])),
            *(_number(row["now"][name]) for name in ("workers", "busy", "queued")),
            Cell(f"{used:.0%}", used),
            _number(done),
            _rate(sample.rate("done", row, done)),
            _number(row["failed"]),
            _seconds(row["queued"]["p95"]),
            _seconds(row["ran"]["p95"]),
            _seconds(row["ran"]["longest"]),
            _seconds(row["saturated"]),
        ]


class _Waits(View):
    name = "waits"
    columns = (
        *("kind", "made at", "objects", "waiting", "longest now"),
        *("waits", "waits/s", "waited", "p95", "longest"),
    )
    order = Order(7)

    def rows(self, sample: Sample) -> list[list[Cell]]:
        return [self._row(row, sample) for row in sample.answer["waits"]]

    def _row(self, row: dict[str, Any], sample: Sample) -> list[Cell]:
        return [
            *_made(row, row),
            _number(row["count"]),
            _rate(sample.rate("waits", row, row["count"])),
            *(_seconds(row.get(name, 0.0)) for name in ("total", "p95", "longest")),
        ]


def _made(what: dict[str, Any], waits: dict[str, Any]) -> list[Cell]:
    """What was made where, and who waits for it now."""
    return [
        _text(what["kind"]),
        _text(place_of(what["made_at"])),
        _number(what["objects"]),
        _number(waits["waiting"]),
        _seconds(waits["waiting_longest"]),
    ]


def _text(value: str) -> Cell:
    return Cell(value, value)


def _rate(value: float) -> Cell:
    return Cell(f"{value:.1f}", value)


def _number(value: int) -> Cell:
    return Cell(str(value), value)


def _seconds(value: float) -> Cell:
    return Cell(duration(value), value)


VIEWS: tuple[View, ...] = (_Threads(), _Locks(), _Queues(), _Pools(), _Waits())
"""The tables, in the order of their keys."""
