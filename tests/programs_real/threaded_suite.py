"""A test suite of a threaded program, for pytest and for unittest. Some of it fails, to see how that looks."""

import logging
import os
import queue
import sys
import threading
import unittest
from collections.abc import Iterator

import pytest


@pytest.fixture
def worker() -> Iterator[queue.Queue[str | None]]:
    words: queue.Queue[str | None] = queue.Queue()

    def work() -> None:
        while (word := words.get()) is not None:
            logging.getLogger("worker").warning("got %s", word)
            words.task_done()
        words.task_done()

    thread = threading.Thread(target=work, name="worker")
    thread.start()
    yield words
    words.put(None)
    thread.join()


def test_what_a_worker_logs_is_captured(
    worker: queue.Queue[str | None], caplog: pytest.LogCaptureFixture
) -> None:
    for word in ("one", "two"):
        worker.put(word)
    worker.join()
    assert [record.getMessage() for record in caplog.records] == ["got one", "got two"]
    assert {record.threadName for record in caplog.records} == {"worker"}


def test_what_threads_print_is_captured(capsys: pytest.CaptureFixture[str]) -> None:
    threads = [
        threading.Thread(target=sys.stdout.write, args=[f"{number}\n"]) for number in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(capsys.readouterr().out.split()) == list("01234")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_an_exception_of_a_thread_does_not_fail_the_test() -> None:
    thread = threading.Thread(target=lambda: 1 // 0, name="failing")
    thread.start()
    thread.join()


def test_an_exception_of_a_thread_is_warned_of() -> None:
    thread = threading.Thread(
        target=lambda: os.environ["MISSING FROM ALL ENVIRONMENTS"], name="warned of"
    )
    thread.start()
    thread.join()


@pytest.mark.parametrize("parties", [2, 5])
def test_a_barrier_meets(parties: int) -> None:
    barrier = threading.Barrier(parties, timeout=30)
    threads = [threading.Thread(target=barrier.wait) for _ in range(parties - 1)]
    for thread in threads:
        thread.start()
    barrier.wait()
    for thread in threads:
        thread.join()
    assert barrier.n_waiting == 0


def test_a_patched_class_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []
    real = threading.Event

    def event() -> threading.Event:
        made.append(1)
        return real()

    monkeypatch.setattr(threading, "Event", event)
    threading.Timer(30, print)
    assert made


def test_a_failure_with_a_lock_in_its_message() -> None:
    lock = threading.Lock()
    lock.acquire()
    assert not lock.locked(), "it is locked"


class Cases(unittest.TestCase):
    """The other way to write tests."""

    def setUp(self) -> None:
        self.lock = threading.Lock()

    def test_in_threads(self) -> None:
        total = [0]

        def add() -> None:
            for _ in range(1000):
                with self.lock:
                    total[0] += 1

        threads = [threading.Thread(target=add) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(total[0], 4000)  # noqa: PT009 (the way of unittest)
