"""The timeline as a report's data: from what the engine recorded to the numbers in the page."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from html_page import data_of
from ironthread.report import render
from ironthread.report.collect import Report, collect
from ironthread.report.html_data import render as render_data
from ironthread.report.timeline import thinned
from python_process import run, write
from test_report import row, snapshot_with

Wait = tuple[float, float, float, str, tuple[str, int] | None, int | None]
A_LOCK: Wait = (0.5, 1.0, 0.1, "Lock", ("/p/app.py", 3), 2)


def recorded(*waits: Wait, thread: int = 1, **facts: Any) -> dict[str, Any]:
    """What `timeline_snapshot()` returns when one thread has waited so."""
    lane = {"intervals": list(waits), "omitted": 0, "omitted_seconds": 0.0}
    return {"resolution": 0.0, "omitted": 0, "threads": {thread: lane}} | facts


def report_on(timeline: dict[str, Any], **main: Any) -> Report:
    """A program of three seconds with a main thread, number 1, and a worker, number 2."""
    threads = [row("worker", id=2, ident=2, started=0.2), row("MainThread", id=1, **main)]
    for each in threads:
        each["ident"] = each["id"] if each["name"] == "worker" else _main_ident()
    return collect(snapshot_with(threads=threads), ["app.py"], 1.0, recorded=timeline)


def _main_ident() -> int | None:
    import threading

    return threading.main_thread().ident


def lanes_of(report: Report) -> dict[str, Any]:
    timeline: dict[str, Any] = json.loads(render_data(report, "/p"))["timeline"]
    return timeline


def test_each_thread_has_a_lane_in_the_order_of_the_threads() -> None:
    report = report_on(recorded(A_LOCK))
    timeline = lanes_of(report)
    assert [thread.name for thread in report.threads] == ["MainThread", "worker"]
    assert [lane["intervals"] for lane in timeline["lanes"]] == [[[0.5, 1.0, 0.1, 0, 0, 1]], []]
    assert timeline["kinds"] == [{"name": "Lock", "part": "locks"}]
    assert timeline["origins"] == [{"file": "/p/app.py", "line": 3}]


def test_what_waits_name_stands_once_in_a_list() -> None:
    others: list[Wait] = [
        (1.0, 1.5, 0.0, "Queue.get", None, None),
        (1.5, 2.0, 0.0, "Lock", ("/p/app.py", 3), 99),
    ]
    timeline = lanes_of(report_on(recorded(A_LOCK, *others)))
    rows = [interval[3:] for interval in timeline["lanes"][0]["intervals"]]
    assert rows == [[0, 0, 1], [1, None, None], [0, 0, None]]


def test_a_wait_that_was_not_over_says_so() -> None:
    waiting = {"kind": "Lock", "origin": ("/p/app.py", 3), "since": 0.5, "holder": 2}
    now: Wait = (0.5, 3.0, 0.0, "Lock", ("/p/app.py", 3), 2)
    timeline = lanes_of(report_on(recorded(now), waiting=waiting, alive=True, ended=None))
    assert timeline["lanes"][0]["intervals"] == [[0.5, 3.0, 0.0, 0, 0, 1, 1]]


def test_waits_of_our_own_thread_for_timers_are_not_shown() -> None:
    timer: Wait = (0.1, 0.2, 0.0, "Timer", None, None)
    assert lanes_of(report_on(recorded(timer)))["lanes"][0]["intervals"] == []


def test_waits_of_threads_that_have_no_lane_count_as_omitted() -> None:
    timeline = lanes_of(report_on(recorded(A_LOCK, thread=77, omitted=5, resolution=1e-3)))
    assert (timeline["omitted"], timeline["resolution"]) == (6, 1e-3)


def test_without_a_recording_there_is_no_timeline() -> None:
    report = collect(snapshot_with(), ["app.py"], 1.0)
    assert json.loads(render_data(report, "/p"))["timeline"] is None


def test_the_data_cannot_leave_their_element() -> None:
    report = report_on(recorded((0.0, 1.0, 0.0, "Lock", ("/p/</script><!--<script>", 3), None)))
    data = render_data(report, "/p")
    assert not set("<>&") & set(data)
    assert data.isascii()


def test_the_data_have_all_of_the_json_report() -> None:
    report = report_on(recorded(A_LOCK))
    data = json.loads(render_data(report, "/p"))
    for member, value in json.loads(render("json", report, "/p")).items():
        assert data[member] == value


def test_of_too_many_waits_the_longest_are_shown_and_the_others_are_counted() -> None:
    waits: list[Wait] = [(n, n + n / 100, 0.0, "Lock", None, None) for n in range(1, 11)]
    few = thinned(recorded(*waits, omitted=2), 3)
    assert few["threads"][1]["intervals"] == waits[-3:]
    assert (few["omitted"], few["threads"][1]["omitted"]) == (9, 7)
    assert abs(few["threads"][1]["omitted_seconds"] - 0.28) < 1e-9
    assert abs(few["resolution"] - 0.07) < 1e-9
    assert thinned(few, 3) == few


def test_twenty_thousand_waits_take_less_than_two_megabytes() -> None:
    waits: list[Wait] = [
        (3 * n / 20_000, (3 * n + 2) / 20_000, 1e-5, "Queue.put", (f"/p/a{n % 50}.py", n), 2)
        for n in range(20_000)
    ]
    page = render("html", report_on(recorded(*waits)), "/p")
    assert len(page.encode()) < 2_000_000


def test_modules_of_the_program_are_not_taken_for_those_of_the_library(tmp_path: Path) -> None:
    for name in ("html", "json", "hashlib", "binascii"):
        write(tmp_path / f"{name}.py", "raise SystemExit('the wrong module')")
    write(tmp_path / "app.py", "import os; os.chdir('/')")
    page = tmp_path / "waits.html"
    done = run("--report", "html", "--report-file", "waits.html", "app.py", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert data_of(page)["program"] == ["app.py"]


def test_a_run_shows_its_timeline_and_who_waits_when_it_ends(tmp_path: Path) -> None:
    write(
        tmp_path / "app.py",
        """
        import threading
        from ironthread import state
        lock = threading.Lock()
        lock.acquire()
        thread = threading.Thread(target=lock.acquire, name="stuck", daemon=True)
        thread.start()
        while state(thread).waits_for != "Lock":
            pass
        """,
    )
    page = tmp_path / "waits.html"
    done = run(
        *("--report", "html", "--report-file", str(page), "--deadlock", "off", "app.py"),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    data = data_of(page)
    names = [thread["name"] for thread in data["threads"]["list"]]
    timeline = data["timeline"]
    (wait,) = timeline["lanes"][names.index("stuck")]["intervals"]
    begin, end, _, kind, origin, holder, is_open = wait
    assert 0 < begin < end <= data["elapsed"] + 1e-6
    assert timeline["kinds"][kind]["name"] == "Lock"
    assert timeline["origins"][origin] == {"file": str(tmp_path / "app.py"), "line": 4}
    assert (names[holder], is_open) == ("MainThread", 1)
