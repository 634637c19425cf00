"""What the report says of locks, queues, pools and starved threads, from data made up for the purpose."""
# ruff: noqa: RUF001 (the multiplication sign is meant)

from __future__ import annotations

import io
import os
import pty
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from ironthread.report.collect import Ended, Report, Thread, collect
from ironthread.report.colour import wants_colour
from ironthread.report.json import render as render_json
from ironthread.report.spent import starved
from ironthread.report.table import percent
from ironthread.report.text import render as render_text
from ironthread.report.usage import Blocker, LockUse, PoolUse, QueueUse, Taker, Usage
from ironthread.report.waited import Spread, Waited
from python_process import write
from report_schema import parsed
from test_report import report_with, snapshot_with, thread, width

TIMES = {"count": 340, "total": 17.0, "longest": 1.5, "p50": 0.05, "p95": 0.2, "p99": 1.2}


def lock_use(line: int = 3, acquired: int = 40_000, contended: int = 4800) -> LockUse:
    """A lock that was held mostly by one thread."""
    held, spread = Waited(625, 0.5, 0.1), Spread(2e-6, 1e-4, 0.01)
    blockers = [
        Blocker("worker-1", 11, Waited(10, 0.4, 0.1)),
        Blocker("worker-3", 13, Waited(90, 1.6, 0.1)),
    ]
    place = ("/p/app.py", line)
    return LockUse("Lock", place, 1, acquired, contended, held, spread, blockers)


def pool_use(**facts: Any) -> PoolUse:
    """A pool that was saturated for most of the time."""
    row: dict[str, Any] = {"name": "io", "origin": ("/p/app.py", 7), "pools": 1, "workers": 4}
    row |= {"submitted": 345, "failed": 12, "cancelled": 5, "deepest": 341, "typical": 90}
    row |= {"queued": TIMES, "ran": TIMES, "busy": 7.2, "capacity": 8.0, "active": 2.0}
    row |= {"saturated": 1.8, "saturated_longest": 1.2, "saturated_waiting": 340}
    return PoolUse(row | facts)


def text_of(usage: Usage, **settings: Any) -> str:
    """The report on a program of two seconds that used its things so."""
    main = thread("MainThread", 0, 2, is_main=True)
    return render_text(Report(["app.py"], 2.0, 0.5, [main], [], usage=usage), "/p", **settings)


def test_a_contended_lock_is_shown_with_its_share_its_holds_and_who_held_it() -> None:
    text = text_of(Usage([lock_use(), lock_use(line=9, contended=0)]))
    row = r"^Lock +app\.py:3 +40,000 +12% +2\.00 µs +10\.0 ms +worker-3 80%$"
    assert re.search(row, text, re.MULTILINE)
    assert "app.py:9" not in text
    assert "one hold in 64" in text
    assert width(text) == 80


def test_a_queue_is_shown_with_its_depth_and_whom_it_kept_waiting() -> None:
    queue = QueueUse(("/p/app.py", 5), 1, 12_000, 11_990, 100, 42, 0.75, 0.0)
    text = text_of(Usage(queues=[queue]))
    assert re.search(r"^app\.py:5 +12,000 +11,990 +100 +42 +750 ms +-$", text, re.MULTILINE)
    assert width(text) == 80


def test_a_saturated_pool_is_told_in_words() -> None:
    text = text_of(Usage(pools=[pool_use()]))
    row = r"^io × 4 +app\.py:7 +340 +12 +90% +200 ms +50\.0 ms +200 ms +1\.20 s$"
    assert re.search(row, text, re.MULTILINE)
    assert "\nio × 4: 170.0 calls/s, longest 1.50 s, 341 waited at most\n" in text
    assert "\n  all 4 workers were busy for 1.20 s while 340 calls waited\n" in text
    assert width(text) == 80
    crowd = pool_use(name="a_pool_with_a_long_name", workers=32_768, pools=12_345, active=1e-4)
    assert width(text_of(Usage(pools=[crowd]))) <= 80
    idle = text_of(Usage(pools=[pool_use(saturated_longest=0.001)]))
    assert "while" not in idle


