"""The quick `submit()`: what it leaves to the method behind it, and what must not get lost."""

from __future__ import annotations

import inspect
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor as StandardPool
from concurrent.futures import _base
from queue import PriorityQueue
from typing import Any

import pytest
from ironthread.futures import ThreadPoolExecutor, wait


def staffed(pool: ThreadPoolExecutor) -> ThreadPoolExecutor:
    """The pool, with all the threads it may have: calls come in quickly."""
    meet = threading.Barrier(pool._max_workers + 1)
    calls = [pool.submit(meet.wait) for _ in range(pool._max_workers)]
    meet.wait()
    wait(calls)
    return pool


def holding() -> tuple[Callable[[], object], threading.Event, threading.Event]:
    """A call that says that it has begun, and ends when it is told to."""
    begun, go = threading.Event(), threading.Event()

    def held() -> None:
        begun.set()
        go.wait()

    return held, begun, go


def test_calls_come_in_with_any_arguments() -> None:
    def given(*args: object, **kwargs: object) -> tuple[object, object]:
        return args, kwargs

    with staffed(ThreadPoolExecutor(1)) as pool:
        assert pool.submit(given).result() == ((), {})
        assert pool.submit(given, 1, 2, 3, 4, 5, 6).result() == ((1, 2, 3, 4, 5, 6), {})
        assert pool.submit(given, 1, fn=2, self=3).result() == ((1,), {"fn": 2, "self": 3})
        assert ThreadPoolExecutor.submit(pool, given, 1).result() == ((1,), {})
        with pytest.raises(TypeError):
            pool.submit()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            ThreadPoolExecutor.submit(given)  # type: ignore[arg-type, call-arg]


def test_it_shows_itself_as_the_standard_method() -> None:
    ours, standard = ThreadPoolExecutor.submit, StandardPool.submit
    parameters = inspect.signature(standard).parameters
    assert list(inspect.signature(ours).parameters) == list(parameters)
    assert ours.__name__ == standard.__name__
    assert ours.__qualname__ == standard.__qualname__
    assert ours.__doc__ is None or "called by a worker" in ours.__doc__


def test_arguments_and_results_are_let_go_of_before_the_worker_waits() -> None:
    class Thing:
        pass

    with staffed(ThreadPoolExecutor(1)) as pool:
        thing = Thing()
        before = sys.getrefcount(thing)
        future = pool.submit(lambda thing: thing, thing)
        assert future.result() is thing
        del future
        pool.submit(int).result()  # that call's end lies behind it
        assert sys.getrefcount(thing) == before


def test_an_error_of_native_code_has_the_worker_in_its_traceback() -> None:
    with staffed(ThreadPoolExecutor(1)) as pool:
        error = pool.submit(int, "none").exception()
    assert isinstance(error, ValueError)
    assert error.__traceback__ is not None
    assert error.__traceback__.tb_frame.f_code.co_name == "work"


def test_every_call_that_was_taken_is_made_when_shutdown_comes_in_the_middle() -> None:
    for _ in range(50):
        pool = staffed(ThreadPoolExecutor(2))
        taken: list[Any] = []
        begun = threading.Event()

        def submit(
            pool: ThreadPoolExecutor = pool,
            taken: list[Any] = taken,
            begun: threading.Event = begun,
        ) -> None:
            with pytest.raises(RuntimeError, match="after shutdown"):
                while True:
                    taken.append(pool.submit(int))
                    begun.set()

        threads = [threading.Thread(target=submit) for _ in range(2)]
        for each in threads:
            each.start()
        begun.wait()
        pool.shutdown()
        for each in threads:
            each.join()
        assert all(future.done() for future in taken)


def test_a_pool_takes_no_calls_after_its_shutdown_and_workers_end() -> None:
    pool = staffed(ThreadPoolExecutor(2))
    pool.shutdown()
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)
    assert not any(each.is_alive() for each in pool._threads)


def test_a_subclass_that_adds_threads_or_calls_in_its_own_way_is_asked_each_time() -> None:
    class Counting(ThreadPoolExecutor):
        asked = 0

        def _adjust_thread_count(self) -> None:
            self.asked += 1
            super()._adjust_thread_count()

    with Counting(1) as pool:
        staffed(pool)
        before = pool.asked
        for _ in range(3):
            pool.submit(int).result()
        assert pool.asked == before + 3


def test_jobs_of_others_are_run_too() -> None:
    """A pool in the manner of many: `submit()` written over the standard pool's inside."""

    class Pool(ThreadPoolExecutor):
        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            future: Any = _base.Future()

            class Item:
                def run(self) -> None:
                    future.set_result(fn(*args, **kwargs))

            with self._shutdown_lock:
                self._work_queue.put(Item())
                self._adjust_thread_count()
            return future

    with Pool(2) as pool:
        assert [pool.submit(abs, -number).result() for number in range(20)] == list(range(20))


def test_a_queue_that_the_program_puts_there_is_used() -> None:
    class Stack(PriorityQueue[Any]):
        def _put(self, item: Any) -> None:
            self.queue.append(item)

        def _get(self) -> Any:
            return self.queue.pop()

    made: list[int] = []
    held, begun, go = holding()
    pool = ThreadPoolExecutor(1)
    pool._work_queue = Stack()
    pool.submit(held)
    begun.wait()
    calls = [pool.submit(made.append, number) for number in range(3)]
    go.set()
    wait(calls)
    pool.shutdown()
    assert made == [2, 1, 0]


def test_a_job_can_be_taken_and_run_by_somebody_else() -> None:
    """The standard module's worker does so, which some pools start in threads of their own."""
    pool = staffed(ThreadPoolExecutor(1))
    queue = pool._work_queue
    held, begun, go = holding()
    pool.submit(held)
    begun.wait()
    future = pool.submit(abs, -1)
    job = queue.get_nowait()
    job.run()
    assert future.result() == 1
    assert queue.qsize() == 0
    assert queue.empty()
    go.set()
    pool.shutdown()


def test_cancelled_calls_are_not_made_and_those_who_wait_are_told() -> None:
    with staffed(ThreadPoolExecutor(1)) as pool:
        held, begun, go = holding()
        pool.submit(held)
        begun.wait()
        made: list[int] = []
        calls = [pool.submit(made.append, number) for number in range(10)]
        assert all(call.cancel() for call in calls[::2])
        go.set()
        done, pending = wait(calls)
        assert len(done) == 10
        assert not pending
    assert made == [1, 3, 5, 7, 9]
