"""`ThreadPoolExecutor`: beside the standard library's, and by itself."""

from __future__ import annotations

import asyncio
import concurrent.futures as standard
import gc
import logging
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from crew import Crew, until
from ironthread import Event, WorkStealingExecutor
from ironthread.futures import BrokenThreadPool, Future, ThreadPoolExecutor, as_completed, wait
from ironthread.threading import Thread
from programs import run_program

FREE_THREADED = hasattr(sys, "_is_gil_enabled") and not sys._is_gil_enabled()


def test_it_is_an_instance_of_the_standard_classes() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert isinstance(pool, standard.ThreadPoolExecutor)
        assert isinstance(pool, standard.Executor)
        assert isinstance(pool.submit(int), Future)


@pytest.mark.parametrize("arguments", [(0,), (-1,), ("x",), (1, "", 5)])
def test_senseless_arguments_are_refused_as_by_the_standard_library(arguments: Any) -> None:
    raised = []
    for kind in (standard.ThreadPoolExecutor, ThreadPoolExecutor):
        with pytest.raises((ValueError, TypeError)) as caught:
            kind(*arguments)
        raised.append((type(caught.value), str(caught.value)))
    assert raised[0] == raised[1]


def test_calls_get_their_arguments_and_give_their_outcome() -> None:
    def fail(text: str) -> None:
        raise KeyError(text)

    with ThreadPoolExecutor(2) as pool:
        assert pool.submit(divmod, 7, 2).result() == (3, 1)
        assert pool.submit(sorted, [1, 3, 2], reverse=True).result() == [3, 2, 1]
        error = pool.submit(fail, "text").exception()
    assert isinstance(error, KeyError)
    assert error.__traceback__ is not None
    assert error.__traceback__.tb_next is not None
    assert error.__traceback__.tb_next.tb_frame.f_code.co_name == "fail"


def test_threads_are_started_when_needed_named_and_used_again() -> None:
    with ThreadPoolExecutor(3, thread_name_prefix="worker") as pool:
        assert len(pool._threads) == 0
        for _ in range(20):
            assert pool.submit(lambda: threading.current_thread().name).result() == "worker_0"
            # The worker says that it is idle a moment after the result is there.
            until(lambda: pool._idle_semaphore._value == 1)
        assert len(pool._threads) == 1
        together = threading.Barrier(3)
        wait([pool.submit(together.wait) for _ in range(3)])
        assert {thread.name for thread in pool._threads} == {"worker_0", "worker_1", "worker_2"}
    assert not any(thread.is_alive() for thread in pool._threads)


@pytest.mark.skipif(FREE_THREADED, reason="there the worker and whom it wakes run at once")
def test_whom_an_outcome_wakes_finds_the_worker_idle() -> None:
    with ThreadPoolExecutor(4) as pool:
        for _ in range(1000):
            wait([pool.submit(pow, 2, 3)])
            assert list(as_completed([pool.submit(pow, 2, 3)]))
            assert pool.submit(pow, 2, 3).result() == 8
        assert len(pool._threads) == 1


def test_its_threads_are_ours_without_an_install_and_of_a_class_that_somebody_puts_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert threading.Thread is not Thread
    go = threading.Event()
    with Crew() as crew:
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(lambda: (go.wait(), threading.current_thread())[1])
            try:
                crew.start(pool.shutdown).until_asleep("Thread.join")
            finally:
                go.set()
        assert isinstance(future.result(), Thread)

    class Other(threading.Thread):
        pass

    monkeypatch.setattr(threading, "Thread", Other)
    with ThreadPoolExecutor(1) as pool:
        assert isinstance(pool.submit(threading.current_thread).result(), Other)


