"""The report: what it counts and how it shows it, from data made up for the purpose."""
# ruff: noqa: RUF001 (the multiplication sign is meant)

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from ironthread.report.collect import Report, Site, Thread, Waiting, collect
from ironthread.report.json import render as render_json
from ironthread.report.table import duration, table
from ironthread.report.text import render as render_text
from ironthread.report.waited import Spread, Waited
from report_schema import parsed


def thread(name: str, started: float = 0, ended: float = 1, **facts: Any) -> Thread:
    """A thread that lived for a second."""
    settings: dict[str, Any] = {"ident": 1, "native_id": 1, "is_main": False, "alive": False}
    settings |= {"cpu": 0.01} | facts
    return Thread(name=name, started=started, ended=ended, **settings)


def row(name: str | None, **facts: Any) -> dict[str, Any]:
    """A thread as the engine describes it."""
    plain: dict[str, Any] = {
        "id": 1,
        "ident": 1,
        "native_id": 1,
        "alive": False,
        "started": 0.0,
        "ended": 1.0,
    }
    plain |= {"name": name, "cpu": None, "waited": {}, "waiting": None, "overtaken": 0}
    plain |= {"gil_held": 0.0, "gil_waited": 0.0, "accepting": 0.0, "origin": None}
    return plain | facts


def wait_row(kind: str, line: int, count: int, total: float) -> dict[str, Any]:
    """Waits as the engine describes them."""
    row = {"kind": kind, "origin": ("/p/app.py", line), "objects": 1, "count": count}
    times = dict.fromkeys(("longest", "p50", "p95", "p99", "occupied"), total)
    return row | {"total": total} | times


def snapshot_with(**parts: Any) -> dict[str, Any]:
    """A snapshot of three seconds as the engine makes it."""
    plain: dict[str, Any] = {"waits": [], "locks": [], "queues": [], "pools": []}
    plain |= {"gil": None, "processors": None, "elapsed": 3.0}
    ended = {"count": 0}
    return plain | {"threads": [row("MainThread")], "ended": ended} | parts


def report_with(
    threads: list[Thread] = [],  # noqa: B006
    sites: list[Site] = [],  # noqa: B006
    program: list[str] = ["app.py", "-v"],  # noqa: B006
    is_child: bool = False,
) -> Report:
    """A report on a program that ran for two seconds."""
    main = thread("MainThread", 0, 2, is_main=True)
    return Report(program, 2.0, 0.5, [main, *threads], sites, is_child)


def width(text: str) -> int:
    """The length of the longest line."""
    return max(len(line) for line in text.splitlines())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0"),
        (4e-7, "<1 µs"),
        (1.2e-5, "12.0 µs"),
        (0.0009996, "1.00 ms"),
        (0.00124, "1.24 ms"),
        (0.0124, "12.4 ms"),
        (0.38, "380 ms"),
        (0.9999, "1.00 s"),
        (1.236, "1.24 s"),
        (9.999, "10.0 s"),
        (99.96, "100 s"),
        (124.4, "2 min 4 s"),
        (3600 * 3 + 125, "3 h 2 min"),
    ],
)
def test_durations_have_about_three_digits_and_a_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_columns_are_aligned() -> None:
    lines = table(["name", "n"], [["a", "1"], ["longer", "100"]], left=1)
    assert lines == ["name      n", "a         1", "longer  100"]


def test_the_peak_counts_who_was_alive_at_one_time() -> None:
    threads = [thread("a", 0.1, 0.5), thread("b", 0.5, 0.9), thread("c", 0.4, 0.6)]
    report = report_with(threads)
    assert (report.started, report.peak) == (3, 3)
    alive = report_with([*threads, thread("d", 0.2, 2, alive=True)])
    assert (alive.started, alive.peak) == (4, 4)


def test_waits_are_sorted_and_what_nobody_waited_for_is_left_out() -> None:
    rows = [
        wait_row("Lock", 1, count=1, total=0.5),
        wait_row("Lock", 7, count=4, total=1.4),
        wait_row("Event", 7, count=0, total=0.0),
    ]
    sites = collect(snapshot_with(waits=rows), ["app.py"], 0.1).sites
    assert [(site.kind, site.origin) for site in sites] == [
        ("Lock", ("/p/app.py", 7)),
        ("Lock", ("/p/app.py", 1)),
    ]
    waited = sites[0].waited
    assert (waited.count, waited.total, waited.longest) == (4, 1.4, 1.4)
    assert (sites[0].spread.p95, sites[0].occupied) == (1.4, 1.4)


def test_few_threads_have_a_line_each_and_many_are_grouped() -> None:
    waited = {"Lock": Waited(2, 0.5, 0.4)}
    few = render_text(report_with([thread(f"crawler-{i}") for i in range(4)]), "/p")
    assert all(f"crawler-{i} " in few for i in range(4))
    assert "×" not in few
    crowd = [thread(f"crawler-{i}", waited=waited) for i in range(16)]
    many = render_text(report_with([*crowd, thread("printer")]), "/p")
    assert re.search(r"^crawler-\* × 16 +16\.0 s +160 ms +8\.00 s +7\.84 s$", many, re.MULTILINE)
    assert re.search(r"^MainThread +2\.00 s +10\.0 ms +- +1\.99 s$", many, re.MULTILINE)
    assert re.search(r"^printer ", many, re.MULTILINE)
    assert "crawler-1 " not in many


