"""Reads what `--trace` wrote, and holds it against the format's documentation and the report."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

# Seconds. The report's figures are binary fractions of the same nanoseconds.
ROUNDING = 1e-6

Event = dict[str, Any]


class Trace:
    """A file that was read and held against the format."""

    def __init__(self, file: Path) -> None:
        self.text = file.read_text(encoding="ascii")
        # Times are decimal fractions in the file: as such, sums and comparisons are exact.
        trace = json.loads(self.text, parse_float=Decimal)
        self.facts = trace["otherData"]
        assert trace["displayTimeUnit"] in ("ms", "ns")
        self.events: list[Event] = trace["traceEvents"]
        for event in self.events:
            _assert_event(event)
        self.names: dict[int, str] = {
            event["tid"]: event["args"]["name"]
            for event in self.events
            if event["name"] == "thread_name"
        }
        self.slices: dict[int, list[Event]] = {number: [] for number in self.names}
        for event in self.events:
            if event["ph"] == "X":
                self.slices[event["tid"]].append(event)
        for slices in self.slices.values():
            _assert_nested(slices)

    def number(self, name: str) -> int:
        """The number of the only thread of that name."""
        (found,) = (number for number, other in self.names.items() if other == name)
        return found

    def life(self, name: str) -> Event:
        """The slice of a thread's life."""
        (life,) = (each for each in self.slices[self.number(name)] if each["cat"] == "thread")
        return life

    def waits(self, name: str) -> list[Event]:
        """The waits of a thread."""
        slices = self.slices[self.number(name)]
        return [each for each in slices if each["cat"] not in ("thread", "gil")]


def _assert_event(event: Event) -> None:
    assert isinstance(event["name"], str)
    assert type(event["pid"]) is int
    assert type(event["tid"]) is int
    assert isinstance(event.get("args", {}), dict)
    if event["ph"] == "M":
        assert event["name"] in ("process_name", "thread_name")
        assert isinstance(event["args"]["name"], str)
    else:
        assert event["ph"] == "X"
        assert event["cat"] in ("thread", "lock", "queue", "join", "other", "gil")
        assert event["ts"] >= 0
        assert event["dur"] >= 0


def _assert_nested(slices: list[Event]) -> None:
    """Slices of a thread lie within each other or apart."""
    open_until: list[Decimal] = []
    for each in sorted(slices, key=lambda each: (each["ts"], -each["dur"])):
        end = each["ts"] + each["dur"]
        while open_until and open_until[-1] <= each["ts"]:
            open_until.pop()
        assert not open_until or end <= open_until[-1], each
        open_until.append(end)


def assert_as_reported(trace: Trace, report: dict[str, Any]) -> None:
    """Every thread is there, with the sum of its waits as in the report."""
    threads = report["threads"]["list"]
    assert sorted(trace.names.values()) == sorted(thread["name"] for thread in threads)
    omitted = 0
    for thread in threads:
        name = thread["name"]
        args = trace.life(name)["args"]
        waits = trace.waits(name)
        # One that was not over is in the trace up to the end, and not in the report's sum.
        waiting = thread["waiting"] is not None
        over = sorted(waits, key=lambda wait: wait["ts"])[: len(waits) - waiting]
        omitted += args["omitted_waits"]
        count = sum(wait["count"] for wait in thread["waited"].values())
        assert len(over) + args["omitted_waits"] == count, name
        total = sum(wait["total"] for wait in thread["waited"].values())
        shown = float(sum(wait["dur"] for wait in over)) / 1e6
        assert shown + float(args["omitted_seconds"]) == pytest.approx(total, abs=ROUNDING), name
    assert trace.facts["omitted_waits"] == omitted
