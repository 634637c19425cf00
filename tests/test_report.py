"""The report: what it counts and how it shows it, from data made up for the purpose."""
# ruff: noqa: RUF001 (the multiplication sign is meant)

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from ironthread.report.collect import Report, Site, Thread, Waited, Waiting, collect
from ironthread.report.json import render as render_json
from ironthread.report.table import duration, table
from ironthread.report.text import render as render_text


def thread(name: str, started: float = 0, ended: float = 1, **facts: Any) -> Thread:
    """A thread that lived for a second."""
    settings: dict[str, Any] = {"ident": 1, "native_id": 1, "is_main": False, "alive": False}
    settings |= {"cpu": 0.01} | facts
    return Thread(name=name, started=started, ended=ended, **settings)


def row(name: str | None, **facts: Any) -> dict[str, Any]:
    """A thread as the engine describes it."""
    plain = {"id": 1, "ident": 1, "native_id": 1, "alive": False, "started": 0.0, "ended": 1.0}
    return plain | {"name": name, "cpu": None, "waited": {}, "waiting": None} | facts


def report_with(threads: list[Thread] = [], sites: list[Site] = []) -> Report:  # noqa: B006
    """A report on a program that ran for two seconds."""
    main = thread("MainThread", 0, 2, is_main=True)
    return Report(["app.py", "-v"], 2.0, 0.5, [main, *threads], sites)


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


def test_waits_on_one_line_are_merged_and_sorted() -> None:
    origin = ("/p/app.py", 7)
    rows = [
        {"kind": "Lock", "origin": ("/p/b.py", 1), "objects": 1, "count": 1, "total": 0.5}
        | {"longest": 0.5},
        {"kind": "Lock", "origin": origin, "objects": 2, "count": 3, "total": 1.0, "longest": 0.7},
        {"kind": "Lock", "origin": origin, "objects": 2, "count": 1, "total": 0.4, "longest": 0.4},
        {"kind": "Event", "origin": origin, "objects": 1, "count": 0, "total": 0, "longest": 0},
    ]
    snapshot = {"waits": rows, "threads": [row("MainThread")], "elapsed": 3.0}
    sites = collect(snapshot, ["app.py"], 0.1).sites
    assert [(site.kind, site.origin) for site in sites] == [
        ("Lock", origin),
        ("Lock", ("/p/b.py", 1)),
    ]
    waited = sites[0].waited
    assert (sites[0].objects, waited.count, waited.total, waited.longest) == (2, 4, 1.4, 0.7)


def test_few_threads_have_a_line_each_and_many_are_grouped() -> None:
    waited = {"Lock": Waited(2, 0.5, 0.4)}
    few = render_text(report_with([thread(f"crawler-{i}") for i in range(4)]), "/p")
    assert all(f"crawler-{i} " in few for i in range(4))
    assert "×" not in few
    crowd = [thread(f"crawler-{i}", waited=waited) for i in range(16)]
    many = render_text(report_with([*crowd, thread("printer")]), "/p")
    assert re.search(r"^crawler-\* × 16 +16\.0 s +160 ms +8\.00 s$", many, re.MULTILINE)
    assert re.search(r"^MainThread +2\.00 s +10\.0 ms +-$", many, re.MULTILINE)
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
    assert re.search(r"^thread +lived +CPU +Lock +Queue.get$", text, re.MULTILINE)


def test_the_most_waited_for_are_shown_and_the_rest_is_summed_up() -> None:
    sites = [Site("Lock", ("/p/app.py", n), 1, Waited(1, 1 / n, 1 / n)) for n in range(1, 15)]
    sites.append(Site("Event", None, 0, Waited(1, 1e-6, 1e-6)))
    text = render_text(report_with(sites=sites), "/p")
    assert re.search(r"^Lock +app\.py:10 +1 +1 +100 ms +100 ms$", text, re.MULTILINE)
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


def test_json_has_the_documented_members() -> None:
    waiting = Waiting("Event", ("/p/app.py", 3), 0.5)
    found = json.loads(
        render_json(
            report_with(
                [thread("a", alive=True, waited={"Lock": Waited(1, 0.1, 0.1)}, waiting=waiting)],
                [Site("Lock", ("/p/app.py", 4), 2, Waited(1, 0.1, 0.1))],
            )
        )
    )
    assert list(found) == ["schema", "program", "elapsed", "cpu", "threads", "waits"]
    assert found["threads"]["list"][1] == {
        "name": "a",
        "ident": 1,
        "native_id": 1,
        "main": False,
        "alive": True,
        "started": 0,
        "ended": None,
        "cpu": 0.01,
        "waited": {"Lock": {"count": 1, "total": 0.1, "longest": 0.1}},
        "waiting": {"kind": "Event", "origin": {"file": "/p/app.py", "line": 3}, "since": 0.5},
    }
    assert found["waits"] == [
        {
            "kind": "Lock",
            "origin": {"file": "/p/app.py", "line": 4},
            "objects": 2,
            "count": 1,
            "total": 0.1,
            "longest": 0.1,
        }
    ]
