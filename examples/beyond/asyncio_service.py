"""A service on asyncio with blocking parts, which takes SIGTERM gracefully under load.

Clients send lines `<name> <password>` over TCP; the service registers them and answers. What would
block the event loop is done elsewhere:

* passwords are hashed by the loop's pool of threads, and the future of the pool is awaited;
* SQLite, whose connection belongs to one thread, has a pool of that one thread;
* the journal is a file that a thread writes. Its lines come through an `aio.Queue` of few slots:
  handlers await a slot when the disk is slow, and no loop is blocked.

The program is its own load: client threads register names as fast as they can, and in the middle
of it the process gets a real SIGTERM. `aio.run()` makes of it a cancellation of `serve()`, which
stops listening, lets every accepted request have its answer, and waits for the journal. At the end
the program compares what clients were answered with the database and with the journal.

    python examples/beyond/asyncio_service.py
    ironthread run examples/beyond/asyncio_service.py --clients 32
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import os
import signal
import socket
import sqlite3
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ironthread import aio
from ironthread.futures import ThreadPoolExecutor

HASH_ROUNDS = 2_000
JOURNAL_SLOTS = 16
GRACE_SECONDS = 20.0
TIMEOUT_SECONDS = 30.0

# ------------------------------------------------------------- the service


def hashed(name: str, password: str) -> str:
    """Hash a password; the name is its salt. Takes its time, without the interpreter's lock."""
    return hashlib.pbkdf2_hmac("sha256", password.encode(), name.encode(), HASH_ROUNDS).hex()


