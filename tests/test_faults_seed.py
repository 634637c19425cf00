"""Which faults a seed gives, and whom they meet."""

from __future__ import annotations

import logging.handlers
import queue
from pathlib import Path
from textwrap import dedent
from typing import Any

import ironthread
import pytest
from ironthread import Lock, Queue, Thread
from ironthread.testing import faults
from programs import run_program

PROGRAM = """
    import random, sys, threading
    from queue import Empty, Full, Queue
    from concurrent.futures import ThreadPoolExecutor
    from ironthread.testing import InjectedError, faults

    sys.setswitchinterval(random.choice((1e-6, 1e-4, 1e-2)))
    done = object()

    def worker(queue, lock):
        # Whatever the schedule, it makes the same attempts.
        for _ in range(30):
            try:
                queue.get(timeout=20)
            except Empty:
                pass
            if lock.acquire(timeout=20):
                lock.release()

    def call(number, lock):
        with lock:
            threading.Thread(target=lambda: lock.locked(), name="child").start()
        return number

    def main():
        queue, lock = Queue(1000), threading.Lock()
        for number in range(200):
            while True:
                try:
                    queue.put_nowait(number)
                    break
                except Full:
                    pass
        threads = [threading.Thread(target=worker, args=(queue, lock)) for _ in range(3)]
        for thread in threads:
            while thread.ident is None:
                try:
                    thread.start()
                except RuntimeError:
                    pass
        with ThreadPoolExecutor(3) as pool:
            for number in range(20):
                try:
                    pool.submit(call, number, lock)
                except RuntimeError:
                    pass
        for thread in threads:
            thread.join()

    with faults(
        sys.argv[1], timeout=0.1, delay=(0.1, 0.001), task=0.2, full=0.1, empty=0.1, {more}
    ) as f:
        main()
    print(f.replay)
    for injection in f.log:
        print(injection)
"""
INSTALLED = "import ironthread\nironthread.install()\n"


def log_of(seed: str, more: str = "") -> str:
    return run_program(INSTALLED + dedent(PROGRAM).replace("{more}", more), seed).out


def test_a_seed_gives_the_same_faults_in_every_process() -> None:
    first = log_of("a")
    assert all(f": {kind} in" in first for kind in ("timeout", "delay", "task", "full", "empty"))
    assert log_of("a") == log_of("a") == first


def test_another_seed_gives_others() -> None:
    assert log_of("a").splitlines()[1:] != log_of("b").splitlines()[1:]


def test_a_kind_of_fault_leaves_the_others_where_they_are() -> None:
    def but_for_starts(log: str) -> list[str]:
        # Who cannot be started is tried again: what comes after has other numbers.
        return [line for line in log.splitlines()[1:] if ": full" in line]

    assert but_for_starts(log_of("a")) == but_for_starts(log_of("a", "start=0.3"))


def polled(block: faults) -> list[bool]:
    """Which of some attempts fail."""
    made: Queue[int] = Queue()
    made.put(1)
    failed = []
    with block:
        for _ in range(64):
            try:
                made.put(made.get(timeout=30))
                failed.append(False)
            except queue.Empty:
                failed.append(True)
    return failed


def test_the_replay_repeats_it() -> None:
    first = faults(empty=0.3, delay=(0.1, 0.0001), only=("Queue", Lock), threads="Main*")
    failed = polled(first)
    assert 0 < sum(failed) < 64
    again = eval(first.replay, {"faults": faults, "Lock": Lock})
    assert again.seed == first.seed
    assert polled(again) == failed
    assert again.log == first.log


def test_a_seed_may_be_chosen() -> None:
    assert faults(empty=1).seed != faults(empty=1).seed


