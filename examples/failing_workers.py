"""What becomes of an error in a thread, and how nobody misses it.

* A plain thread that raises ends, and who joins it hears nothing of it. `threading.excepthook`
  does: here it notes the error with the thread's name.
* A worker that serves many jobs catches the error of each, puts it beside the job, and goes on.
* A pool keeps the error in the future: `result()` raises it, in the thread that asks.

    python examples/failing_workers.py
    ironthread run examples/failing_workers.py
"""

from __future__ import annotations

import queue
import sys
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed

JOBS = ["12", "x", "30", "", "7"]
GOOD = {"12": 12, "30": 30, "7": 7}


def plain_threads() -> list[str]:
    """Parse each job in a thread of its own; return which of them failed, by the hook."""
    failed: list[str] = []

    def note(failure: threading.ExceptHookArgs) -> None:
        if failure.thread is not None:
            failed.append(f"{failure.thread.name}: {failure.exc_type.__name__}")

    before, threading.excepthook = threading.excepthook, note
    try:
        threads = [threading.Thread(target=int, args=(job,), name=f"parse {job!r}") for job in JOBS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()  # returns for those that failed, too
    finally:
        threading.excepthook = before
    return sorted(failed)


def worker(
    jobs: queue.Queue[str | None], done: dict[str, int], failed: dict[str, Exception]
) -> None:
    """Serve jobs until None comes; an error ends its job, not the worker."""
    while (job := jobs.get()) is not None:
        try:
            done[job] = int(job)
        except ValueError as error:
            failed[job] = error
        finally:
            jobs.task_done()  # whatever happened, or join() waits for ever


def one_worker() -> tuple[dict[str, int], dict[str, Exception]]:
    """Have one worker do all jobs; return what came of them."""
    jobs: queue.Queue[str | None] = queue.Queue()
    done: dict[str, int] = {}
    failed: dict[str, Exception] = {}
    thread = threading.Thread(target=worker, args=(jobs, done, failed), name="worker")
    thread.start()
    for job in JOBS:
        jobs.put(job)
    jobs.join()
    jobs.put(None)
    thread.join()
    return done, failed


def a_pool() -> tuple[dict[str, int], set[str]]:
    """Have a pool do them; return what came of them."""
    done: dict[str, int] = {}
    failed: set[str] = set()
    with ThreadPoolExecutor(2, thread_name_prefix="parser") as pool:
        futures = {pool.submit(int, job): job for job in JOBS}
        for future in as_completed(futures):
            try:
                done[futures[future]] = future.result()
            except ValueError:
                failed.add(futures[future])
    return done, failed


def main() -> int:
    """Run the example; return the exit status."""
    bad = {job for job in JOBS if job not in GOOD}
    told = plain_threads()
    done, failed = one_worker()
    pooled, pool_failed = a_pool()
    claims = {
        "the hook hears of each thread that failed": told
        == sorted(f"parse {job!r}: ValueError" for job in bad),
        "the worker goes on after an error": done == GOOD and set(failed) == bad,
        "the pool's futures keep the errors": pooled == GOOD and pool_failed == bad,
    }
    problems = [claim for claim, holds in claims.items() if not holds]
    for problem in problems:
        print(f"failing_workers: does not hold: {problem}", file=sys.stderr)
    if problems:
        return 1
    print(f"failing_workers: OK, {len(bad)} errors, told three times")
    return 0


if __name__ == "__main__":
    sys.exit(main())
