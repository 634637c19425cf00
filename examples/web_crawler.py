"""Crawl a web site with a bounded pool of threads.

A real HTTP server on the loopback interface serves a generated site: some three hundred pages
that link to each other in cycles, a few dead links, a redirect, one page that is far slower than
the rest, and pages nobody links to. A pool of workers crawls it:

* the frontier is a `queue.Queue`; its `join()` tells when nothing is left to visit;
* a `Lock` guards the set of the URLs seen, so that no page is fetched twice;
* a `Semaphore` keeps the crawler polite: fewer requests at once than there are workers;
* an `Event` ends the crawl early on Ctrl-C, and ends the progress lines;
* a `threading.local` holds one keep-alive connection for each worker.

At the end the program compares what it fetched with a walk over the site's own link graph, and
with what the server counted.

The server waits before each answer to stand for a remote host (`--latency-ms`, the mean).

    python examples/web_crawler.py
    ironthread run examples/web_crawler.py --workers 32
"""

from __future__ import annotations

import argparse
import hashlib
import http.client
import http.server
import queue
import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http import HTTPStatus
from urllib.parse import urldefrag, urljoin, urlsplit

WORDS = ("thread", "queue", "lock", "event", "barrier", "worker", "signal", "latency", "socket")
ELSEWHERE = "http://elsewhere.invalid/"
PROGRESS_SECONDS = 0.5
TIMEOUT_SECONDS = 30.0

# ---------------------------------------------------------------- the site


@dataclass(frozen=True)
class Page:
    """What the site answers for one path."""

    status: HTTPStatus
    body: bytes = b""
    location: str = ""
    links: tuple[str, ...] = ()
    latency: float = 0.0


NOT_FOUND = Page(HTTPStatus.NOT_FOUND, b"<p>There is no such page.</p>")


class Site:
    """A set of pages by path; every other path is a dead link."""

    def __init__(self, pages: dict[str, Page]) -> None:
        self.pages = pages

    def answer(self, path: str) -> Page:
        """Return the page at a path."""
        return self.pages.get(path, NOT_FOUND)

    def reachable(self) -> dict[str, Page]:
        """Walk the links from the front page, one page after the other."""
        found: dict[str, Page] = {}
        waiting = ["/"]
        while waiting:
            path = waiting.pop()
            if path not in found:
                page = found[path] = self.answer(path)
                waiting.extend((page.location,) if page.location else page.links)
        return found


def build_site(count: int, latency: float, seed: int) -> Site:
    """Generate a site of `count` pages, the same one for the same arguments."""
    rng = random.Random(seed)
    paths = ["/", *(f"/page/{number}.html" for number in range(1, count))]
    links = {path: [rng.choice(paths) for _ in range(rng.randrange(2, 6))] for path in paths}
    for number in range(1, count):
        links[paths[rng.randrange(number)]].append(paths[number])
    for number in range(3):
        links[rng.choice(paths)].append(f"/missing/{number}.html")
        links[f"/orphan/{number}.html"] = ["/", f"/orphan/{(number + 1) % 3}.html"]
    links["/"].append("/old/news.html")
    links["/new/news.html"] = ["/"]

    pages = {
        path: Page(
            HTTPStatus.OK,
            write_page(rng, path, targets),
            links=tuple(targets),
            latency=latency * rng.uniform(0.5, 1.5),
        )
        for path, targets in links.items()
    }
    slow = pages[paths[1]]
    pages[paths[1]] = Page(slow.status, slow.body, links=slow.links, latency=10 * latency)
    pages["/old/news.html"] = Page(HTTPStatus.FOUND, location="/new/news.html", latency=latency)
    return Site(pages)


def write_page(rng: random.Random, path: str, targets: Iterable[str]) -> bytes:
    """Return the HTML of a page with these links."""
    lines = [f"<html><head><title>{path}</title></head><body>"]
    for target in targets:
        text = " ".join(rng.choices(WORDS, k=rng.randrange(20, 60)))
        fragment = rng.choice(("", "#summary"))
        lines.append(f'<p>{text} <a class="ref" href="{target}{fragment}">more</a></p>')
    lines.append(f'<a href="{ELSEWHERE}">another site</a></body></html>')
    return "\n".join(lines).encode()


# -------------------------------------------------------------- the server


class SiteServer(http.server.ThreadingHTTPServer):
    """Serve a site, and count what was asked for."""

    daemon_threads = False  # server_close() waits for the thread of every connection
    request_queue_size = 128  # the workers connect all at once

    def __init__(self, site: Site) -> None:
        super().__init__(("127.0.0.1", 0), SiteHandler)
        self.site = site
        self.hits: Counter[str] = Counter()
        self.peak = 0
        self._in_flight = 0
        self._count_lock = threading.Lock()

    def fetch(self, path: str) -> Page:
        """Look a page up, as slowly as a remote host would."""
        page = self.site.answer(path)
        with self._count_lock:
            self.hits[path] += 1
            self._in_flight += 1
            self.peak = max(self.peak, self._in_flight)
        time.sleep(page.latency)
        with self._count_lock:
            self._in_flight -= 1
        return page


