"""The tables of `ironthread top`: what stands in their rows, and by what they are sorted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ironthread.attach.facts import doing, label, place_of, printable
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


class Sample:
    """An answer to "stats", and how it differs from the one before."""

    def __init__(self, answer: dict[str, Any], before: Sample | None) -> None:
        self.answer = answer
        self._moment: float = answer["process"]["moment"]
        self._cpu: dict[int, float] = {
            thread["id"]: thread["cpu_seconds"] or 0.0 for thread in answer["threads"]
        }
        self._counts: dict[object, int] = {
            ("waits", key(row)): row["count"] for row in answer["waits"]
        }
        self._counts |= {("puts", key(row)): row["puts"] for row in answer["queues"]}
        self._counts |= {("done", key(row)): row["ran"]["count"] for row in answer["pools"]}
        # Not the whole chain of those before.
        self._before = (before._moment, before._cpu, before._counts) if before else None

    def processor_share(self, thread: dict[str, Any]) -> float:
        """The share of one processor that the thread has used since the sample before."""
        if self._before is None:
            return self._cpu[thread["id"]] / max(float(thread["age_seconds"]), 1e-9)
        moment, cpu, _ = self._before
        used = self._cpu[thread["id"]] - cpu.get(thread["id"], 0.0)
        return max(used, 0.0) / max(self._moment - moment, 1e-9)

    def rate(self, what: str, row: dict[str, Any], count: int) -> float:
        """How many of what is counted there were a second since the sample before."""
        if self._before is None:
            return count / max(self.answer["process"]["recorded_seconds"] or 0, 1e-9)
        moment, _, counts = self._before
        new = count - counts.get((what, key(row)), 0)
        return max(new, 0) / max(self._moment - moment, 1e-9)


def _line(row: dict[str, Any]) -> tuple[str, int] | None:
    made_at = row["made_at"]
    return made_at and (made_at["file"], made_at["line"])


def key(row: dict[str, Any]) -> object:
    """What a row is of: the same in every answer."""
    return row.get("kind", row.get("name")), _line(row)


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
            _text(made["kind"]),
            _text(place_of(made["made_at"])),
            _number(made["objects"]),
            _number(waits["waiting"]),
            _seconds(waits["waiting_longest"]),
            Cell(str(acquired) if used else "-", acquired),
            Cell(f"{contended:.0%}" if used else "-", contended),
            _number(waits["count"]),
            _rate(sample.rate("waits", made, waits["count"])),
            *(_seconds(waits[name]) for name in ("total", "p95", "longest")),
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
                waits.setdefault(_line(row), []).append(row)
        used = {_line(row): row for row in sample.answer["queues"]}
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
            _text(row["kind"]),
            _text(place_of(row["made_at"])),
            _number(row["objects"]),
            _number(row["waiting"]),
            _seconds(row["waiting_longest"]),
            _number(row["count"]),
            _rate(sample.rate("waits", row, row["count"])),
            *(_seconds(row[name]) for name in ("total", "p95", "longest")),
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