class Accounts:
    """The accounts in a SQLite database, which one thread uses."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self._connection = self._thread.submit(self._open).result()

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:", isolation_level=None)
        connection.execute("CREATE TABLE accounts (name TEXT PRIMARY KEY, hash TEXT)")
        return connection

    def _insert(self, name: str, digest: str) -> int:
        self._connection.execute("INSERT INTO accounts VALUES (?, ?)", (name, digest))
        (count,) = self._connection.execute("SELECT count(*) FROM accounts").fetchone()
        return int(count)

    async def add(self, name: str, digest: str) -> int:
        """Add an account; return how many there are."""
        return int(await self._thread.submit(self._insert, name, digest))

    def close(self) -> dict[str, str]:
        """Close the database; return what was in it."""

        def finish() -> dict[str, str]:
            rows = dict(self._connection.execute("SELECT name, hash FROM accounts"))
            self._connection.close()
            return rows

        with self._thread:
            rows: dict[str, str] = self._thread.submit(finish).result()
            return rows


class Service:
    """Registers who asks for it."""

    def __init__(self, journal: Path) -> None:
        self.port = 0
        self.listening = threading.Event()
        self.pool = ThreadPoolExecutor(4, thread_name_prefix="hashing")
        self.accounts = Accounts()
        self.accepted = self.answered = 0
        self._journal = aio.Queue[str](JOURNAL_SLOTS)
        self._writer = threading.Thread(target=self._write, args=(journal,), name="journal")
        self._stopping = False
        self._connections: set[asyncio.Task[None]] = set()
        self._idle: set[asyncio.Task[None]] = set()

    async def serve(self) -> None:
        """Serve until cancelled; then answer what was accepted, and end."""
        self._writer.start()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            server.close()
            await self._finish()

    async def _finish(self) -> None:
        self._stopping = True
        for task in self._idle:
            task.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        await self._journal.ajoin()
        self._journal.shutdown()  # the writer ends
        await asyncio.to_thread(self._writer.join)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            while not self._stopping:
                self._idle.add(task)
                line = await reader.readline()
                self._idle.discard(task)
                if not line:
                    break
                self.accepted += 1
                writer.write(await self._register(line.decode()))
                await writer.drain()
                self.answered += 1
        except (asyncio.CancelledError, ConnectionError):
            pass  # there was no request, or there is nobody to answer
        finally:
            self._idle.discard(task)
            self._connections.discard(task)
            writer.close()

    async def _register(self, line: str) -> bytes:
        name, password = line.split()
        digest = await self.pool.submit(hashed, name, password)
        count = await self.accounts.add(name, digest)
        await self._journal.aput(f"{name} is number {count}")
        return f"{digest}\n".encode()

    def _write(self, path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            while True:
                try:
                    line = self._journal.get()
                except aio.ShutDown:
                    return
                file.write(f"{line}\n")
                self._journal.task_done()


# ------------------------------------------------------------- the clients


@dataclass
class Client:
    """Registers names, one after the other, until the service is gone."""

    name: str
    answers: dict[str, str] = field(default_factory=dict)
    unanswered: list[str] = field(default_factory=list)

    def run(self, port: int, answered: threading.Semaphore) -> None:
        """Work until the service closes the connection; count each answer."""
        with (
            suppress(ConnectionError),
            socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection,
            connection.makefile("rw", encoding="utf-8") as stream,
        ):
            while True:
                account = f"{self.name}-{len(self.answers)}"
                self.unanswered.append(account)
                stream.write(f"{account} {self.password(account)}\n")
                stream.flush()
                answer = stream.readline()
                if not answer.endswith("\n"):
                    return
                self.answers[self.unanswered.pop()] = answer.strip()
                answered.release()

    @staticmethod
    def password(account: str) -> str:
        """The password that goes with an account."""
        return f"secret-of-{account}"


@dataclass
class Load:
    """The clients, and the one who ends the service under their load."""

    service: Service
    clients: list[Client]
    requests: int
    ended_at: float = 0.0

    def run(self) -> None:
        """Load the service, and send this process SIGTERM in the middle of it."""
        if not self.service.listening.wait(TIMEOUT_SECONDS):
            return
        answered = threading.Semaphore(0)
        threads = [
            threading.Thread(target=client.run, args=(self.service.port, answered))
            for client in self.clients
        ]
        for thread in threads:
            thread.start()
        for _ in range(self.requests):
            answered.acquire(timeout=TIMEOUT_SECONDS)
        self.ended_at = time.perf_counter()
        os.kill(os.getpid(), signal.SIGTERM)
        for thread in threads:
            thread.join()


# ------------------------------------------------------------- the checks


def verify(service: Service, load: Load, journal: list[str], rows: dict[str, str]) -> list[str]:
    """Return what does not hold."""
    answers = {name: digest for client in load.clients for name, digest in client.answers.items()}
    unanswered = {name for client in load.clients for name in client.unanswered}
    claims = {
        "the service was ended under load": len(answers) >= load.requests,
        "every accepted request was answered": service.accepted == service.answered,
        "every answer reached its client": service.answered == len(answers),
        "what was answered was stored, and nothing else": answers == rows,
        "what was not answered was not done": not unanswered & rows.keys(),
        "passwords are hashed": all(
            digest == hashed(name, Client.password(name)) for name, digest in answers.items()
        ),
        "the journal has a line for every account": sorted(answers)
        == sorted(line.split()[0] for line in journal),
        "the pools have ended": not [
            thread.name
            for thread in threading.enumerate()
            if thread.name.startswith(("hashing", "database", "journal"))
        ],
    }
    return [claim for claim, holds in claims.items() if not holds]


@dataclass
class Run:
    """What a run has left."""

    service: Service
    load: Load
    journal: list[str]
    rows: dict[str, str]
    seconds_to_end: float

    def problems(self) -> list[str]:
        """Return what does not hold."""
        return verify(self.service, self.load, self.journal, self.rows)


def run(clients: int, requests: int, directory: Path) -> Run:
    """Run the service under load, to its end by SIGTERM."""
    journal = directory / "journal"
    service = Service(journal)
    load = Load(service, [Client(f"client-{number}") for number in range(clients)], requests)
    loading = threading.Thread(target=load.run)
    loading.start()
    aio.run(service.serve(), executor=service.pool, grace=GRACE_SECONDS)
    took = time.perf_counter() - load.ended_at
    loading.join()
    rows = service.accounts.close()
    return Run(service, load, journal.read_text(encoding="utf-8").splitlines(), rows, took)


def main() -> int:
    """Run the example; return the exit status."""
    parser = argparse.ArgumentParser(description="An asyncio service, ended under load.")
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--requests", type=int, default=400, help="answered before the SIGTERM")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        ended = run(options.clients, options.requests, Path(directory))
    problems = ended.problems()
    for problem in problems:
        print(f"asyncio_service: does not hold: {problem}")
    if problems:
        return 1
    answered, milliseconds = ended.service.answered, 1000 * ended.seconds_to_end
    print(f"asyncio_service: OK, {answered} requests answered, ended in {milliseconds:.0f} ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