def test_map_keeps_the_order_and_raises_where_it_comes_to_an_error() -> None:
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(pow, [2, 3, 4], [5, 2, 1])) == [32, 9, 4]
        results = pool.map(lambda number: 1 // number, [1, 0, 1])
        assert next(results) == 1
        with pytest.raises(ZeroDivisionError):
            next(results)
        never = threading.Event()
        slow = pool.map(lambda _: never.wait(), [1], timeout=0.01)
        with pytest.raises(TimeoutError):
            next(slow)
        never.set()


def test_map_with_a_buffer_is_so_many_calls_ahead_and_no_more() -> None:
    taken: list[int] = []

    def numbers() -> Any:
        for number in range(10):
            taken.append(number)
            yield number

    with ThreadPoolExecutor(2) as pool:
        results = pool.map(str, numbers(), buffersize=3)
        assert taken == [0, 1, 2]
        assert next(results) == "0"
        assert taken == [0, 1, 2, 3]
        assert list(results) == [str(number) for number in range(1, 10)]
        for wrong, error in ((0, ValueError), (-1, ValueError), ("x", TypeError)):
            with pytest.raises(error, match="buffersize"):
                pool.map(str, [1], buffersize=wrong)  # type: ignore[arg-type]


def test_what_is_left_of_a_map_is_cancelled_when_it_is_dropped() -> None:
    hold = threading.Event()
    started: list[int] = []

    def call(number: int) -> None:
        started.append(number)
        if number > 0:
            hold.wait()

    with ThreadPoolExecutor(1) as pool:
        results: Any = pool.map(call, range(5))
        next(results)
        until(lambda: started == [0, 1])
        results.close()
        hold.set()
    assert started == [0, 1]


def test_shutdown_refuses_new_calls_and_does_the_old_ones() -> None:
    pool = ThreadPoolExecutor(1)
    go = threading.Event()
    futures: list[Future[Any]] = [pool.submit(go.wait), pool.submit(str, 1)]
    pool.shutdown(wait=False)
    with pytest.raises(RuntimeError, match="cannot schedule new futures after shutdown"):
        pool.submit(int)
    go.set()
    pool.shutdown()
    assert [future.result() for future in futures] == [True, "1"]


def test_a_shutdown_that_cancels_tells_who_waits() -> None:
    pool = ThreadPoolExecutor(1)
    go = threading.Event()
    first = pool.submit(go.wait)
    until(first.running)
    others = [pool.submit(int) for _ in range(3)]
    pool.shutdown(wait=False, cancel_futures=True)
    assert all(future.cancelled() for future in others)
    # The standard library's would wait for ever: nobody noticed the cancellations.
    assert wait(others, 30) == (set(others), set())
    go.set()
    pool.shutdown()
    assert first.result() is True


def test_a_failing_initializer_breaks_the_pool(caplog: pytest.LogCaptureFixture) -> None:
    def fail(text: str) -> None:
        raise ValueError(text)

    with ThreadPoolExecutor(2, initializer=fail, initargs=("no",)) as pool:
        future = pool.submit(int)
        with pytest.raises(BrokenThreadPool):
            future.result()
        with pytest.raises(BrokenThreadPool):
            pool.submit(int)
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


@pytest.mark.parametrize("options", [{}, {"call_options": True}])
def test_a_pool_that_breaks_with_all_its_workers_takes_no_calls(options: dict[str, Any]) -> None:
    go = threading.Event()

    def fail() -> None:
        go.wait(30)
        raise ValueError

    pool = ThreadPoolExecutor(1, initializer=fail, **options)
    futures = [pool.submit(int) for _ in range(3)]
    go.set()
    for future in futures:
        with pytest.raises(BrokenThreadPool):
            future.result(30)
    with pytest.raises(BrokenThreadPool):
        pool.submit(int)
    pool.shutdown()


def test_a_callback_of_a_cancelled_call_cannot_submit_again() -> None:
    refused: list[str] = []

    def again(_: object) -> None:
        try:
            pool.submit(int).add_done_callback(again)
        except RuntimeError as error:
            refused.append(str(error))

    go = threading.Event()
    pool = ThreadPoolExecutor(1)
    first = pool.submit(go.wait, 30)
    for _ in range(3):
        pool.submit(int).add_done_callback(again)
    pool.shutdown(wait=False, cancel_futures=True)
    go.set()
    assert first.result(30) is True
    pool.shutdown()
    assert refused == ["cannot schedule new futures after shutdown"] * 3


def test_what_the_standard_pool_takes_is_taken() -> None:
    halves: Any = 2.5
    nothing: Any = None
    with ThreadPoolExecutor(halves, thread_name_prefix=nothing) as pool:
        assert pool.submit(int, "1").result(30) == 1
        assert next(iter(pool._threads)).name.startswith("ThreadPoolExecutor-")
    with ThreadPoolExecutor(halves, call_options=True) as pool:
        assert pool.submit(int, "1").result(30) == 1
    # None of them is started.
    with pytest.raises(ValueError, match="max_workers"):
        ThreadPoolExecutor(0)
    endless: Any = float("inf")
    with ThreadPoolExecutor(endless) as pool:
        assert pool.submit(int, "1").result(30) == 1


def test_nothing_of_finished_work_is_kept() -> None:
    class Thing:
        pass

    with ThreadPoolExecutor(1) as pool:
        for give in (lambda thing: None, lambda thing: thing, _raise):
            thing = Thing()
            gone = weakref.ref(thing)
            future = pool.submit(give, thing)
            wait([future])
            del thing, future
            gc.collect()
            until(lambda: gone() is None)


def _raise(thing: object) -> None:
    raise KeyError(thing)


def test_workers_end_when_the_pool_is_dropped() -> None:
    pool = ThreadPoolExecutor(2)
    pool.submit(int).result()
    [worker] = pool._threads
    del pool
    gc.collect()
    worker.join(30)
    assert not worker.is_alive()


def test_asyncio_runs_on_it() -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2, thread_name_prefix="mine") as pool:
            loop.set_default_executor(pool)
            names = [asyncio.to_thread(lambda: threading.current_thread().name) for _ in range(3)]
            return [*await asyncio.gather(*names), await loop.run_in_executor(pool, str, 5)]

    *names, text = asyncio.run(main())
    assert all(name.startswith("mine_") for name in names)
    assert text == "5"