def test_faults_are_for_some_classes_only() -> None:
    class Own(Queue[int]):
        pass

    def refused(made: Queue[int]) -> bool:
        try:
            made.get_nowait()
        except queue.Empty:
            return made.qsize() == 1
        return False

    several: list[Queue[int]] = [Queue(), ironthread.LifoQueue(), Own()]
    cases: list[tuple[Any, list[bool]]] = [
        ("Queue", [True, True, True]),
        ("LifoQueue", [False, True, False]),
        (Own, [False, False, True]),
        (["LifoQueue", Own], [False, True, True]),
        ((), [False, False, False]),
    ]
    for only, expected in cases:
        for made in several:
            while not made.empty():
                made.get()
            made.put(1)
        with faults(seed=1, empty=1, only=only):
            assert [refused(made) for made in several] == expected


@pytest.mark.parametrize(
    ("where", "meets"),
    [
        (__name__, True),
        ("test_fau*", True),
        ("test_faults_seed.py", True),
        ("tests/*.py", True),
        ("other", False),
        (["other", "*/test_faults_*"], True),
        ((), False),
    ],
)
def test_faults_are_for_some_callers_only(where: str | list[str], meets: bool) -> None:
    with faults(seed=1, timeout=1, where=where):
        assert Lock().acquire(timeout=30) is not meets


def test_the_standard_library_meets_none_unless_it_is_asked_for() -> None:
    made: Queue[object] = Queue(10)
    handler = logging.handlers.QueueHandler(made)
    record = logging.makeLogRecord({})
    with faults(seed=1, full=1):
        handler.enqueue(record)
    with faults(seed=1, full=1, where="logging.*"), pytest.raises(queue.Full):
        handler.enqueue(record)
    assert made.get() is record
    assert made.empty()


def test_faults_are_for_some_threads_only() -> None:
    def attempt(results: dict[str, bool], name: str) -> None:
        results[name] = Lock().acquire(timeout=30)

    for patterns, expected in (
        ("worker-*", {"worker-1": False, "worker-2": False, "other": True}),
        ("MainThread/*", {"worker-1": False, "worker-2": False, "other": False}),
        (["*-2", "other"], {"worker-1": True, "worker-2": False, "other": False}),
    ):
        results: dict[str, bool] = {}
        with faults(seed=1, timeout=1, threads=patterns):
            for name in expected:
                thread = Thread(target=attempt, args=(results, name), name=name)
                thread.start()
                thread.join()
        assert results == expected


def test_threads_go_by_who_started_them() -> None:
    def child() -> None:
        Lock().acquire(timeout=30)

    def parent() -> None:
        for _ in range(2):
            thread = Thread(target=child, name="child")
            thread.start()
            thread.join()

    with faults(seed=1, timeout=1, only="Lock") as block:
        thread = Thread(target=parent)
        thread.start()
        thread.join()
        with ironthread.ThreadPoolExecutor(2) as pool:
            pool.submit(child).result()
    here = "test_threads_go_by_who_started_them.<locals>"
    assert [injection.thread for injection in block.log] == [
        "MainThread/Thread (parent)/child",
        "MainThread/Thread (parent)/child#2",
        f"MainThread/{here}.child()",
    ]


def code_of(document: str, word: str) -> str:
    """The Python blocks of a document from the one that has this word in it on."""
    text = (Path(__file__).parent.parent / "docs" / document).read_text(encoding="utf-8")
    blocks = [block.split("```")[0] for block in text.split("```python\n")[1:]]
    return next(block for block in blocks if word in block)


def test_the_example_is_found_by_a_seed_and_the_cured_one_stands_a_thousand() -> None:
    words = ("class Buffer", "def first_seed_that_fails", "class FixedBuffer")
    example = "\n".join(code_of("faults.md", word) for word in words)
    end = """
seed, error = first_seed_that_fails(Buffer, range(1000))
assert f"faults(seed={seed}, spurious=0.3" in error.__notes__[0], error.__notes__
assert "spurious in Condition.wait" in error.__notes__[0]
assert first_seed_that_fails(FixedBuffer, range(1000)) is None
print("found by", seed)
"""
    imports = "from ironthread.testing import faults\n"
    outcome = run_program(INSTALLED + imports + example + end, limit=120)
    assert outcome.out.startswith("found by")
