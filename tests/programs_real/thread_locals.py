"""Programs that keep state per thread: connections, contexts, stacks of requests."""

import decimal
import sqlite3
import sys
import tempfile
import threading
from pathlib import Path

THREADS = 6
ROUNDS = 200


class Context(threading.local):
    """Each thread gets its own, made by `__init__` at the first use."""

    made = 0
    counting = threading.Lock()

    def __init__(self, tag: str) -> None:
        with self.counting:
            type(self).made += 1
        self.tag = f"{tag} of {threading.current_thread().name}"
        self.stack: list[int] = []

    def __enter__(self) -> int:
        self.stack.append(len(self.stack))
        return len(self.stack)

    def __exit__(self, *error: object) -> None:
        self.stack.pop()


class Connections:
    """One connection per thread: sqlite3 refuses any other thread's, also for closing it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._local = threading.local()
        self.closed: list[str] = []

    def get(self) -> sqlite3.Connection:
        try:
            holder = self._local.holder
        except AttributeError:
            holder = self._local.holder = Holder(self._file, self.closed)
        return holder.connection  # type: ignore[no-any-return]


class Holder:
    """Only its thread has it. With the thread it goes, and closes the connection on the way."""

    def __init__(self, file: Path, closed: list[str]) -> None:
        self.connection = sqlite3.connect(file, timeout=30)
        self._name = threading.current_thread().name
        self._closed = closed

    def __del__(self) -> None:
        self.connection.close()
        self._closed.append(self._name)


def work(number: int, context: Context, connections: Connections, found: list[str]) -> None:
    decimal.getcontext().prec = number + 3
    with decimal.localcontext() as inner:
        inner.prec = 2
        short = decimal.Decimal(1) / 3
    for depth in range(ROUNDS):
        with context as outer, context as within:
            assert (outer, within) == (1, 2), depth
    connection = connections.get()
    with connection:
        connection.execute("insert into words values (?, ?)", (number, f"word {number}"))
    assert connections.get() is connection
    found.append(f"{context.tag}: {decimal.Decimal(1) / 3} {short}")


def main(directory: Path) -> None:
    context = Context("context")
    connections = Connections(directory / "words.db")
    with connections.get() as own:
        own.execute("create table words (number integer, word text)")
    found: list[str] = []
    threads = [
        threading.Thread(
            target=work, args=[number, context, connections, found], name=f"local-{number}"
        )
        for number in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for line in sorted(found):
        print(line)
    print("contexts", Context.made, "of main:", context.tag, context.stack)
    print("closed", *sorted(connections.closed))
    print("rows", own.execute("select count(*), sum(number) from words").fetchone())
    print("precision of main", decimal.getcontext().prec)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        main(Path(name))
    sys.exit(3)
