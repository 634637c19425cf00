"""The tables of `ironthread top`: what stands in their rows, and by what they are sorted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ironthread.attach.facts import doing, label, place_of
from ironthread.report.table import duration

_LOCKS = frozenset({"Lock", "RLock", "Condition", "Semaphore", "Event", "Barrier"})
_QUEUES = frozenset({"Queue.get", "Queue.put", "Queue.join"})
_POOLS = frozenset({"work", "submit", "Future", "RateLimit"})


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
        self._counts: dict[object, int] = {_key(row): row["count"] for row in answer["waits"]}
        # Not the whole chain of those before.
        self._before = (before._moment, before._cpu, before._counts) if before else None

    def processor_share(self, thread: dict[str, Any]) -> float:
        """The share of one processor that the thread has used since the sample before."""
        if self._before is None:
            return self._cpu[thread["id"]] / max(float(thread["age_seconds"]), 1e-9)
        moment, cpu, _ = self._before
        used = self._cpu[thread["id"]] - cpu.get(thread["id"], 0.0)
        return max(used, 0.0) / max(self._moment - moment, 1e-9)

    def rate(self, row: dict[str, Any]) -> float:
        """The waits a second since the sample before."""
        if self._before is None:
            return float(row["count"] / max(self.answer["process"]["recorded_seconds"] or 0, 1e-9))
        moment, _, counts = self._before
        new = self._counts[_key(row)] - counts.get(_key(row), 0)
        return max(new, 0) / max(self._moment - moment, 1e-9)


def _key(row: dict[str, Any]) -> object:
    made_at = row["made_at"]
    return row["kind"], made_at and (made_at["file"], made_at["line"])


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
            Cell(what, what),
        ]


class _Things(View):
    columns = (
        *("kind", "made at", "objects", "waiting", "longest now"),
        *("waits", "waits/s", "waited", "longest"),
    )
    order = Order(7)

    def __init__(self, name: str, kinds: frozenset[str]) -> None:
        self.name = name
        self._kinds = kinds

    def rows(self, sample: Sample) -> list[list[Cell]]:
        rows = (row for row in sample.answer["waits"] if row["kind"] in self._kinds)
        return [self._row(row, sample) for row in rows]

    def _row(self, row: dict[str, Any], sample: Sample) -> list[Cell]:
        rate = sample.rate(row)
        where = place_of(row["made_at"])
        return [
            Cell(row["kind"], row["kind"]),
            Cell(where, where),
            _number(row["objects"]),
            _number(row["waiting"]),
            _seconds(row["waiting_longest"]),
            _number(row["count"]),
            Cell(f"{rate:.1f}", rate),
            _seconds(row["total"]),
            _seconds(row["longest"]),
        ]


def _number(value: int) -> Cell:
    return Cell(str(value), value)


def _seconds(value: float) -> Cell:
    return Cell(duration(value), value)


VIEWS: tuple[View, ...] = (
    _Threads(),
    _Things("locks", _LOCKS),
    _Things("queues", _QUEUES),
    _Things("pools", _POOLS),
)
"""The tables, in the order of their keys."""
