"""Crawl a site that allows so many requests per second, with a pool that keeps to it.

A real HTTP server on the loopback interface serves a generated site: a front page, sections, and
articles in pages that lead from one to the next. It allows 100 requests per second and 10 at once,
counts each of them, and answers 429 (Too Many Requests) to one too many. The crawler is a
`ThreadPoolExecutor` and a loop:

* `rate_limit=RateLimit(100, burst=10)`: requests start no faster than that, however many threads
  there are, and the threads are there for the slow ones among the pages;
* `max_queue=16`: the loop finds links faster than the site may be asked for them, and is held back,
  instead of piling up calls;
* `options(priority=1)`: pages that lead to others go before the articles that wait;
* `inherit_context=True`: each request's log line has the page on which its link was found.

At the end the program compares what it fetched with the site, and what the server counted with
what it allows.

    python examples/beyond/polite_crawler.py
    python examples/beyond/polite_crawler.py --threads 32
"""

from __future__ import annotations

import argparse
import http.client
import http.server
import logging
import queue
import re
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from http import HTTPStatus

from ironthread import RateLimit
from ironthread.futures import ThreadPoolExecutor

PER_SECOND = 100.0
BURST = 10
WAITING = 16
SECTIONS = 8
ARTICLES = 15
TIMEOUT_SECONDS = 30.0

LINK = re.compile(r'href="([^"]+)"')

found_on: ContextVar[str] = ContextVar("found_on", default="nowhere")
logger = logging.getLogger("polite_crawler")

# ---------------------------------------------------------------- the site