def test_a_cancelled_call_is_not_made() -> None:
    go = threading.Event()
    calls: list[int] = []
    with ThreadPoolExecutor(1) as pool:
        pool.submit(go.wait)
        futures = [pool.submit(calls.append, number) for number in range(5)]
        assert futures[1].cancel()
        assert futures[3].cancel()
        go.set()
    assert calls == [0, 2, 4]


def test_the_interpreter_s_end_waits_for_the_work() -> None:
    outcome = run_program("""
        import os
        from crew import until
        from ironthread.futures import ThreadPoolExecutor

        def is_too_late():
            try:
                pool.submit(int)
            except RuntimeError as error:
                return "shutdown" in str(error)

        def work(number):
            until(is_too_late)
            os.write(1, f"{number}\\n".encode())

        pool = ThreadPoolExecutor(2)
        futures = [pool.submit(work, number) for number in range(6)]
    """)
    assert sorted(outcome.out.split()) == list("012345")


def test_a_forked_child_has_a_pool_of_its_own() -> None:
    run_program("""
        import os, threading, warnings
        from ironthread.futures import ThreadPoolExecutor
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        go = threading.Event()
        with ThreadPoolExecutor(2) as pool:
            pool.submit(go.wait)
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    with ThreadPoolExecutor(2) as fresh:
                        assert list(fresh.map(str, range(3))) == ["0", "1", "2"]
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
            go.set()
    """)


