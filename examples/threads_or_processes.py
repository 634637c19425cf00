"""The same work by one thread, by threads, by processes, and by a library that lets go of the GIL.

Computing in Python keeps the GIL, so threads take turns; processes do not share one. Hashing
large buffers lets go of it, so threads run side by side. All ways have to find the same; the
times are printed and not judged, for they depend on the machine and the build (without the GIL
threads do as well as processes).

    python examples/threads_or_processes.py
    ironthread run examples/threads_or_processes.py
"""

from __future__ import annotations

import hashlib
import multiprocessing
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

WORKERS = 2
NUMBERS = [60_000, 50_000, 40_000, 30_000]
BUFFERS = [bytes([number]) * 2_000_000 for number in range(4)]


def primes_below(number: int) -> int:
    """Count them, in Python."""
    sieve = bytearray([1]) * number
    sieve[:2] = b"\0\0"
    for candidate in range(2, int(number**0.5) + 1):
        if sieve[candidate]:
            for multiple in range(candidate * candidate, number, candidate):
                sieve[multiple] = 0
    return sum(sieve)


def digest(data: bytes) -> str:
    """Hash, in C and without the GIL."""
    return hashlib.sha256(data).hexdigest()


def timed(what: str, work: Callable[[], Iterable[object]]) -> list[object]:
    """Do the work, and tell how long it took."""
    begin = time.perf_counter()
    found = list(work())
    print(f"{what:28} {1000 * (time.perf_counter() - begin):6.0f} ms")
    return found


def on(pool: Executor, what: str) -> tuple[list[object], list[object]]:
    """Both kinds of work on a pool."""
    with pool:
        list(pool.map(primes_below, [10] * WORKERS))  # its workers are there before time is taken
        return (
            timed(f"primes, {what}", lambda: pool.map(primes_below, NUMBERS)),
            timed(f"hashes, {what}", lambda: pool.map(digest, BUFFERS)),
        )


def main() -> int:
    """Run the example; return the exit status."""
    alone = (
        timed("primes, one thread", lambda: map(primes_below, NUMBERS)),
        timed("hashes, one thread", lambda: map(digest, BUFFERS)),
    )
    threads = on(ThreadPoolExecutor(WORKERS), "threads")
    # A new interpreter for each: a process that has threads is not to be copied as it stands.
    context = multiprocessing.get_context("spawn")
    processes = on(ProcessPoolExecutor(WORKERS, mp_context=context), "processes")
    if not alone == threads == processes:
        print("threads_or_processes: does not hold: all ways find the same", file=sys.stderr)
        return 1
    print("threads_or_processes: OK, all ways find the same")
    return 0


if __name__ == "__main__":
    sys.exit(main())
