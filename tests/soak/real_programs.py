"""The programs of the soak: crawler, pipeline and chat side by side, each over and over.

    ironthread run real_programs.py SECONDS COUNTS

What it writes is what `program.py` writes, but for the threads: a server starts one for each connection,
and nobody counts them. It ends with a traceback as soon as a program has lost or doubled a page, a line
or a message, and with status 1 as soon as a figure that was observed is not what the programs know.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path
from time import monotonic
from types import ModuleType

import rest
from account import differences, of_snapshot, unequal_waits
from ironthread import _core
from tally import LINES, THREADS, Counts, Crew

sys.path.append(str(Path(__file__).resolve().parents[2] / "examples"))

import chat_room
import log_enrichment
import web_crawler

ROUND_SECONDS = 2.0
WORKERS, AT_ONCE = 8, 6
LINES_OF_A_FILE = 150
TALKERS, MESSAGES, WAVES = 4, 40, 2


class Lost(Exception):
    """Something is not on both sides."""


def _check(problems: list[str]) -> None:
    if problems:
        raise Lost("; ".join(problems))


def note_lines() -> None:
    """Name the lines whose figures the programs know."""
    _note("queues frontier", web_crawler, "self.frontier: queue.Queue")
    _note("locks requests", web_crawler, "self._count_lock = ")
    _note("queues parsed", log_enrichment, "self.parsed: queue.Queue")
    _note("queues results", log_enrichment, "self.results: queue.Queue")
    _note("queues happenings", chat_room, "self.happenings: queue.Queue")
    _note("queues outbox", chat_room, "outbox: queue.Queue")


def _note(name: str, module: ModuleType, text: str) -> None:
    file = Path(str(module.__file__))
    lines = enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
    (number,) = (number for number, line in lines if text in line)
    LINES[f"{file.name}:{number}"] = name


def _passed(own: Counts, queue: str, items: int) -> None:
    """A queue has been made, and so many items have gone through it."""
    own.update({f"queues {queue} {figure}": items for figure in ("puts", "gets")})
    own[f"queues {queue} objects"] += 1


def crawl(own: Counts, number: int) -> None:
    """Crawl a site."""
    site = web_crawler.build_site(40, latency=0.001, seed=number)
    with web_crawler.serving(site) as server:
        crawler = web_crawler.Crawler("127.0.0.1", server.server_port, WORKERS, AT_ONCE)
        crawler.crawl()
    _check(web_crawler.verify(site, server, crawler, AT_ONCE))
    pages = server.hits.total()
    _passed(own, "frontier", pages + WORKERS)
    own.update({"locks requests objects": 1, "locks requests acquired": 2 * pages})


def enrich(own: Counts, number: int) -> None:
    """Enrich files."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        log_enrichment.generate_lookups(directory)
        expected = log_enrichment.generate_logs(directory, LINES_OF_A_FILE, number)
        pipeline = log_enrichment.Pipeline(directory, latency=0.0)
        pipeline.run()
        _check(log_enrichment.verify(directory, expected, pipeline))
    _passed(own, "parsed", expected.lines() + log_enrichment.ENRICHERS)
    _passed(own, "results", expected.lines() + 1)


def chat(own: Counts, number: int) -> None:
    """Spend an evening in a chat room."""
    evening = chat_room.spend(TALKERS, MESSAGES, WAVES)
    _check(evening.problems())
    room = evening.room
    # Each comes, and each leaves.
    _passed(own, "happenings", 2 * len(room.met) + room.said + 1)
    for member in room.met:
        _passed(own, "outbox", member.told + 1)


def over_and_over(program: Callable[[Counts, int], None], until: float) -> Callable[[Counts], None]:
    """Work that runs a program until that time of the monotonic clock, each time on other data."""

    def repeat(own: Counts) -> None:
        number = 0
        while number == 0 or monotonic() < until:
            number += 1
            program(own, number)

    return repeat


def run(seconds: float, counts: Counts) -> list[str]:
    """Run them for so long; return what is wrong, if anything is."""
    # From now on no thread that ends takes more room: as many are remembered as ever will be.
    while _core.watch_snapshot()["ended"]["count"] == 0:
        _round(monotonic(), counts)
    begin = monotonic()
    while (now := monotonic()) < begin + seconds:
        _round(now + ROUND_SECONDS, counts)
        snapshot = rest.until_asleep()
        rest.tell_point(snapshot, monotonic() - begin, counts.total())
        found = of_snapshot(snapshot, LINES)
        del found[THREADS]
        if problems := differences(found, counts) + unequal_waits(snapshot):
            return problems
    return []


def _round(until: float, counts: Counts) -> None:
    crew = Crew(counts)
    # (The crawler prints how far it is.)
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        for program in (crawl, enrich, chat):
            crew.start(over_and_over(program, until))
        crew.join()
    del counts[THREADS]


def main() -> int:
    seconds, file = sys.argv[1:]
    note_lines()
    counts = Counts()
    problems = run(float(seconds), counts)
    print(*problems, sep="\n", file=sys.stderr, end="\n" if problems else "")
    Path(file).write_text(json.dumps({"counts": counts, "lines": LINES}), encoding="utf-8")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