def build_site(sections: int = SECTIONS, articles: int = ARTICLES) -> dict[str, list[str]]:
    """Return the links of each page. A section's articles are on pages of five."""
    site: dict[str, list[str]] = {"/": [f"/section/{number}/1" for number in range(sections)]}
    for section in range(sections):
        for page in range(1, (articles + 4) // 5 + 1):
            first = 5 * (page - 1)
            names = [f"/article/{section}-{n}" for n in range(first, min(first + 5, articles))]
            site.update({name: ["/", f"/section/{section}/1"] for name in names})
            follows = [f"/section/{section}/{page + 1}"] if first + 5 < articles else []
            site[f"/section/{section}/{page}"] = names + follows
    return site


class SiteServer(http.server.ThreadingHTTPServer):
    """Serves a site, and refuses requests that come too fast."""

    daemon_threads = False  # server_close() waits for the thread of every connection
    request_queue_size = 128

    def __init__(self, site: dict[str, list[str]], latency: float) -> None:
        super().__init__(("127.0.0.1", 0), SiteHandler)
        self.site = site
        self.latency = latency
        self.hits: Counter[str] = Counter()
        self.refused = 0
        self._began = time.monotonic()
        self._lock = threading.Lock()

    def allows(self, path: str) -> bool:
        """Count a request; return whether it may be answered.

        A request can be late on its way, and two can come together for it. Never early, though: so
        the count is held against all the time since the beginning.
        """
        with self._lock:
            self.hits[path] += 1
            allowed = BURST + PER_SECOND * (time.monotonic() - self._began)
            within = self.hits.total() <= allowed
            self.refused += not within
            return within


class SiteHandler(http.server.BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one segment
    timeout = TIMEOUT_SECONDS

    def do_GET(self) -> None:
        """Send the page asked for, as slowly as a remote host would."""
        assert isinstance(self.server, SiteServer)
        links = self.server.site.get(self.path)
        if not self.server.allows(self.path):
            status = HTTPStatus.TOO_MANY_REQUESTS
        else:
            status = HTTPStatus.NOT_FOUND if links is None else HTTPStatus.OK
        time.sleep(self.server.latency)
        body = "".join(f'<a href="{link}">more</a>\n' for link in links or ()).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet: the crawler reports."""


@contextmanager
def serving(site: dict[str, list[str]], latency: float) -> Iterator[SiteServer]:
    """Serve the site from a thread until the block ends."""
    with SiteServer(site, latency) as server:
        loop = threading.Thread(target=server.serve_forever, args=(0.02,), name="server")
        loop.start()
        try:
            yield server
        finally:
            server.shutdown()
            loop.join()


# ------------------------------------------------------------- the crawler


@dataclass
class Fetched:
    """One page as the crawler got it."""

    path: str
    status: int
    links: list[str]


@dataclass
class Crawl:
    """What a crawl did."""

    pages: dict[str, Fetched] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)
    most_unfinished: int = 0
    held_back: float = 0.0


class FoundOn(logging.Handler):
    """Keeps each line with the page on which the link was found."""

    def __init__(self, log: list[tuple[str, str]]) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line."""
        self._log.append((found_on.get(), record.getMessage()))


class Crawler:
    """Visits every page of a site, each exactly once, at a rate that the site allows."""

    def __init__(self, host: str, port: int, threads: int, limit: RateLimit) -> None:
        self._address = (host, port)
        self._threads = threads
        self._limit = limit
        self._fetched: queue.Queue[Fetched | BaseException] = queue.Queue()
        self._finished = 0
        self._finished_lock = threading.Lock()
        self.crawl = Crawl()

    def run(self) -> Crawl:
        """Crawl. What goes wrong with a page is raised here."""
        crawl = self.crawl
        logger.setLevel(logging.INFO)
        logger.propagate = False
        logger.addHandler(handler := FoundOn(crawl.log))
        pool = ThreadPoolExecutor(
            self._threads,
            thread_name_prefix="crawler",
            max_queue=WAITING,
            rate_limit=self._limit,
            inherit_context=True,
        )
        try:
            with pool:
                self._follow(pool)
        finally:
            logger.removeHandler(handler)
        return crawl

    def _follow(self, pool: ThreadPoolExecutor) -> None:
        leading = pool.options(priority=1)
        seen = {"/"}
        leading.submit(self._visit, "/")
        while len(self.crawl.pages) < len(seen):
            page = self._fetched.get()
            if isinstance(page, BaseException):
                raise page
            self.crawl.pages[page.path] = page
            found_on.set(page.path)
            for link in page.links:
                if link in seen:
                    continue
                seen.add(link)
                view = leading if link.startswith("/section/") else pool
                began = time.perf_counter()
                view.submit(self._visit, link)
                self.crawl.held_back += time.perf_counter() - began
                with self._finished_lock:
                    unfinished = len(seen) - self._finished
                self.crawl.most_unfinished = max(self.crawl.most_unfinished, unfinished)

    def _visit(self, path: str) -> None:
        try:
            logger.info("GET %s", path)
            connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_SECONDS)
            try:
                connection.request("GET", path)
                response = connection.getresponse()
                links = LINK.findall(response.read().decode())
            finally:
                connection.close()
            self._fetched.put(Fetched(path, response.status, links))
        except BaseException as error:
            self._fetched.put(error)
        with self._finished_lock:
            self._finished += 1


# ------------------------------------------------------------------ checks


def verify(server: SiteServer, crawl: Crawl, threads: int) -> list[str]:
    """Return the claims that do not hold."""
    site = server.site
    places = threads + WAITING
    lines = {line for _, line in crawl.log}
    claims = {
        "every page is fetched": set(crawl.pages) == set(site),
        "each is asked for once": server.hits == Counter(dict.fromkeys(site, 1)),
        "all are what the site has": all(
            page.status == HTTPStatus.OK and page.links == site.get(page.path)
            for page in crawl.pages.values()
        ),
        f"the server sees no request too many ({server.refused})": server.refused == 0,
        f"the producer is held back at {places} calls ({crawl.most_unfinished})": (
            crawl.most_unfinished == places
        ),
        "every request is in the log": lines == {f"GET {path}" for path in site},
        "and where its link was found": all(
            path == "nowhere" or line.removeprefix("GET ") in site[path] for path, line in crawl.log
        ),
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    parser = argparse.ArgumentParser(description="Crawl a site that limits its requests.")
    parser.add_argument("--threads", type=int, default=8, help="threads of the crawler")
    parser.add_argument("--latency-ms", type=int, default=40, help="of the server")
    options = parser.parse_args()
    with serving(build_site(), options.latency_ms / 1000) as server:
        limit = RateLimit(PER_SECOND, burst=BURST)
        host, port = str(server.server_address[0]), server.server_port
        began = time.perf_counter()
        crawl = Crawler(host, port, options.threads, limit).run()
        seconds = time.perf_counter() - began
    print(f"pages       {len(crawl.pages)} in {seconds:.2f} s, {len(crawl.pages) / seconds:.0f}/s")
    print(f"limit       {limit}")
    print(f"refused     {server.refused}")
    print(f"held back   {crawl.held_back:.2f} s, at {crawl.most_unfinished} calls")
    problems = verify(server, crawl, options.threads)
    for problem in problems:
        print(f"polite_crawler: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"polite_crawler: OK, {len(crawl.pages)} pages, none faster than allowed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
