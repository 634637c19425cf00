"""Processes from a parent whose threads hold locks and log: by fork, spawn or forkserver."""

import logging
import multiprocessing as mp
import queue
import sys
import threading
from collections.abc import Callable
from typing import Any

log = logging.getLogger("processes")
shared = threading.Lock()
"""Busy threads of the parent hold it most of the time. Children leave it alone: they may find it held."""
squaring = threading.Lock()
"""Nobody holds it when a child is made."""


def talk(number: int, results: Any, gate: Any) -> None:
    """A child: logs, starts threads of its own, waits for the parent."""
    log.warning("child %d begins", number)
    words: queue.Queue[str] = queue.Queue()
    threads = [
        threading.Thread(target=words.put, args=[f"word {index}"], name=f"part {index}")
        for index in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    gate.wait()
    heard = sorted(words.get(timeout=30) for _ in threads)
    results.put((number, heard, threading.active_count(), threading.current_thread().name))


def square(number: int) -> int:
    with squaring:
        return number * number


def keep_busy(stop: threading.Event) -> Callable[[], None]:
    """Start threads that hold a lock and write log records. Returns what ends them."""

    def hold() -> None:
        while not stop.is_set():
            with shared:
                log.debug("holding")

    threads = [threading.Thread(target=hold, name=f"busy-{number}") for number in range(2)]
    for thread in threads:
        thread.start()

    def end() -> None:
        stop.set()
        for thread in threads:
            thread.join()

    return end


def main(method: str) -> None:
    context: Any = mp.get_context(method)
    logging.basicConfig(format="%(levelname)s %(threadName)s %(message)s", stream=sys.stderr)
    logging.getLogger().addHandler(logging.NullHandler())
    end = keep_busy(threading.Event())
    try:
        results, gate = context.Queue(), context.Event()
        children = [context.Process(target=talk, args=(n, results, gate)) for n in range(2)]
        for child in children:
            child.start()
        gate.set()
        for outcome in sorted(results.get(timeout=30) for _ in children):
            print(*outcome)
        for child in children:
            child.join(30)
        print("exit codes", [child.exitcode for child in children])
        with context.Pool(2) as pool:
            print("pool", pool.map(square, range(10)))
            print("async", pool.apply_async(square, (7,)).get(30))
    finally:
        end()


if __name__ == "__main__":
    main(sys.argv[1])
