"""Share a few real connections among many threads, limited by a semaphore.

A server on the loopback interface answers price requests, and closes a connection after a number
of them, as real servers do. The pool keeps open connections for the next one who needs them and
hands out at most `LIMIT` at a time: a `BoundedSemaphore` counts the free places. Being bounded,
it turns a place given back twice into a `ValueError` at once.

The server counts its connections: there must never be more than `LIMIT`, and far fewer must have
been opened than there were requests.

The server waits before each answer to stand for its real work.

    python examples/semaphore_pool.py
    ironthread run examples/semaphore_pool.py
    python examples/semaphore_pool.py --requests 250    # ten times as long
"""

from __future__ import annotations

import argparse
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

LIMIT = 4
CLIENTS = 16
REQUESTS_PER_CONNECTION = 30  # then the server closes it
ANSWER_SECONDS = 0.003
TIMEOUT_SECONDS = 30.0


def price(item: int) -> int:
    """Return the price both sides know."""
    return item * item % 997


class Gauge:
    """Counts what is there now, what was there at most, and what came in all."""

    def __init__(self) -> None:
        self.now = self.most = self.total = 0
        self._lock = threading.Lock()

    def enter(self) -> None:
        """Count one more."""
        with self._lock:
            self.now += 1
            self.total += 1
            self.most = max(self.most, self.now)

    def leave(self) -> None:
        """Count one less."""
        with self._lock:
            self.now -= 1


class PriceServer(socketserver.ThreadingTCPServer):
    """Serves prices, and counts its connections and requests."""

    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), PriceHandler)
        self.connections = Gauge()
        self.requests = Gauge()

    def answer(self, item: int) -> int:
        """Look a price up, as slowly as a real server would."""
        self.requests.enter()
        time.sleep(ANSWER_SECONDS)
        self.requests.leave()
        return price(item)


class PriceHandler(socketserver.StreamRequestHandler):
    """Answers lines with a number by lines with its price, the last one with a dot."""

    disable_nagle_algorithm = True
    timeout = TIMEOUT_SECONDS

    def handle(self) -> None:
        """Serve one connection."""
        server = self.server
        assert isinstance(server, PriceServer)
        # A connection counts as gone before the client can know: its next one is not too many.
        server.connections.enter()
        farewell = b""
        for served, line in enumerate(self.rfile, start=1):
            answer = server.answer(int(line))
            if served == REQUESTS_PER_CONNECTION:
                farewell = b"%d.\n" % answer
                break
            self.wfile.write(b"%d\n" % answer)
        server.connections.leave()
        self.wfile.write(farewell)


class Connection:
    """A connection of the client's side."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address, timeout=TIMEOUT_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._answers = self._socket.makefile("rb")
        self.usable = True

    def ask(self, item: int) -> int:
        """Return the price of an item."""
        self._socket.sendall(b"%d\n" % item)
        answer = self._answers.readline().rstrip()
        self.usable = not answer.endswith(b".")
        return int(answer.rstrip(b"."))

    def close(self) -> None:
        """Close both ends of this side."""
        self._answers.close()
        self._socket.close()


class Pool:
    """Lends connections, at most `limit` at a time."""

    def __init__(self, address: tuple[str, int], limit: int) -> None:
        self.opened = 0
        self.places = threading.BoundedSemaphore(limit)
        self._address = address
        self._idle: list[Connection] = []
        self._lock = threading.Lock()

    @contextmanager
    def lend(self) -> Iterator[Connection]:
        """Wait for a free place and lend a connection; a broken one is not lent again."""
        with self.places:
            connection = self._take()
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            self._give_back(connection)

    def _take(self) -> Connection:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            self.opened += 1
        return Connection(self._address)

    def _give_back(self, connection: Connection) -> None:
        if connection.usable:
            with self._lock:
                self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close the connections that nobody uses."""
        with self._lock:
            while self._idle:
                self._idle.pop().close()


@contextmanager
def serving() -> Iterator[PriceServer]:
    """Serve prices from a thread until the block ends."""
    with PriceServer() as server:
        loop = threading.Thread(target=server.serve_forever, args=(0.02,), name="server")
        loop.start()
        try:
            yield server
        finally:
            server.shutdown()
            loop.join()


def client(pool: Pool, items: range) -> int:
    """Ask for prices, each over a connection lent for it; return the number of wrong answers."""
    wrong = 0
    for item in items:
        with pool.lend() as connection:
            wrong += connection.ask(item) != price(item)
    return wrong


def run(pool: Pool, requests: int) -> int:
    """Let all clients ask at once, each so often; return the number of wrong answers."""
    shares = [range(first, first + requests) for first in range(0, CLIENTS * requests, requests)]
    with ThreadPoolExecutor(CLIENTS, thread_name_prefix="client") as clients:
        return sum(clients.map(client, [pool] * CLIENTS, shares))


def check_bounds(pool: Pool) -> list[str]:
    """With all connections lent there is no place left; afterwards there is none too many."""
    problems = []
    with ExitStack() as lent:
        for _ in range(LIMIT):
            lent.enter_context(pool.lend())
        if pool.places.acquire(blocking=False):
            problems.append(f"{LIMIT} connections lent fill all places")
    try:
        pool.places.release()
        problems.append("a place given back twice is an error")
    except ValueError:
        pass
    return problems


def verify(server: PriceServer, pool: Pool, wanted: int, wrong: int) -> list[str]:
    """Return the claims that do not hold."""
    connections, requests = server.connections, server.requests
    claims = {
        f"every answer is right ({wrong} are not)": wrong == 0,
        f"all requests were served ({requests.total})": requests.total == wanted,
        f"at most {LIMIT} connections at once ({connections.most})": connections.most <= LIMIT,
        f"at most {LIMIT} requests at once ({requests.most})": requests.most <= LIMIT,
        f"{pool.opened} connections opened ({connections.total})": connections.total == pool.opened,
        "connections are used again": (pool.opened - LIMIT) * 10 <= requests.total,
        f"none is left open ({connections.now})": connections.now == 0,
    }
    return [claim for claim, holds in claims.items() if not holds]


def main() -> int:
    """Run the example; return the exit status."""
    parser = argparse.ArgumentParser(description="Ask for prices over a few connections.")
    parser.add_argument("--requests", type=int, default=25, help="of each client (default: 25)")
    requests: int = parser.parse_args().requests
    if requests < 1:
        parser.error("argument --requests: must be at least 1")
    with serving() as server:
        pool = Pool(("127.0.0.1", server.server_address[1]), LIMIT)
        problems = check_bounds(pool)
        began = time.perf_counter()
        wrong = run(pool, requests)
        seconds = time.perf_counter() - began
        pool.close()
    problems += verify(server, pool, CLIENTS * requests, wrong)
    print(f"requests    {server.requests.total} of {CLIENTS} clients in {seconds:.2f} s")
    print(f"at once     {server.requests.most} requests, {server.connections.most} connections")
    print(f"connections {server.connections.total} opened in all")
    for problem in problems:
        print(f"semaphore_pool: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"semaphore_pool: OK, never more than {LIMIT} connections")
    return 0


if __name__ == "__main__":
    sys.exit(main())