def test_a_pools_own_lock_and_queue_are_not_shown_beside_it() -> None:
    inside = QueueUse(("/p/app.py", 7), 1, 345, 345, 341, 90, 0.0, 0.0)
    usage = Usage([lock_use(line=7)], [inside], [pool_use()])
    assert "contended" not in text_of(usage)
    assert "queue made at" not in text_of(usage)
    found = parsed(render_json(Report(["app.py"], 2.0, 0.5, [], [], usage=usage)))
    assert [len(found[part]) for part in ("locks", "queues", "pools")] == [1, 1, 1]


def test_more_rows_than_there_is_room_for_are_counted() -> None:
    locks = [lock_use(line, contended=100 - line) for line in range(1, 9)]
    text = text_of(Usage(locks))
    assert "app.py:5" in text
    assert "app.py:6" not in text
    assert "\n… and 3 more\n" in text


def test_json_has_the_documented_members_of_usage() -> None:
    takers = [Taker("parser-1", 3), Taker(None, 8)]
    queue = QueueUse(("/p/app.py", 5), 1, 12, 11, 10, 4, 0.75, 0.25, takers)
    usage = Usage([lock_use()], [queue], [pool_use()])
    found = parsed(render_json(Report(["app.py"], 2.0, 0.5, [], [], usage=usage)))
    (lock,), (items,), (pool,) = found["locks"], found["queues"], found["pools"]
    assert list(lock) == ["kind", "origin", "objects", "acquired", "contended", "held", "blockers"]
    assert list(lock["held"]) == ["samples", "total", "p50", "p95", "p99", "longest"]
    assert lock["blockers"][0] == {"name": "worker-3", "ident": 13, "waits": 90, "total": 1.6}
    assert items == {
        "origin": {"file": "/p/app.py", "line": 5},
        "objects": 1,
        "puts": 12,
        "gets": 11,
        "deepest": 10,
        "typical": 4,
        "full": 0.75,
        "empty": 0.25,
        "takers": [{"name": None, "items": 8}, {"name": "parser-1", "items": 3}],
    }
    assert list(pool) == [
        *("name", "origin", "pools", "workers", "submitted", "ended", "failed", "cancelled"),
        *("depth", "queued", "ran", "per_second", "utilisation", "saturated"),
    ]
    assert pool["queued"] == TIMES
    assert (pool["per_second"], pool["utilisation"]) == (170.0, 0.9)
    assert pool["saturated"] == {"total": 1.8, "longest": 1.2, "waiting": 340}


def test_blockers_have_the_names_of_their_threads() -> None:
    held = dict.fromkeys(("total", "longest", "p50", "p95", "p99"), 0.1) | {"count": 3}
    blockers = [
        {"thread": number, "count": 1, "total": 0.5, "longest": 0.5} for number in (1, None)
    ]
    row = {"kind": "Lock", "origin": None, "objects": 0, "acquired": 9, "contended": 2}
    snapshot = snapshot_with(locks=[row | {"held": held, "blockers": blockers}])
    (lock,) = collect(snapshot, ["app.py"], 0.1).usage.locks
    assert [blocker.name for blocker in lock.blockers] == ["MainThread", None]


def worker(number: int, waited: float, **facts: Any) -> Thread:
    """A thread of a crew that waited for a lock."""
    waits = {"Lock": Waited(5, waited, waited)}
    return thread(f"worker-{number}", 0, 10, waited=waits, **facts)


def test_a_thread_that_waits_far_longer_than_its_peers_is_named() -> None:
    crew = [worker(number, 0.5 + number / 10) for number in range(7)]
    crew.append(worker(7, 8.0, overtaken=312))
    (found,) = starved(crew, 10)
    assert (found.thread.name, found.peers) == ("worker-7", 7)
    text = render_text(report_with(crew), "/p")
    assert (
        "\nworker-7 starved: waited 8.00 s, its 7 peers about 850 ms, overtaken 312 times\n" in text
    )
    crew[-1].name = "worker-of-a-very-long-name-7"
    assert width(render_text(report_with(crew), "/p")) == 80
    crew[-1].name = "worker-7"
    report = parsed(render_json(report_with(crew)))
    listed = {each["name"]: each["starved"] for each in report["threads"]["list"]}
    assert listed.pop("worker-7") == {"waited": 8.0, "peers": 7, "median": pytest.approx(0.85)}
    assert set(listed.values()) == {None}


