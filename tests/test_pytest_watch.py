"""`pytest --ironthread`: what a deadlock in a test's own threads does to the run."""

from __future__ import annotations

from pathlib import Path

import pytest
from python_process import start, write

PYTEST = ["-m", "pytest", "-q", "--ironthread", "-p", "no:cacheprovider"]
NEST = """
    import threading

    def take_both(first, second, meet):
        {take}

    def test_two_orders_at_once():
        a, b = threading.{kind}(), threading.{kind}()
        meet = threading.Barrier(2)
        threads = [
            threading.Thread(target=take_both, args=args) for args in ((a, b, meet), (b, a, meet))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
"""
BY_WITH = """with first:
            meet.wait()
            with second:
                pass"""
BY_CALLS = """first.acquire()
        meet.wait()
        second.acquire()
        second.release()
        first.release()"""


@pytest.mark.parametrize("kind", ["Lock", "RLock"])
def test_a_deadlock_that_ends_a_thread_fails_the_test(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "test_it.py", NEST.format(take=BY_WITH, kind=kind))
    done = start(PYTEST, cwd=tmp_path)
    assert done.returncode == 1, str(done)
    assert "1 failed" in done.stdout, done.stdout
    assert "2 threads wait for one another" in done.stdout


ASLEEP = {
    "for a thread that ended with a lock": NEST.format(take=BY_CALLS, kind="Lock"),
    "for an item that nobody puts": """
        import queue, threading
        def test_it():
            getter = threading.Thread(target=queue.Queue().get)
            getter.start()
            getter.join()
    """,
}


@pytest.mark.parametrize("code", ASLEEP.values(), ids=ASLEEP)
def test_a_run_that_would_never_end_says_why_and_ends(tmp_path: Path, code: str) -> None:
    write(tmp_path / "test_it.py", code)
    done = start(PYTEST, cwd=tmp_path)
    assert done.returncode == 86, str(done)
    assert "test_it.py::test_" in done.stderr
    assert "never ends, nor does the run" in done.stderr
    assert "MainThread waits for the end of a thread started at" in done.stderr
    assert "_deadlock.py" not in done.stderr