def test_install_puts_them_into_the_standard_library_when_it_is_imported() -> None:
    run_program("""
        import sys
        import ironthread
        ironthread.install()
        assert "concurrent.futures" not in sys.modules
        assert "logging" not in sys.modules
        import asyncio, concurrent.futures
        from ironthread import futures
        for name in ("Future", "ThreadPoolExecutor", "wait", "as_completed"):
            assert getattr(concurrent.futures, name) is getattr(futures, name), name
        assert concurrent.futures._base.Future is futures.Future
        async def main():
            await asyncio.to_thread(int)
            return asyncio.get_running_loop()._default_executor
        assert type(asyncio.run(main())) is futures.ThreadPoolExecutor
        ironthread.uninstall()
        for name in ("Future", "ThreadPoolExecutor", "wait", "as_completed"):
            assert getattr(concurrent.futures, name) is not getattr(futures, name), name
            assert getattr(concurrent.futures, name).__module__.startswith("concurrent.futures")
        assert not any(type(finder).__module__.startswith("ironthread") for finder in sys.meta_path)
    """)


def test_ten_thousand_calls_of_many_kinds_all_end_once() -> None:
    ends: list[Any] = []
    with ThreadPoolExecutor(4) as pool:
        futures = []
        for number in range(10_000):
            future = pool.submit(_raise if number % 7 == 0 else str, number)
            future.add_done_callback(ends.append)
            if number % 5 == 0:
                future.cancel()
            futures.append(future)
        assert wait(futures, 60).not_done == set()
    assert len(ends) == len(set(ends)) == 10_000
    for number, future in enumerate(futures):
        if not future.cancelled():
            expected = KeyError if number % 7 == 0 else type(None)
            assert type(future.exception()) is expected


def test_the_time_of_a_call_is_its_own() -> None:
    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        assert [*pool.map(time.sleep, [0.05] * 4)] == [None] * 4
    assert time.monotonic() - began < 5


def _run_by_its_caller() -> Iterator[Executor]:
    """A pool whose only worker is taken, and no place is left."""
    go = Event()
    with ThreadPoolExecutor(1, max_queue=1, when_full="run") as pool:
        pool.submit(go.wait)
        pool.submit(go.wait)
        yield pool
        go.set()


MAKERS: dict[str, Callable[[], AbstractContextManager[Executor]]] = {
    "plain": lambda: ThreadPoolExecutor(1),
    "bounded": lambda: ThreadPoolExecutor(1, max_queue=3),
    "in a context": lambda: ThreadPoolExecutor(1, inherit_context=True),
    "by its caller": contextmanager(_run_by_its_caller),
    "stealing": lambda: WorkStealingExecutor(1),
    "stealing whatever there is": lambda: WorkStealingExecutor(1, while_waiting="any"),
}


class Failing(Exception):
    """Raised by calls on purpose."""


def _result_of(future: Any) -> None:
    try:
        future.result()
    except Failing:
        pass
    finally:
        del future  # the traceback leads here


def _exception_of(future: Any) -> None:
    try:
        assert isinstance(future.exception(), Failing)
    finally:
        del future  # here as well, if the call was made by who waits for it


def _wait_for(future: Any) -> None:
    try:
        wait([future])
    finally:
        del future


def _complete(future: Any) -> None:
    try:
        for _ in as_completed([future]):
            pass
    finally:
        del future, _


@pytest.mark.parametrize("ask", [_result_of, _exception_of, _wait_for, _complete])
@pytest.mark.parametrize(
    ("name", "inside"),
    [*((name, False) for name in MAKERS), ("stealing", True), ("stealing whatever there is", True)],
)
def test_a_failed_call_is_kept_by_nobody(
    name: str, ask: Callable[[Any], None], inside: bool
) -> None:
    class Thing:
        pass

    watches: list[weakref.ref[Thing]] = []

    def fails() -> None:
        thing = Thing()
        watches.append(weakref.ref(thing))
        raise Failing

    def asks() -> None:
        ask(pool.submit(fails))

    with MAKERS[name]() as pool:
        gc.collect()
        gc.disable()
        try:
            if inside:
                pool.submit(asks).result()
            else:
                asks()
            until(lambda: watches[0]() is None, limit=5.0)
        finally:
            gc.enable()