def test_nobody_is_starved_where_all_wait_alike_or_have_nothing_to_do() -> None:
    assert starved([worker(number, 8.0) for number in range(8)], 10) == []
    idle = [thread(f"idle-{n}", 0, 10, waited={"Queue.get": Waited(1, n, n)}) for n in range(9)]
    assert starved(idle, 10) == []
    assert starved([worker(1, 8.0), worker(2, 0.1)], 10) == []
    short = [worker(number, 0.001) for number in range(7)]
    assert starved([*short, worker(7, 0.05)], 10) == []


def test_threads_that_are_not_kept_one_by_one_are_counted() -> None:
    row = {"count": 5000, "peak": 70, "lived": 100.0, "cpu": 2.0, "overtaken": 1, "gil_waited": 3.0}
    ended = Ended(row | {"waited": {"Lock": {"count": 9, "total": 8.0, "longest": 1.0, "gil": 0}}})
    main = thread("MainThread", 0, 2, is_main=True)
    report = Report(["app.py"], 2.0, 0.5, [main, thread("last")], [], ended=ended)
    assert (report.started, report.peak) == (5001, 70)
    text = render_text(report, "/p")
    assert "(without 5,000 threads that ended before: lived 1 min 40 s, waited 8.00 s)" in text
    others = parsed(render_json(report))["threads"]["others"]
    assert (others["count"], others["waited"]["Lock"]["count"]) == (5000, 9)


def test_colours_add_nothing_to_the_text_but_themselves() -> None:
    usage = Usage([lock_use()], [], [pool_use()])
    plain, coloured = text_of(usage), text_of(usage, coloured=True)
    assert "\x1b[33m  all 4 workers were busy" in coloured
    assert re.sub(r"\x1b\[\d+m", "", coloured) == plain
    assert "\x1b" not in plain


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    main, other = pty.openpty()
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with os.fdopen(other, "w") as terminal:
        assert wants_colour(terminal)
        monkeypatch.setenv("NO_COLOR", "1")
        assert not wants_colour(terminal)
        monkeypatch.delenv("NO_COLOR")
        monkeypatch.setenv("TERM", "dumb")
        assert not wants_colour(terminal)
    os.close(main)
    monkeypatch.setenv("TERM", "xterm")
    assert not wants_colour(terminal)  # closed
    assert not wants_colour(io.StringIO())
    assert not wants_colour(None)


@pytest.mark.parametrize("plain", [False, True])
def test_a_program_in_a_terminal_has_a_coloured_report(tmp_path: Path, plain: bool) -> None:
    write(tmp_path / "app.py", "import threading\nthreading.Event().wait(0.01)")
    environment = os.environ | {"TERM": "xterm"}
    environment.pop("NO_COLOR", None)
    if plain:
        environment["NO_COLOR"] = "1"
    main, other = pty.openpty()
    command = [sys.executable, "-m", "ironthread", "run", str(tmp_path / "app.py")]
    actions = [(os.POSIX_SPAWN_DUP2, other, 2)]
    process = os.posix_spawn(command[0], command, environment, file_actions=actions)
    os.close(other)
    found = b""
    try:
        while part := os.read(main, 65536):
            found += part
    except OSError:  # how a terminal says that nobody writes any more
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]) == 0
    assert b"ironthread" in found
    assert (b"\x1b[" in found) is not plain


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (0.0001, "<0.1%"), (0.003, "0.3%"), (0.0096, "1.0%"), (0.12, "12%"), (1, "100%")],
)
def test_shares_are_shown_in_percent(share: float, text: str) -> None:
    assert percent(share) == text
