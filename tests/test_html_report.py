"""The HTML report in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Browser, needs_browser
from html_page import Made
from ironthread.report import render
from ironthread.report.collect import collect
from ironthread.report.table import count, duration
from python_process import run, write
from selenium.webdriver.common.keys import Keys
from test_html_lanes import recorded, report_on
from test_report import row, snapshot_with
from test_verdict import PROGRAMS

pytestmark = needs_browser

PARTS = ("running", "gil", "locks", "queues", "joins", "elsewhere")

HOSTILE = (
    "</script></title></noscript><img src=x onerror=\"document.title='run'\">"
    "<script>document.title='run'</script>"
)


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    opened = Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return Made(tmp_path_factory.mktemp("report"))


def seconds(value: float | None) -> str:
    return "?" if value is None else duration(value) if value else "-"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_asks_for_nothing_and_complains_of_nothing(
    browser: Browser, made: Made, scheme: str
) -> None:
    browser.open(made.page, scheme=scheme)
    assert browser.requests() == [made.page.as_uri()]
    assert browser.complaints() == []


def test_the_tables_have_the_numbers_of_the_json_report(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    assert browser.column("threads", 1) == [thread["name"] for thread in made.threads]
    for index, part in enumerate(PARTS):
        times = [seconds(thread["time"][part]) for thread in made.threads]
        assert browser.column("threads", 4 + index) == times
    waits = made.json["waits"]
    assert browser.column("waits", 3) == [count(wait["count"]) for wait in waits]
    assert browser.column("waits", 4) == [seconds(wait["total"]) for wait in waits]
    assert browser.column("waits", 9) == [seconds(wait["longest"]) for wait in waits]
    locks = made.json["locks"]
    assert browser.column("locks", 3) == [count(lock["acquired"]) for lock in locks]
    assert browser.column("queues", 2) == [count(queue["puts"]) for queue in made.json["queues"]]
    assert browser.column("pools", 3) == [count(pool["ended"]) for pool in made.json["pools"]]


def test_times_are_rounded_as_in_the_other_forms(browser: Browser, tmp_path: Path) -> None:
    halves = [
        unit * part for unit in (1, 1e-3, 1e-6) for part in (1.125, 1.375, 10.25, 20.75, 220.5)
    ]
    times = [*halves, 0.0009996, 4e-7, 124.5, 99.96, 6030.0, 6090.0, 2.675, 1.005, 0.38, 221.5e-6]
    rows = [row(f"worker-{time}", id=n, ident=n, cpu=time) for n, time in enumerate(times, 1)]
    report = collect(snapshot_with(threads=rows, elapsed=9000.0), ["app.py"], 1.0)
    page = tmp_path / "report.html"
    page.write_text(render("html", report, "/p"), "utf-8")
    browser.open(page)
    assert browser.column("threads", 4) == [duration(time) for time in times]


def test_each_chart_says_in_words_what_it_shows(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    bars = [bar.get_attribute("aria-label") for bar in browser.all("#threads .bar")]
    assert len(bars) == len(made.threads)
    for bar, thread in zip(bars, made.threads, strict=True):
        assert (
            f"locks {duration(thread['time']['locks'])}" in (bar or "")
            or not thread["time"]["locks"]
        )
    charts = browser.all("svg")
    assert all(chart.get_attribute("aria-label") for chart in charts)


def test_a_click_on_a_heading_sorts_and_another_turns_the_order(
    browser: Browser, made: Made
) -> None:
    browser.open(made.page)
    rows = sorted(made.threads, key=lambda thread: -thread["time"]["locks"])
    browser.button("locks", "#threads thead").click()
    assert browser.column("threads", 6) == [seconds(each["time"]["locks"]) for each in rows]
    browser.button("locks", "#threads thead").click()
    assert browser.column("threads", 6) == [seconds(each["time"]["locks"]) for each in rows[::-1]]
    head = browser.one("#threads [aria-sort]")
    assert (head.text, head.get_attribute("aria-sort")) == ("locks", "ascending")
    browser.button("thread", "#threads thead").click()
    assert browser.column("threads", 1)[0] == "holder"


def test_there_is_a_lane_for_each_thread_with_all_its_waits(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    labels = [lane.get_attribute("aria-label") or "" for lane in browser.all("canvas.lane")]
    assert len(labels) == len(made.threads)
    for label, thread, lane in zip(labels, made.threads, made.timeline["lanes"], strict=True):
        assert label.startswith(f"{thread['name']}: {count(len(lane['intervals']))} waits")


def test_the_mouse_over_a_wait_tells_what_it_was(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    number, (begin, end, _, _, origin, *_) = made.longest("taker", "Lock")
    middle = (begin + end) / 2 / made.json["elapsed"]
    browser.point(browser.all("canvas.lane")[number], middle)
    told = browser.one(".tooltip").text
    assert f"Lock, waited {duration(end - begin)}" in told
    assert f":{made.timeline['origins'][origin]['line']}" in told
    assert "held by\nholder" in told


def test_waits_within_waits_and_very_short_ones_can_be_pointed_at(
    browser: Browser, tmp_path: Path
) -> None:
    outer = (0.5, 2.0, 0.0, "Lock", None, None)
    handler = (1.0, 1.5, 0.0, "Queue.get", None, None)  # of a signal
    short = (2.5, 2.500002, 0.0, "Event", None, None)
    page = tmp_path / "report.html"
    page.write_text(
        render("html", report_on(recorded(outer, handler, short), ended=3.0), "/p"), "utf-8"
    )
    browser.open(page)
    lane = browser.one("canvas.lane")
    beside = 2.5 + 2 * 3 / lane.size["width"]  # two pixels
    told = {}
    for moment in (0.75, 1.25, 1.75, 2.25, beside):
        browser.point(lane, moment / 3)
        told[moment] = browser.one(".tooltip strong").text
    assert list(told.values()) == [
        *("Lock, waited 1.50 s", "Queue.get, waited 500 ms", "Lock, waited 1.50 s"),
        *("awake for 500 ms", "Event, waited 2.00 µs"),
    ]


def test_zooming_shows_less_of_the_run_and_the_whole_again(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    number, (begin, end, *_) = made.longest("taker", "Lock")
    heading = f"Lock, waited {duration(end - begin)}"
    lane, elapsed = browser.all("canvas.lane")[number], made.json["elapsed"]
    browser.button("+", "#timeline").click()  # the middle half
    shown = elapsed / 4, elapsed * 3 / 4
    middle = (max(begin, shown[0]) + min(end, shown[1])) / 2
    browser.point(lane, (middle - shown[0]) / (shown[1] - shown[0]))
    assert heading in browser.one(".tooltip").text
    browser.button("Whole run", "#timeline").click()
    browser.point(lane, (begin + end) / 2 / elapsed)
    assert heading in browser.one(".tooltip").text


def test_keys_go_from_wait_to_wait(browser: Browser, made: Made) -> None:
    browser.open(made.page)
    number, (begin, end, *_) = made.longest("taker", "Lock")
    browser.button("Whole run", "#timeline").send_keys(*[Keys.TAB] * (number + 1))
    wanted, seen = f"Lock, waited {duration(end - begin)}", []
    for _ in range(2 * len(made.timeline["lanes"][number]["intervals"]) + 2):
        seen.append(browser.one(".tooltip strong").text)
        if seen[-1] == wanted:
            break
        browser.press(Keys.ARROW_RIGHT)
    assert seen[-1] == wanted, seen
    browser.press(Keys.ESCAPE)
    assert not browser.one(".tooltip").is_displayed()


def test_what_limits_the_program_stands_at_the_top(browser: Browser, tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    program = PROGRAMS / "lock.py"
    done = run("--report", "html", "--report-file", str(page), str(program), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    browser.open(page)
    told = browser.one("#verdict").text
    assert "Threads wait for the Lock made at" in told
    assert "lock.py:6: " in told
    assert "Do less while it is held" in told


def test_the_page_fits_a_phone(browser: Browser, made: Made) -> None:
    browser.open(made.page, width=375)
    assert browser.evaluate("document.documentElement.scrollWidth") == 375
    assert all(lane.size["width"] > 200 for lane in browser.all("canvas.lane"))


def test_names_that_are_markup_are_shown_and_do_nothing(browser: Browser, tmp_path: Path) -> None:
    write(
        tmp_path / "app.py",
        f"""
        import sys, threading
        from concurrent.futures import ThreadPoolExecutor
        name = {HOSTILE!r}
        lock = threading.Lock()
        lock.acquire()
        scope = {{"threading": threading, "__name__": "app"}}
        exec(compile("hidden = threading.Lock()\\nhidden.acquire()", name, "exec"), scope)
        threads = [
            threading.Thread(target=each.acquire, name=name, daemon=True)
            for each in (lock, scope["hidden"])
        ]
        for thread in threads:
            thread.start()
        with ThreadPoolExecutor(1, name) as pool:
            pool.submit(int).result()
        """,
    )
    page = tmp_path / "report.html"
    done = run(
        *("--report", "html", "--report-file", str(page), "--deadlock", "off"),
        *("app.py", HOSTILE),
        cwd=tmp_path,
    )
    assert (done.returncode, done.stderr) == (0, "")
    browser.open(page)
    assert browser.driver.title == f"app.py {HOSTILE} · ironthread"
    assert browser.one("h1").text == f"app.py {HOSTILE}"
    assert browser.column("threads", 1)[1:3] == [HOSTILE, HOSTILE]
    assert browser.all("img") == []
    assert len(browser.all("script")) == 2
    assert browser.requests() == [page.as_uri()]
    assert browser.complaints() == []


def test_without_scripts_the_page_has_the_text_of_the_report(made: Made) -> None:
    assert "── ironthread ── app.py ──" in made.page.read_text("utf-8")


def test_what_the_policy_does_not_name_does_not_run(
    browser: Browser, made: Made, tmp_path: Path
) -> None:
    page = tmp_path / "changed.html"
    added = "<script>document.title = 'run'</script></body>"
    page.write_text(made.page.read_text("utf-8").replace("</body>", added), "utf-8")
    browser.open(page)
    assert browser.driver.title == "app.py · ironthread"
    assert any("Content Security Policy" in complaint for complaint in browser.complaints())
