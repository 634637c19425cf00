"""What has to be true of every JSON report, whatever the program was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

SLACK = 0.05
"""Seconds by which clocks of different kinds may disagree."""


def assert_report(
    report: dict[str, Any], program: list[str], threads: Mapping[str, int | range]
) -> None:
    """Hold a report against the names (patterns) of the threads that the program is known to start."""
    assert report["schema"] == 1
    assert report["program"] == program
    main, *started = report["threads"]["list"]
    assert (main["main"], main["name"]) == (True, "MainThread")
    assert report["threads"]["others"] is None
    assert report["threads"]["started"] == len(started)
    assert 1 <= report["threads"]["peak"] <= 1 + len(started)
    _assert_names([thread["name"] for thread in started], threads)
    for thread in (main, *started):
        _assert_thread(thread, report["elapsed"])
    _assert_waits(report)
    _assert_usage(report)


def _assert_names(names: list[str], threads: Mapping[str, int | range]) -> None:
    assert not [name for name in names if not name or name.startswith("Dummy-")]
    found = {
        pattern: sum(bool(re.fullmatch(pattern, name)) for name in names) for pattern in threads
    }
    for pattern, count in threads.items():
        allowed = count if isinstance(count, range) else range(count, count + 1)
        assert found[pattern] in allowed, f"{pattern}: {found[pattern]} of {sorted(names)}"


def _assert_thread(thread: dict[str, Any], elapsed: float) -> None:
    ended = elapsed if thread["ended"] is None else thread["ended"]
    assert 0 <= thread["started"] <= ended <= elapsed, thread
    assert thread["alive"] == (thread["ended"] is None), thread
    lived = ended - thread["started"]
    assert thread["cpu"] is None or 0 <= thread["cpu"] <= lived + SLACK, thread
    waited = sum(wait["total"] for wait in thread["waited"].values())
    assert 0 <= waited <= lived + SLACK, thread
    assert all(seconds is None or seconds >= 0 for seconds in thread["time"].values()), thread
    if thread["cpu"] is not None:
        assert lived - SLACK <= sum(thread["time"].values()) <= lived + SLACK, thread
    # Only a thread that never ended can be in a wait at the end.
    assert thread["alive"] or thread["waiting"] is None, thread


def _assert_waits(report: dict[str, Any]) -> None:
    waits = report["waits"]
    assert waits == sorted(waits, key=lambda wait: -wait["total"])
    for wait in waits:
        assert wait["count"] >= 1, wait
        assert 0 <= wait["longest"] <= wait["total"] <= wait["longest"] * wait["count"] * 1.001
        assert 0 <= wait["p50"] <= wait["p95"] <= wait["p99"] <= wait["longest"], wait
        assert 0 <= wait["occupied"] <= report["elapsed"] + SLACK, wait
        assert wait["origin"] is None or wait["objects"] >= 1, wait
    by_kind = _sums(waits, lambda wait: [(wait["kind"], wait)])
    by_thread = _sums(report["threads"]["list"], lambda thread: thread["waited"].items())
    # Each wait is counted for the thread that waited and for the line that made what it waited for.
    assert by_kind == by_thread


def _assert_usage(report: dict[str, Any]) -> None:
    waits = {(wait["kind"], str(wait["origin"])): wait for wait in report["waits"]}
    for lock in report["locks"]:
        assert 0 <= lock["contended"] <= lock["acquired"], lock
        assert lock["held"]["samples"] <= lock["acquired"], lock
        wait = waits.get((lock["kind"], str(lock["origin"])))
        blocked = sum(blocker["waits"] for blocker in lock["blockers"])
        assert blocked <= (wait["count"] if wait else 0), lock
    for queue in report["queues"]:
        assert queue["typical"] <= queue["deepest"], queue
        assert max(queue["full"], queue["empty"]) <= report["elapsed"] + SLACK, queue
    for pool in report["pools"]:
        assert pool["ended"] + pool["cancelled"] <= pool["submitted"], pool
        assert pool["failed"] <= pool["ended"], pool
        assert 0 <= pool["utilisation"] <= 1.001, pool


def _sums(entries: list[dict[str, Any]], waits: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for entry in entries:
        for kind, wait in waits(entry):
            counts[kind] = counts.get(kind, 0) + wait["count"]
    return counts
