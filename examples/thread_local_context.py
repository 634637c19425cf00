"""Put the request's ID in every log line, without handing it from function to function.

A `threading.local` holds the ID of the request that the calling thread is working on, and a
logging filter copies it into each record. The functions below the request handler do not know of
it. A pool's threads serve one request after the other, so the context must be cleared in between;
and a thread that a request starts for itself begins without a context, so it is handed over.

The program then reads the log file back: every request must have all of its lines, in order, each
line about that request alone, and the lines between requests must have no ID.

    python examples/thread_local_context.py
    ironthread run examples/thread_local_context.py
"""

from __future__ import annotations

import logging
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

WORKERS = 8
REQUESTS = 400
NO_REQUEST = "-"
STEPS = ["begin", "load basket", "charge", "end"]

log = logging.getLogger("shop")


class Context(threading.local):
    """What belongs to the calling thread; a new thread begins with these values."""

    request_id = NO_REQUEST


context = Context()


@contextmanager
def request(request_id: str) -> Iterator[None]:
    """Let the calling thread work on a request while the block runs."""
    previous, context.request_id = context.request_id, request_id
    try:
        yield
    finally:
        context.request_id = previous


class AddRequestId(logging.Filter):
    """Copies the ID from the context of the logging thread into the record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with its ID."""
        record.request_id = context.request_id
        return True


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Write the log to a file while the block runs."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.addFilter(AddRequestId())
    handler.setFormatter(logging.Formatter("%(request_id)s|%(threadName)s|%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        handler.close()


class Shop:
    """Handles orders. The order's number stands in the messages, to compare with the ID."""

    def __init__(self) -> None:
        # The first request of every worker waits here for the others: all contexts are in use.
        self.together = threading.Barrier(WORKERS)

    def handle(self, order: int) -> None:
        """Handle one request."""
        with request(f"request-{order}"):
            log.info("begin|%d", order)
            self.load_basket(order)
            self.charge(order)
            log.info("end|%d", order)
        log.info("between requests|%d", order)

    def load_basket(self, order: int) -> None:
        """Log this step; the context says for which request."""
        if order < WORKERS:
            self.together.wait()
        log.info("load basket|%d", order)

    def charge(self, order: int) -> None:
        """Charge in a thread of its own, which gets the context of this one."""
        payment = threading.Thread(
            target=self.pay, args=(order, context.request_id), name=f"payment-{order}"
        )
        payment.start()
        payment.join()

    def pay(self, order: int, request_id: str) -> None:
        """Log before and after the context was handed over."""
        log.info("between requests|%d", order)
        with request(request_id):
            log.info("charge|%d", order)


def run(path: Path) -> list[tuple[str, str, str, int]]:
    """Handle all requests; return the log as (request ID, thread, step, order)."""
    shop = Shop()
    with logging_to(path), ThreadPoolExecutor(WORKERS, thread_name_prefix="worker") as pool:
        for done in [pool.submit(shop.handle, order) for order in range(REQUESTS)]:
            done.result()
    lines = path.read_text(encoding="utf-8").splitlines()
    fields = (line.split("|") for line in lines)
    return [(request_id, thread, step, int(order)) for request_id, thread, step, order in fields]


def verify(lines: list[tuple[str, str, str, int]]) -> list[str]:
    """Return the claims that do not hold."""
    steps: defaultdict[str, list[str]] = defaultdict(list)
    orders: defaultdict[str, set[int]] = defaultdict(set)
    for request_id, _, step, order in lines:
        steps[request_id].append(step)
        orders[request_id].add(order)
    between = steps.pop(NO_REQUEST, [])
    orders.pop(NO_REQUEST, None)
    ids = {f"request-{order}" for order in range(REQUESTS)}
    workers = {thread for _, thread, step, _ in lines if step == "begin"}
    claims = {
        "every request has its lines": set(steps) == ids,
        f"each request logs {STEPS}": all(found == STEPS for found in steps.values()),
        "no line has the ID of another request": all(
            request_id == f"request-{order}" for request_id, of in orders.items() for order in of
        ),
        "no ID is left between requests": between == ["between requests"] * (2 * REQUESTS),
        f"all {WORKERS} workers had a request ({len(workers)})": len(workers) == WORKERS,
        "the main thread has no request": context.request_id == NO_REQUEST,
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    with tempfile.TemporaryDirectory(prefix="thread-local-") as directory:
        lines = run(Path(directory, "shop.log"))
    print(f"requests {REQUESTS} by {WORKERS} workers, {len(lines)} lines in the log")
    problems = verify(lines)
    for problem in problems:
        print(f"thread_local_context: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print("thread_local_context: OK, every line has the ID of its own request")
    return 0


if __name__ == "__main__":
    sys.exit(main())