def test_a_crowd_of_different_names_is_cut_to_the_longest_lived() -> None:
    names = ["".join(chr(97 + int(digit)) for digit in f"{i:03}") for i in range(40)]
    text = render_text(
        report_with([thread(name, 0, 0.01 * (i + 1)) for i, name in enumerate(names)]), "/p"
    )
    assert "… and 21 more" in text
    assert f"\n{names[-1]} " in text
    assert f"\n{names[0]} " not in text
    assert text.index("\nMainThread ") < text.index(f"\n{names[-1]} ")


def test_only_kinds_that_occurred_have_a_column() -> None:
    waited = {"Queue.get": Waited(1, 0.1, 0.1), "Lock": Waited(1, 0.1, 0.1)}
    text = render_text(report_with([thread("a", waited=waited)]), "/p")
    assert re.search(r"^thread +lived +CPU +Lock +Queue.get +elsewhere$", text, re.MULTILINE)


def test_the_most_waited_for_are_shown_and_the_rest_is_summed_up() -> None:
    sites = [Site("Lock", ("/p/app.py", n), 1, Waited(1, 1 / n, 1 / n)) for n in range(1, 15)]
    sites.append(Site("Event", None, 0, Waited(1, 1e-6, 1e-6)))
    text = render_text(report_with(sites=sites), "/p")
    assert re.search(r"^Lock +app\.py:10 +1 +100 ms +0 +0 +100 ms$", text, re.MULTILINE)
    assert "app.py:11" not in text
    assert "… and 5 more, 323 ms together" in text
    short = render_text(report_with(sites=[sites[0], sites[-1]]), "/p")
    assert "… and 1 more, 1.00 µs together" in short


def test_places_outside_of_the_directory_are_shortened() -> None:
    sites = [
        Site("Lock", ("/usr/lib/python3.13/queue.py", 5), 1, Waited(1, 1.0, 1.0)),
        Site("Lock", ("<string>", 1), 1, Waited(1, 1.0, 1.0)),
        Site("Lock", None, 0, Waited(1, 1.0, 1.0)),
    ]
    text = render_text(report_with(sites=sites), "/p")
    for place in ("…/python3.13/queue.py:5", "<string>:1", "(before the start)"):
        assert re.search(rf"^Lock +{re.escape(place)} ", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("program", "title"),
    [
        (["app.py", "-v"], "app.py -v"),
        (["/p/tools/app.py"], "tools/app.py"),
        (["/usr/local/bin/flask", "run"], "…/bin/flask run"),
        (["-m", "package.module", "x"], "-m package.module x"),
        (["app.py", "two\nlines\udcff"], "app.py two?lines?"),
        (["app.py", *["word"] * 30], "app.py" + 10 * " word" + " wo…"),
    ],
)
def test_the_title_says_what_was_run(program: list[str], title: str) -> None:
    first = render_text(report_with(program=program), "/p").splitlines()[0]
    assert first.startswith(f"── ironthread ── {title} ──")
    assert len(first) == 80


def test_the_title_of_a_child_tells_its_process() -> None:
    report = report_with(program=["app.py", *["word"] * 30], is_child=True)
    first = render_text(report, "/p").splitlines()[0]
    assert f"… (process {os.getpid()}) ──" in first
    assert len(first) == 80


def test_the_name_of_a_servers_threads_is_whole() -> None:
    crowd = [thread(f"Thread-{i} (process_request_thread)") for i in range(16)]
    text = render_text(report_with(crowd), "/p")
    assert "\nThread-* (process_request_thread) × 16 " in text


def test_columns_there_is_no_room_for_are_named_the_least_waited_for_last() -> None:
    kinds = ["Lock", "RLock", "Condition", "Semaphore", "Event", "Queue.get", "Thread.join"]
    waited = {kind: Waited(1, 1.0 + n, 1.0 + n) for n, kind in enumerate(kinds)}
    text = render_text(report_with([thread("Thread-1 (process_request)", waited=waited)]), "/p")
    assert width(text) == 80
    assert re.search(r"^thread +lived +CPU +Event +Queue.get +Thread.join$", text, re.MULTILINE)
    assert "\n(no room for Semaphore 4.00 s, Condition 3.00 s, RLock 2.00 s, Lock 1.00 s)\n" in text


def test_places_are_as_short_as_the_room_asks() -> None:
    def made_at(path: str) -> str:
        sites = [Site("Queue.join", (path, 1234), 1, Waited(100000, 59.9, 59.9))]
        text = render_text(report_with(sites=sites), "/p")
        assert width(text) == 80
        found = re.search(r"^Queue\.join  (\S+):1234 ", text, re.MULTILINE)
        assert found
        return found[1]

    assert made_at("/p/package/module.py") == "package/module.py"
    assert made_at("/p/a_long_directory/package/module.py") == "…/package/module.py"
    assert made_at("/p/a_package_of_a_long_name/module.py") == "…/module.py"
    assert made_at("/usr/lib/a_package_of_a_long_name/module.py") == "…/module.py"
    assert made_at("/p/a_module_of_an_even_longer_name.py") == "…_of_an_even_longer_name.py"


