"""Live locks of the standard library: which `install()` exchanges, and which it must not.

The tests note identities: a reference of theirs would keep a lock in its place.
"""

from __future__ import annotations

import sys

import pytest
from python_process import python


def test_live_locks_of_the_standard_library_are_exchanged_and_come_back() -> None:
    python(
        """
        import logging, multiprocessing.resource_tracker, tempfile, unittest.mock
        handler = logging.StreamHandler()
        def locks():
            return [
                logging._lock, logging.lastResort.lock, handler.lock, tempfile._once_lock,
                multiprocessing.resource_tracker._resource_tracker._lock,
                unittest.mock.NonCallableMock._lock,
            ]
        def kinds(): return [type(lock) for lock in locks()]
        def identities(): return [id(lock) for lock in locks()]
        stock = kinds(), identities()
        import ironthread
        L, R = ironthread.Lock, ironthread.RLock
        ironthread.install()
        assert kinds() == [R, R, R, L, R, R], kinds()
        ironthread.uninstall()
        assert (kinds(), identities()) == stock
        """
    )


def test_a_lock_that_is_held_is_not_exchanged() -> None:
    python(
        """
        import logging, tempfile
        import ironthread
        tempfile._once_lock.acquire()
        logging._lock.acquire()
        ironthread.install()
        assert type(logging._lock) is not ironthread.RLock
        assert type(tempfile._once_lock) is not ironthread.Lock
        logging._lock.release()
        tempfile._once_lock.release()
        """
    )


def test_a_lock_that_was_taken_over_by_another_object_is_not_exchanged() -> None:
    python(
        """
        import logging, threading
        shared = threading.Condition(logging._lock)
        import ironthread
        ironthread.install()
        assert type(logging._lock) is not ironthread.RLock
        """
    )


def test_no_live_lock_is_exchanged_while_other_threads_run() -> None:
    python(
        """
        import logging, threading
        import ironthread
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        ironthread.install()
        assert threading.RLock is ironthread.RLock
        assert type(logging._lock) is not ironthread.RLock
        stop.set()
        thread.join()
        """
    )


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_lock_whose_methods_were_registered_somewhere_is_not_exchanged() -> None:
    python(
        """
        import os
        import concurrent.futures.thread as pools
        import ironthread
        ironthread.install()
        assert type(pools._global_shutdown_lock) is not ironthread.Lock
        pid = os.fork()
        if pid:
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
        with pools.ThreadPoolExecutor() as pool:
            assert pool.submit(int, "5").result() == 5
        """
    )


def test_the_locks_of_threading_and_importlib_are_left_alone() -> None:
    python(
        """
        import threading
        import importlib._bootstrap as bootstrap
        def locks():
            return {
                id(value) for module in (threading, bootstrap) for value in vars(module).values()
                if hasattr(value, "acquire") and not isinstance(value, type)
            }
        before = locks()
        import ironthread
        ironthread.install()
        assert locks() == before
        """
    )