class SiteHandler(http.server.BaseHTTPRequestHandler):
    """Answers the requests of one connection."""

    protocol_version = "HTTP/1.1"  # keep-alive
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body leave in one segment
    timeout = TIMEOUT_SECONDS

    def do_GET(self) -> None:
        """Send the page asked for."""
        assert isinstance(self.server, SiteServer)
        page = self.server.fetch(self.path)
        self.send_response(page.status)
        if page.location:
            self.send_header("Location", page.location)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        self.wfile.write(page.body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Keep quiet: the crawler reports."""


@contextmanager
def serving(site: Site) -> Iterator[SiteServer]:
    """Serve the site from a thread until the block ends."""
    with SiteServer(site) as server:
        loop = threading.Thread(target=server.serve_forever, args=(0.02,), name="server")
        loop.start()
        try:
            yield server
        finally:
            server.shutdown()
            loop.join()


# ------------------------------------------------------------- the crawler


@dataclass(frozen=True)
class Fetched:
    """One page as the crawler got it."""

    path: str
    status: int
    size: int
    digest: str


@dataclass
class Worker:
    """What one worker did. Only its own thread writes here while the crawl runs."""

    name: str
    fetched: list[Fetched] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    busy: float = 0.0


class LinkFinder(HTMLParser):
    """Collects the targets of all links of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note where a link leads."""
        if tag == "a":
            self.targets.extend(value for name, value in attrs if name == "href" and value)


class PerThread(threading.local):
    """The calling thread's own connection, opened by its first request."""

    def __init__(self, host: str, port: int) -> None:
        self.connection = http.client.HTTPConnection(host, port, timeout=TIMEOUT_SECONDS)


class Crawler:
    """Visits every page of a site that can be reached, each exactly once."""

    def __init__(self, host: str, port: int, workers: int, at_once: int) -> None:
        self.base = f"http://{host}:{port}"
        self.workers = [Worker(f"crawler-{number:02}") for number in range(1, workers + 1)]
        # Without a bound: the workers fill it themselves, and must never wait for each other.
        self.frontier: queue.Queue[str | None] = queue.Queue()
        self.polite = threading.Semaphore(at_once)
        self.stop = threading.Event()
        self._seen: set[str] = set()
        self._seen_lock = threading.Lock()
        self._own = PerThread(host, port)

    def crawl(self) -> None:
        """Visit everything from the front page on; on Ctrl-C, end in order and raise."""
        threads = [
            threading.Thread(target=self._work, args=(worker,), name=worker.name)
            for worker in self.workers
        ]
        threads.append(threading.Thread(target=self._show_progress, name="progress"))
        self._discover("/", "/")
        for thread in threads:
            thread.start()
        try:
            self.frontier.join()
        finally:
            self.stop.set()
            for _ in self.workers:
                self.frontier.put(None)
            for thread in threads:
                thread.join()

    def fetched(self) -> list[Fetched]:
        """Return what all workers have fetched so far."""
        return [page for worker in self.workers for page in worker.fetched]

    def _work(self, worker: Worker) -> None:
        for path in iter(self.frontier.get, None):
            try:
                if not self.stop.is_set():
                    self._visit(path, worker)
            except Exception as error:
                # Whatever it is, the page must still be ticked off, or join() never returns.
                worker.errors.append(f"{path}: {error!r}")
                self._own.connection.close()
            finally:
                self.frontier.task_done()
        self._own.connection.close()

    def _visit(self, path: str, worker: Worker) -> None:
        with self.polite:
            began = time.perf_counter()
            self._own.connection.request("GET", path)
            response = self._own.connection.getresponse()
            body = response.read()
            worker.busy += time.perf_counter() - began
        digest = hashlib.sha256(body).hexdigest()
        worker.fetched.append(Fetched(path, response.status, len(body), digest))
        for target in self._targets(response, body):
            self._discover(path, target)

    def _targets(self, response: http.client.HTTPResponse, body: bytes) -> list[str]:
        location = response.getheader("Location")
        if location:
            return [location]
        if response.status != HTTPStatus.OK:
            return []
        finder = LinkFinder()
        finder.feed(body.decode())
        return finder.targets

    def _discover(self, path: str, target: str) -> None:
        """Put a link found on a page in the frontier, unless it was seen or leads elsewhere."""
        url = urldefrag(urljoin(self.base + path, target)).url
        if not url.startswith(f"{self.base}/"):
            return
        found = urlsplit(url).path
        with self._seen_lock:
            if found in self._seen:
                return
            self._seen.add(found)
        self.frontier.put(found)

    def _show_progress(self) -> None:
        began = time.perf_counter()
        while not self.stop.wait(PROGRESS_SECONDS):
            seconds, pages = time.perf_counter() - began, len(self.fetched())
            print(
                f"{seconds:6.1f} s {pages:6} fetched {self.frontier.qsize():6} waiting", flush=True
            )


# ------------------------------------------------------ report and checks


def checksum(pages: Iterable[tuple[str, int, str]]) -> str:
    """Hash paths, statuses and contents, in whatever order they were fetched."""
    lines = sorted(f"{path} {status} {digest}" for path, status, digest in pages)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def verify(site: Site, server: SiteServer, crawler: Crawler, at_once: int) -> list[str]:
    """Return the claims that do not hold."""
    expected = site.reachable()
    fetched = crawler.fetched()
    errors = [error for worker in crawler.workers for error in worker.errors]
    statuses = Counter(page.status.value for page in expected.values())
    contents = checksum((p.path, p.status, p.digest) for p in fetched)
    wanted = checksum(
        (path, page.status.value, hashlib.sha256(page.body).hexdigest())
        for path, page in expected.items()
    )
    requests = server.hits.total()
    claims = {
        f"no request fails ({errors})": not errors,
        "every page that can be reached is fetched": {p.path for p in fetched} >= set(expected),
        "no other page is fetched": {p.path for p in fetched} <= set(expected),
        "no page is fetched twice": len(fetched) == len({p.path for p in fetched}),
        f"the statuses are {dict(statuses)}": Counter(p.status for p in fetched) == statuses,
        "the contents have the site's checksum": contents == wanted,
        f"the server saw {len(expected)} requests ({requests})": requests == len(expected),
        "the server saw no path twice": set(server.hits.values()) == {1},
        f"at most {at_once} requests at once ({server.peak})": server.peak <= at_once,
    }
    return [claim for claim, holds in claims.items() if not holds]


def report(site: Site, server: SiteServer, crawler: Crawler, seconds: float) -> None:
    """Print what the crawl did."""
    fetched = crawler.fetched()
    print(f"\n{'worker':12} {'pages':>6} {'kB':>7} {'busy':>8}")
    for worker in crawler.workers:
        size = sum(page.size for page in worker.fetched) / 1000
        print(f"{worker.name:12} {len(worker.fetched):6} {size:7.1f} {worker.busy:6.2f} s")
    statuses = sorted(Counter(page.status for page in fetched).items())
    latency = sum(page.latency for page in site.reachable().values())
    contents = checksum((p.path, p.status, p.digest) for p in fetched)
    print(f"\npages     {len(fetched)} in {seconds:.2f} s, {len(fetched) / seconds:.0f} pages/s")
    print(f"statuses  {', '.join(f'{status}: {count}' for status, count in statuses)}")
    print(f"at once   {server.peak} requests at the peak")
    print(f"latency   {latency:.2f} s in all, {latency / seconds:.1f} times the time taken")
    print(f"checksum  {contents[:16]}")


def at_least(least: int) -> Callable[[str], int]:
    """Make an argparse type: whole numbers from `least` on."""

    def number(text: str) -> int:
        value = int(text)
        if value < least:
            raise argparse.ArgumentTypeError(f"must be at least {least}")
        return value

    return number


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Crawl a generated site on the loopback.")
    parser.add_argument("--pages", type=at_least(2), default=300, help="pages of the site")
    parser.add_argument("--workers", type=at_least(1), default=16, help="threads of the crawler")
    parser.add_argument("--at-once", type=at_least(1), default=12, help="requests at a time")
    parser.add_argument("--latency-ms", type=at_least(0), default=80, help="mean, of the server")
    parser.add_argument("--seed", type=int, default=2024, help="another seed, another site")
    return parser.parse_args()


def main() -> int:
    """Run the example; return the exit status."""
    options = parse_arguments()
    site = build_site(options.pages, options.latency_ms / 1000, options.seed)
    with serving(site) as server:
        host, port = str(server.server_address[0]), server.server_port
        crawler = Crawler(host, port, options.workers, options.at_once)
        print(f"crawling {crawler.base}/ with {options.workers} workers")
        began = time.perf_counter()
        try:
            crawler.crawl()
        except KeyboardInterrupt:
            print(f"web_crawler: interrupted after {len(crawler.fetched())} pages")
            return 130
        seconds = time.perf_counter() - began
    report(site, server, crawler, seconds)
    problems = verify(site, server, crawler, options.at_once)
    for problem in problems:
        print(f"web_crawler: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"web_crawler: OK, {len(crawler.fetched())} pages, each fetched exactly once")
    return 0


if __name__ == "__main__":
    sys.exit(main())