def test_how_many_objects_a_line_made_stands_with_it() -> None:
    sites = [Site("Lock", ("/p/app.py", 3), 10000, Waited(1, 1.0, 1.0))]
    text = render_text(report_with(sites=sites), "/p")
    assert re.search(r"^Lock +app\.py:3 × 10,000 +1 ", text, re.MULTILINE)


def test_how_long_threads_take_to_begin_is_for_the_json_only() -> None:
    waited = {"Thread.start": Waited(5, 1.0, 0.5), "Lock": Waited(1, 0.5, 0.5)}
    sites = [Site(kind, ("/p/app.py", 3), 1, waits) for kind, waits in waited.items()]
    report = report_with([thread("a", waited=waited)], sites)
    text = render_text(report, "/p")
    assert re.search(r"^thread +lived +CPU +Lock +elsewhere$", text, re.MULTILINE)
    assert re.search(r"^Lock +app\.py:3 ", text, re.MULTILINE)
    assert "Thread.start" not in text
    found = parsed(render_json(report))
    assert [wait["kind"] for wait in found["waits"]] == ["Thread.start", "Lock"]
    assert found["threads"]["list"][1]["waited"]["Thread.start"]["count"] == 5


def test_a_wait_that_is_not_over_counts_for_its_thread_and_names_who_holds_the_lock() -> None:
    origin = ("/p/app.py", 3)
    holder = thread("keeper", alive=True)
    late = thread("late", 0, 2, alive=True, waited={"Lock": Waited(1, 0.25, 0.25)})
    late.waiting = Waiting("Lock", origin, 0.5, holder)
    idle = thread("idle", 0, 2, alive=True, waiting=Waiting("Event", origin, 1.0))
    orphan = thread("orphan", 0, 2, alive=True)
    orphan.waiting = Waiting("RLock", origin, 1.0, thread("gone"))
    text = render_text(report_with([holder, late, idle, orphan]), "/p")
    assert re.search(r"^thread +lived +CPU +Lock +RLock +Event +elsewhere$", text, re.MULTILINE)
    assert re.search(r"^late +2\.00 s +10\.0 ms +1\.75 s +- +- +240 ms$", text, re.MULTILINE)
    assert re.search(r"^idle +2\.00 s +10\.0 ms +- +- +1\.00 s +990 ms$", text, re.MULTILINE)
    assert re.search(r"^still waiting +for +held by +made at +since$", text, re.MULTILINE)
    assert re.search(r"^late +Lock +keeper +app\.py:3 +1\.50 s$", text, re.MULTILINE)
    assert re.search(r"^idle +Event +- +app\.py:3 +1\.00 s$", text, re.MULTILINE)
    assert re.search(r"^orphan +RLock +gone, ended +app\.py:3 +1\.00 s$", text, re.MULTILINE)


def test_json_has_the_documented_members() -> None:
    holder = thread("b", ident=2, alive=True)
    waiting = Waiting("Lock", ("/p/app.py", 3), 0.5, holder)
    found = parsed(
        render_json(
            report_with(
                [thread("a", alive=True, waited={"Lock": Waited(1, 0.1, 0.1)}, waiting=waiting)],
                [
                    Site(
                        "Lock",
                        ("/p/app.py", 4),
                        2,
                        Waited(1, 0.1, 0.1),
                        Spread(0.05, 0.09, 0.1),
                        0.1,
                    )
                ],
            )
        )
    )
    assert list(found) == [
        *("schema", "program", "process", "elapsed", "cpu"),
        *("threads", "waits", "locks", "queues", "pools", "verdict", "gil", "processors", "told"),
    ]
    assert found["program"] == ["app.py", "-v"]
    assert found["process"] == os.getpid()
    assert found["threads"]["list"][1] == {
        "name": "a",
        "ident": 1,
        "native_id": 1,
        "main": False,
        "alive": True,
        "started": 0,
        "ended": None,
        "origin": None,
        "cpu": 0.01,
        "waited": {"Lock": {"count": 1, "total": 0.1, "longest": 0.1}},
        "time": {
            "running": 0.01,
            "gil": 0.0,
            "locks": pytest.approx(0.1 + 1.5),
            "queues": 0,
            "joins": 0,
            "elsewhere": 0.0,
        },
        "overtaken": 0,
        "starved": None,
        "waiting": {
            "kind": "Lock",
            "origin": {"file": "/p/app.py", "line": 3},
            "since": 0.5,
            "holder": {"name": "b", "ident": 2},
        },
    }
    assert found["waits"] == [
        {
            "kind": "Lock",
            "origin": {"file": "/p/app.py", "line": 4},
            "objects": 2,
            "count": 1,
            "total": 0.1,
            "longest": 0.1,
            "p50": 0.05,
            "p95": 0.09,
            "p99": 0.1,
            "occupied": 0.1,
        }
    ]
