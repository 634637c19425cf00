"""What programs do with `concurrent.futures`: threads, processes, callbacks, failures, time limits."""

import concurrent.futures as futures
import os
import threading
from collections.abc import Callable
from typing import Any

NUMBERS = range(40)
made: threading.local = threading.local()


def square(number: int) -> int:
    return number * number


def fail(number: int) -> int:
    if number % 3 == 0:
        raise ArithmeticError(f"no {number}")
    return number


def in_a_child(number: int) -> tuple[int, bool]:
    """Runs in another process, and uses threads there."""
    with futures.ThreadPoolExecutor(2) as pool:
        return sum(pool.map(square, range(number))), os.getpid() != number


def map_and_submit() -> None:
    with futures.ThreadPoolExecutor(4, thread_name_prefix="map") as pool:
        print("map", sum(pool.map(square, NUMBERS)))
        jobs = {pool.submit(fail, number): number for number in NUMBERS}
        outcomes = []
        for job in futures.as_completed(jobs, timeout=30):
            error = job.exception()
            outcomes.append((jobs[job], str(error) if error else job.result()))
        print("as_completed", sorted(outcomes, key=lambda outcome: outcome[0]))


def callbacks() -> None:
    called: list[int] = []
    lock = threading.Lock()
    gate = threading.Event()

    def wait_and_square(number: int) -> int:
        gate.wait()  # until every callback is there
        return number * number

    def note(job: "futures.Future[int]") -> None:
        with lock:
            called.append(job.result())
        if job.result() == 0:
            raise RuntimeError("a callback fails")  # is logged, and nobody else is hindered

    with futures.ThreadPoolExecutor(3, thread_name_prefix="call") as pool:
        for number in NUMBERS:
            pool.submit(wait_and_square, number).add_done_callback(note)
        gate.set()
    print("callbacks", sorted(called) == [square(number) for number in NUMBERS])


def waiting_and_cancelling() -> None:
    running, gate = threading.Event(), threading.Event()

    def run() -> bool:
        running.set()
        return gate.wait()

    with futures.ThreadPoolExecutor(1, thread_name_prefix="gate") as pool:
        first = pool.submit(run)
        running.wait()
        others = [pool.submit(square, number) for number in range(5)]
        everything: list[futures.Future[Any]] = [first, *others]
        try:
            first.result(timeout=0.01)
        except futures.TimeoutError as error:
            print("timeout", type(error).__name__)
        print("cancelled", others[2].cancel(), first.cancel())
        done, pending = futures.wait(everything, timeout=0.01)
        print("before", len(done), len(pending))
        gate.set()
        done, pending = futures.wait(everything)
        print("after", len(done), len(pending))
        print("first error", attempt(lambda: others[2].result()))
    print("closed", attempt(lambda: pool.submit(square, 1)))


def initializers() -> None:
    def prepare(prefix: str) -> None:
        made.name = f"{prefix} {threading.current_thread().name}"

    with futures.ThreadPoolExecutor(
        3, thread_name_prefix="ready", initializer=prepare, initargs=("made in",)
    ) as pool:
        meeting = threading.Barrier(3)

        def name() -> str:
            meeting.wait()
            return str(made.name)

        print("initializer", sorted(job.result() for job in [pool.submit(name) for _ in range(3)]))


def processes() -> None:
    with futures.ProcessPoolExecutor(2) as pool:
        print("processes", list(pool.map(in_a_child, range(8), chunksize=2)))
        print("process error", attempt(pool.submit(fail, 3).result))
        broken = pool.submit(os._exit, 3)
        print("broken", attempt(broken.result).partition(":")[0])


def attempt(action: Callable[[], object]) -> str:
    try:
        return repr(action())
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


if __name__ == "__main__":
    map_and_submit()
    callbacks()
    waiting_and_cancelling()
    initializers()
    processes()
