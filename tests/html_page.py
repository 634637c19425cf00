"""An HTML report for the tests, and what it has to show: the JSON report of the same run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from python_process import python

# Watches threads that wait for one another, and writes one report in both forms.
PROGRAM = """
    import queue, sys, threading, time
    import ironthread
    ironthread.install()
    from concurrent.futures import ThreadPoolExecutor
    from ironthread import _core
    from ironthread.report import render
    from ironthread.report.collect import collect

    _core.watch_start()
    _core.timeline_start()
    _core.thread_named("MainThread")
    locks = [threading.Lock() for _ in range(2)]
    jobs = queue.Queue(2)
    held = threading.Event()
    def hold():
        with locks[0]:
            held.set()
            time.sleep(0.4)
    def take():
        held.wait()
        with locks[0]:
            pass
        while jobs.get() is not None:
            time.sleep(0.001)
    threads = [threading.Thread(target=f, name=n) for f, n in ((hold, "holder"), (take, "taker"))]
    for thread in threads:
        thread.start()
    with ThreadPoolExecutor(2, "io") as pool:
        for n in range(20):
            pool.submit(jobs.put, n)
    jobs.put(None)
    for thread in threads:
        thread.join()
    recorded, snapshot = _core.timeline_snapshot(), _core.watch_snapshot()
    report = collect(snapshot, ["app.py"], time.process_time(), recorded=recorded)
    for form in ("json", "html"):
        with open(f"{sys.argv[1]}/report.{form}", "w", encoding="utf-8") as file:
            file.write(render(form, report, "/"))
"""


def data_of(page: Path) -> dict[str, Any]:
    """What the script of a page has to show."""
    _, _, rest = page.read_text("utf-8").partition('id="data">')
    data: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return data


class Made:
    """A page, the JSON report of the same run, and the timeline that the page was made of."""

    def __init__(self, directory: Path) -> None:
        python(PROGRAM, str(directory))
        self.page = directory / "report.html"
        self.json: dict[str, Any] = json.loads((directory / "report.json").read_text("utf-8"))
        self.timeline: dict[str, Any] = data_of(self.page)["timeline"]

    @property
    def threads(self) -> list[dict[str, Any]]:
        threads: list[dict[str, Any]] = self.json["threads"]["list"]
        return threads

    def longest(self, name: str, kind: str) -> tuple[int, list[Any]]:
        """The number of a thread's lane, and its longest wait of a kind."""
        number = [thread["name"] for thread in self.threads].index(name)
        kinds = [each["name"] for each in self.timeline["kinds"]]
        waits = self.timeline["lanes"][number]["intervals"]
        return number, max(
            (wait for wait in waits if kinds[wait[3]] == kind), key=lambda wait: wait[1] - wait[0]
        )
