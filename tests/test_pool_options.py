"""Pools that bound and order their calls: places, policies, priorities, deadlines, contexts."""

from __future__ import annotations

import asyncio
import concurrent.futures as standard
import contextvars
import gc
import logging
import queue
import signal
import sys
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from crew import Crew, until
from ironthread import _core
from ironthread.futures import BrokenThreadPool, ThreadPoolExecutor, as_completed, wait
from programs import run_program, run_python

name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")


@contextmanager
def busy(pool: Any, workers: int = 1) -> Iterator[threading.Event]:
    """Keep the workers of a pool busy until the block ends, or until the event is set."""
    go = threading.Event()
    running = [pool.submit(go.wait) for _ in range(workers)]
    try:
        until(lambda: all(future.running() for future in running))
        yield go
    finally:
        go.set()


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_queue": 0}, ValueError, "max_queue must be 1 or more, not 0"),
        ({"max_queue": -3}, ValueError, "max_queue must be 1 or more, not -3"),
        ({"max_queue": True}, TypeError, "max_queue must be an integer or None, not bool"),
        ({"max_queue": 2.0}, TypeError, "max_queue must be an integer or None, not float"),
        ({"max_queue": 1, "when_full": "wait"}, ValueError, "when_full must be"),
        ({"when_full": "raise"}, ValueError, "needs max_queue"),
        ({"rate_limit": True}, TypeError, "rate_limit must be a number"),
        ({"rate_limit": "10"}, TypeError, "rate_limit must be a number"),
        ({"rate_limit": 0}, ValueError, "starts per second"),
    ],
)
def test_senseless_options_of_a_pool_are_refused(
    arguments: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        ThreadPoolExecutor(1, **arguments)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"priority": 1.0}, TypeError, "priority must be an integer, not float"),
        ({"priority": True}, TypeError, "priority must be an integer, not bool"),
        ({"priority": 2**63}, ValueError, "priority must be from"),
        ({"deadline": -1}, ValueError, "deadline must be from 0"),
        ({"deadline": float("nan")}, ValueError, "deadline must be from 0"),
        ({"deadline": float("inf")}, ValueError, "deadline must be from 0"),
        ({"timeout": "1"}, TypeError, "timeout must be a number of seconds or None, not str"),
        ({"context": {}}, TypeError, "context must be a Context or None, not dict"),
    ],
)
def test_senseless_options_of_a_call_are_refused(
    arguments: Any, error: type[Exception], message: str
) -> None:
    with (
        ThreadPoolExecutor(1, call_options=True) as pool,
        pytest.raises(error, match=message),
    ):
        pool.options(**arguments)


def test_a_pool_without_options_is_as_ever_and_says_what_its_calls_would_need() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert type(pool._work_queue).__name__ == "PoolJobs"
        with pytest.raises(ValueError, match="call_options=True, max_queue, rate_limit or"):
            pool.options(priority=1)


def test_a_pool_takes_as_many_calls_as_it_has_workers_and_places() -> None:
    with ThreadPoolExecutor(3, max_queue=2, when_full="raise") as pool:
        go = threading.Event()
        # At once, before any of the workers has come for its call.
        futures = [pool.submit(go.wait) for _ in range(5)]
        with pytest.raises(queue.Full, match=r"2 calls wait for one \(max_queue=2\)"):
            pool.submit(int)
        until(lambda: sum(future.running() for future in futures) == 3)
        assert pool._work_queue.qsize() == 2
        with pytest.raises(queue.Full):
            pool.submit(int)
        go.set()
        assert all(future.result() for future in futures)


def test_who_has_a_result_has_the_place_of_its_call() -> None:
    with ThreadPoolExecutor(1, max_queue=1, when_full="raise") as pool:
        for number in range(500):
            first, second = pool.submit(str, number), pool.submit(str, number)
            assert (first.result(), second.result()) == (str(number), str(number))


def test_producers_that_are_held_back_come_in_in_their_order() -> None:
    with ThreadPoolExecutor(1, max_queue=1) as pool, busy(pool), Crew() as crew:
        waiting = pool.submit(int)
        producers = []
        for _ in range(5):
            producers.append(crew.start(pool.submit, int))
            producers[-1].until_asleep("submit")
        while producers:
            assert all(producer.is_alive for producer in producers)
            waiting.cancel()
            waiting = producers.pop(0).result()


def test_a_place_is_not_snatched_from_who_waits_for_it() -> None:
    with (
        ThreadPoolExecutor(1, max_queue=1) as pool,
        busy(pool),
        Crew() as crew,
    ):
        waiting = pool.submit(int)
        producer = crew.start(pool.submit, int)
        producer.until_asleep("submit")
        waiting.cancel()
        with pytest.raises(queue.Full):
            pool.options(timeout=0).submit(int)
        assert not producer.result().done()


def test_a_producer_is_held_back_as_long_as_its_time_limit_says() -> None:
    with ThreadPoolExecutor(1, max_queue=1) as pool, busy(pool):
        pool.submit(int)
        began = time.monotonic()
        with pytest.raises(queue.Full, match="1 call waits for one"):
            pool.options(timeout=0.05).submit(int)
        assert time.monotonic() - began >= 0.05
        with pytest.raises(queue.Full):
            pool.options(timeout=0).submit(int)


def test_a_shutdown_turns_producers_away_that_are_held_back() -> None:
    pool = ThreadPoolExecutor(1, max_queue=1)
    with Crew() as crew:
        with busy(pool) as go:
            waiting = pool.submit(int)
            producers = [crew.start(pool.submit, int) for _ in range(3)]
            for producer in producers:
                producer.until_asleep("submit")
            pool.shutdown(wait=False)
            for producer in producers:
                with pytest.raises(RuntimeError, match="new futures after shutdown"):
                    producer.result()
            crew.dismiss(producers)
            with pytest.raises(RuntimeError, match="new futures after shutdown"):
                pool.submit(int)
            go.set()
        pool.shutdown()
        assert waiting.result() == 0


def test_a_shutdown_that_cancels_tells_who_waits_and_turns_producers_away() -> None:
    pool = ThreadPoolExecutor(1, max_queue=2)
    with Crew() as crew, busy(pool):
        others = [pool.submit(int) for _ in range(2)]
        producer = crew.start(pool.submit, int)
        producer.until_asleep("submit")
        pool.shutdown(wait=False, cancel_futures=True)
        assert wait(others, 30) == (set(others), set())
        assert [future._state for future in others] == ["CANCELLED_AND_NOTIFIED"] * 2
        with pytest.raises(RuntimeError, match="after shutdown"):
            producer.result()
        crew.dismiss([producer])
    pool.shutdown()


def test_a_failing_initializer_turns_producers_away_and_ends_every_future(
    caplog: pytest.LogCaptureFixture,
) -> None:
    may_fail = threading.Event()

    def fail() -> None:
        may_fail.wait()
        raise ValueError("no")

    pool = ThreadPoolExecutor(1, initializer=fail, max_queue=1)
    with Crew() as crew:
        futures = [pool.submit(int), pool.submit(int)]
        producer = crew.start(pool.submit, int)
        producer.until_asleep("submit")
        may_fail.set()
        with pytest.raises(BrokenThreadPool):
            producer.result()
        crew.dismiss([producer])
        for future in futures:
            with pytest.raises(BrokenThreadPool):
                future.result(30)
    pool.shutdown()
    assert "Exception in initializer" in caplog.text


@pytest.mark.parametrize("options", [{}, {"max_queue": 5}])
def test_a_cancelled_call_does_not_keep_a_broken_pool_from_ending_the_others(
    options: Any, caplog: pytest.LogCaptureFixture
) -> None:
    may_fail = threading.Event()

    def fail() -> None:
        may_fail.wait()
        raise ValueError("no")

    with ThreadPoolExecutor(1, initializer=fail, **options) as pool:
        futures = [pool.submit(int) for _ in range(3)]
        assert futures[0].cancel()
        may_fail.set()
        for future in futures[1:]:
            with pytest.raises(BrokenThreadPool):
                future.result(30)
        assert wait(futures, 30) == (set(futures), set())


def test_the_caller_runs_what_a_full_pool_does_not_take() -> None:
    with ThreadPoolExecutor(1, max_queue=1, when_full="run") as pool, busy(pool):
        pool.submit(int)
        future = pool.submit(threading.get_ident)
        assert future.done()
        assert future.result() == threading.get_ident()
        failed = pool.submit(int, "x")
        assert isinstance(failed.exception(), ValueError)
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_what_ends_the_calling_thread_comes_out_of_a_call_that_the_caller_runs() -> None:
    def interrupt() -> None:
        signal.raise_signal(signal.SIGINT)

    with ThreadPoolExecutor(1, max_queue=1, when_full="run") as pool, busy(pool):
        pool.submit(int)
        with pytest.raises(KeyboardInterrupt):
            pool.submit(interrupt)


def test_a_worker_that_submits_to_its_own_full_pool_makes_the_call_itself() -> None:
    with ThreadPoolExecutor(1, max_queue=1) as pool:

        def parent() -> list[int]:
            children = [pool.submit(threading.get_ident) for _ in range(4)]
            # The first has the one place, and would be waited for in vain on a pool of one worker.
            return [child.result() for child in children[1:]]

        assert set(pool.submit(parent).result(30)) == {worker.ident for worker in pool._threads}


def test_cancelling_a_call_frees_its_place_at_once() -> None:
    with (
        ThreadPoolExecutor(1, max_queue=2, when_full="raise") as pool,
        busy(pool),
        Crew() as crew,
    ):
        first, _ = pool.submit(int), pool.submit(int)
        waiter = crew.start(wait, [first], 30)
        assert first.cancel()
        assert waiter.result() == ({first}, set())
        assert first._state == "CANCELLED_AND_NOTIFIED"
        assert pool.submit(str, 5).cancel()
        pool.submit(str, 6)
        with pytest.raises(queue.Full):
            pool.submit(str, 7)


def test_cancelling_a_call_lets_a_producer_in() -> None:
    with ThreadPoolExecutor(1, max_queue=1) as pool, busy(pool), Crew() as crew:
        first = pool.submit(int)
        producer = crew.start(pool.submit, str, 5)
        producer.until_asleep("submit")
        first.cancel()
        assert not producer.result().done()


def test_ctrl_c_ends_the_wait_for_a_place_and_takes_none_with_it() -> None:
    run_program("""
        import signal, threading
        from crew import until_asleep, Crew
        from ironthread.futures import ThreadPoolExecutor
        pool = ThreadPoolExecutor(1, max_queue=1)
        go = threading.Event()
        running = pool.submit(go.wait)
        waiting = pool.submit(int)
        def interrupt():
            until_asleep(threading.main_thread(), "submit")
            signal.raise_signal(signal.SIGINT)
        with Crew() as crew:
            crew.start(interrupt)
            try:
                pool.submit(int)
            except KeyboardInterrupt:
                print("interrupted")
            assert waiting.cancel()
            assert not pool.options(timeout=0).submit(int).done()
            go.set()
        pool.shutdown()
    """)


def test_the_highest_priority_starts_next_and_equals_in_their_order() -> None:
    calls: list[tuple[int, int]] = []
    with ThreadPoolExecutor(1, call_options=True) as pool:
        with busy(pool):
            for number, priority in enumerate([0, 5, -1, 5, 0, 2**63 - 1]):
                view = pool.options(priority=priority)
                view.submit(calls.append, (priority, number))
            pool.submit(calls.append, (0, 6))
        pool.shutdown()
    assert calls == [(2**63 - 1, 5), (5, 1), (5, 3), (0, 0), (0, 4), (0, 6), (-1, 2)]


def test_a_call_past_its_deadline_is_cancelled_while_all_workers_are_busy() -> None:
    called: list[int] = []
    with (
        ThreadPoolExecutor(1, max_queue=1, when_full="raise") as pool,
        busy(pool),
        Crew() as crew,
    ):
        began = time.monotonic()
        future = pool.options(deadline=0.05).submit(called.append, 1)
        waiter = crew.start(wait, [future], 30)
        completing = crew.start(lambda: list(as_completed([future], 30)))
        with pytest.raises(CancelledError):
            future.result(30)
        assert 0.05 <= time.monotonic() - began < 5.0
        assert waiter.result() == ({future}, set())
        assert completing.result() == [future]
        assert future._state == "CANCELLED_AND_NOTIFIED"
        pool.submit(int)  # its place is free
    assert called == []


def test_a_call_that_begins_in_time_is_not_touched_by_its_deadline() -> None:
    with ThreadPoolExecutor(2, call_options=True) as pool:
        late = threading.Event()
        slow = pool.options(deadline=0.02).submit(late.wait)
        until(slow.running)
        beside = pool.options(deadline=0.02)
        with busy(pool), pytest.raises(CancelledError):
            beside.submit(int).result(30)  # so the deadline of the slow one is past, too
        assert slow.running()
        late.set()
        assert slow.result() is True


def test_a_deadline_of_no_time_starts_no_call() -> None:
    with ThreadPoolExecutor(1, call_options=True) as pool:
        futures = [pool.options(deadline=0).submit(int) for _ in range(20)]
        assert wait(futures, 30) == (set(futures), set())
        assert all(future.cancelled() for future in futures)


def test_a_call_of_no_time_is_not_made_by_its_caller_either() -> None:
    made: list[int] = []
    with ThreadPoolExecutor(1, max_queue=1, when_full="run") as pool, busy(pool):
        pool.submit(int)
        late = pool.options(deadline=0).submit(made.append, 1)
        assert late._state == "CANCELLED_AND_NOTIFIED"
        pool.options(deadline=60).submit(made.append, 2)
    assert made == [2]


def test_a_producer_is_held_back_no_longer_than_to_the_deadline_of_its_call() -> None:
    with ThreadPoolExecutor(1, max_queue=1) as pool, busy(pool):
        pool.submit(int)
        future = pool.options(deadline=0.02, timeout=60).submit(int)
        assert future._state == "CANCELLED_AND_NOTIFIED"
        with pytest.raises(queue.Full):
            pool.options(deadline=60, timeout=0.02).submit(int)


def test_a_thousand_deadlines_that_are_met_leave_nothing_behind() -> None:
    class Thing:
        pass

    things = [Thing() for _ in range(1000)]
    gone = [weakref.ref(thing) for thing in things]
    with ThreadPoolExecutor(4, call_options=True) as pool:
        view = pool.options(deadline=3600)
        wait([view.submit(id, things.pop()) for _ in range(1000)])
        gc.collect()
        until(lambda: not any(reference() for reference in gone))


def test_deadlines_and_cancellations_at_once_end_every_future_once() -> None:
    told: list[Any] = []
    ended: list[Any] = []
    with ThreadPoolExecutor(3, max_queue=40) as pool:
        futures = []
        for number in range(600):
            future = pool.options(deadline=number % 7 * 0.0005).submit(time.sleep, 0.0002)
            future.add_done_callback(ended.append)
            futures.append(future)
            if number % 3 == 0:
                future.cancel()
        told.extend(as_completed(futures, 30))
        until(lambda: len(ended) == 600)
        assert pool._work_queue.unfinished() == 0
    assert sorted(map(id, told)) == sorted(map(id, futures))
    assert sorted(map(id, ended)) == sorted(map(id, futures))
    assert {future._state for future in futures} <= {"FINISHED", "CANCELLED_AND_NOTIFIED"}


def test_a_view_is_an_executor_with_the_pool_s_life() -> None:
    pool = ThreadPoolExecutor(2, call_options=True)
    with pool.options(priority=3) as view:
        assert isinstance(view, standard.Executor)
        assert list(view.map(pow, [2, 3], [5, 2])) == [32, 9]
        assert list(pool.options().map(str, range(5), buffersize=2)) == list("01234")
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_a_map_on_a_bounded_pool_gets_all_its_results() -> None:
    with ThreadPoolExecutor(2, max_queue=1) as pool:
        assert list(pool.map(str, range(200))) == [str(number) for number in range(200)]
        assert list(pool.map(str, range(50), buffersize=10)) == [str(n) for n in range(50)]
    with ThreadPoolExecutor(2, max_queue=1, when_full="run") as pool:
        assert list(pool.map(str, range(200))) == [str(number) for number in range(200)]


def test_a_map_that_a_full_pool_refuses_leaves_no_call_behind() -> None:
    called: list[int] = []
    with ThreadPoolExecutor(1, max_queue=3, when_full="raise") as pool, busy(pool):
        with pytest.raises(queue.Full):
            pool.map(called.append, range(10))
        assert pool._work_queue.empty()
    assert called == []


def test_calls_run_in_a_copy_of_their_submitter_s_context_only_if_wanted() -> None:
    def call() -> str:
        before = name.get()
        name.set("changed by a call")
        return before

    def results(pool: ThreadPoolExecutor) -> list[str]:
        with pool:
            name.set("submitter")
            futures = [pool.submit(call) for _ in range(2)]
            name.set("later")
            return [future.result() for future in futures]

    context = contextvars.copy_context()
    inheriting = ThreadPoolExecutor(1, inherit_context=True)
    assert context.run(results, inheriting) == ["submitter", "submitter"]
    assert context.get(name) == "later"
    standing = ThreadPoolExecutor(1, max_queue=5)
    expected = standard.ThreadPoolExecutor(1)
    assert context.run(results, standing) == context.run(results, expected)  # type: ignore[arg-type]


def test_a_call_runs_in_the_context_it_is_given() -> None:
    context = contextvars.Context()
    context.run(name.set, "given")
    with ThreadPoolExecutor(1, call_options=True) as pool:
        view = pool.options(context=context)
        assert view.submit(name.get).result() == "given"
        view.submit(name.set, "kept").result()
    assert context[name] == "kept"


def test_the_caller_runs_a_call_in_the_same_context_as_a_worker_would() -> None:
    with (
        ThreadPoolExecutor(1, max_queue=1, when_full="run", inherit_context=True) as pool,
        busy(pool),
    ):
        pool.submit(int)
        future = pool.submit(name.set, "inside")
        assert future.done()
        assert name.get() == "nobody"


def test_log_records_of_calls_have_the_request_of_their_submitter() -> None:
    records: list[tuple[str, str]] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append((name.get(), record.getMessage()))

    logger = logging.getLogger("test_pool_options")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(handler := Handler())

    def request(number: int, pool: ThreadPoolExecutor) -> list[Any]:
        name.set(f"request-{number}")
        return [pool.submit(logger.info, "of %d", number) for _ in range(3)]

    try:
        with ThreadPoolExecutor(4, inherit_context=True) as pool, Crew() as crew:
            for number in range(20):
                crew.start(contextvars.copy_context().run, request, number, pool)
    finally:
        logger.removeHandler(handler)
    assert sorted(records) == sorted(
        (f"request-{number}", f"of {number}") for number in range(20) for _ in range(3)
    )


def test_asyncio_runs_on_a_bounded_pool_and_on_a_view() -> None:
    async def main() -> list[Any]:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(2, max_queue=4, when_full="run", inherit_context=True) as pool:
            loop.set_default_executor(pool)
            name.set("coroutine")
            names = await asyncio.gather(*(asyncio.to_thread(name.get) for _ in range(30)))
            view = pool.options(priority=5, deadline=60)
            return [*names, await loop.run_in_executor(view, name.get)]

    assert asyncio.run(main()) == ["coroutine"] * 31


def test_asyncio_sees_a_call_cancelled_by_its_deadline() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, call_options=True) as pool, busy(pool):
            future = loop.run_in_executor(pool.options(deadline=0.02), int)
            with pytest.raises(asyncio.CancelledError):
                await future

    asyncio.run(main())


def test_workers_end_when_a_pool_with_options_is_dropped() -> None:
    pool = ThreadPoolExecutor(2, max_queue=5, rate_limit=1000)
    done = [pool.submit(time.sleep, 0.001) for _ in range(5)]
    workers = list(pool._threads)
    assert workers
    del pool
    gc.collect()
    for worker in workers:
        worker.join(30)
        assert not worker.is_alive()
    assert all(future.result(0) is None for future in done)


def test_nothing_of_finished_work_is_kept() -> None:
    class Thing:
        pass

    def fail(thing: object) -> None:
        raise KeyError(thing)

    with ThreadPoolExecutor(1, max_queue=5, inherit_context=True) as pool:
        for give in (lambda thing: None, lambda thing: thing, fail):
            thing = Thing()
            gone = weakref.ref(thing)
            future = pool.submit(give, thing)
            wait([future])
            del thing, future
            gc.collect()
            until(lambda: gone() is None)


def test_a_backlog_in_a_cycle_with_its_jobs_is_freed() -> None:
    class Thing:
        pass

    backlog, thing = _core.Backlog(), Thing()
    gone = weakref.ref(thing)
    thing.__dict__.update(backlog=backlog, unused=backlog.reserve())
    place = backlog.reserve()
    assert place is not None
    place.put(0, thing)
    del backlog, place, thing
    assert gone() is not None
    gc.collect()
    assert gone() is None


def test_a_place_is_used_once_or_given_back() -> None:
    backlog = _core.Backlog(1)
    place = backlog.reserve(0)
    assert place is not None
    assert backlog.reserve(0) is None
    del place
    place = backlog.reserve(0)
    assert place is not None
    key = place.put(0, "job")
    with pytest.raises(RuntimeError, match="used before"):
        place.put(0, "another")
    del place
    assert backlog.reserve(0) is None
    assert (backlog.remove(key), backlog.remove(key)) == ("job", None)
    assert backlog.reserve(0) is not None


def test_the_interpreter_s_end_turns_producers_away_and_does_what_is_in() -> None:
    outcome = run_program("""
        import threading, time
        from crew import until_asleep
        from ironthread.futures import ThreadPoolExecutor
        go = threading.Event()
        def work(number):
            go.wait()
            time.sleep(0.01)
            print(number, flush=True)
        pool = ThreadPoolExecutor(1, max_queue=2)
        for number in range(3):
            pool.submit(work, number)
        def produce():
            try:
                pool.submit(work, 3)
            except RuntimeError as error:
                print(error, flush=True)
        producers = [threading.Thread(target=produce) for _ in range(3)]
        for producer in producers:
            producer.start()
            until_asleep(producer, "submit")
        from concurrent.futures import thread
        def let_go():
            while not thread._shutdown:
                time.sleep(0.001)
            go.set()
        threading.Thread(target=let_go, daemon=True).start()
    """)
    lines = outcome.out.splitlines()
    assert [line for line in lines if line.isdigit()] == ["0", "1", "2"]
    assert lines.count("cannot schedule new futures after interpreter shutdown") == 3


def test_a_forked_child_has_bounded_pools_of_its_own() -> None:
    run_program("""
        import os, threading, warnings
        from crew import until_asleep
        from ironthread import RateLimit
        from ironthread.futures import ThreadPoolExecutor
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        go = threading.Event()
        limit = RateLimit(1000, burst=1)
        with ThreadPoolExecutor(1, max_queue=1, rate_limit=limit) as pool:
            pool.submit(go.wait)
            pool.submit(int)
            held = threading.Thread(target=pool.submit, args=(int,))
            held.start()
            until_asleep(held, "submit")
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    with ThreadPoolExecutor(2, max_queue=1, rate_limit=limit) as fresh:
                        view = fresh.options(deadline=60)
                        assert list(view.map(str, range(5))) == list("01234")
                    assert limit.acquire(60)
                    status = 0
                finally:
                    os._exit(status)
            assert os.waitpid(child, 0)[1] == 0
            go.set()
            held.join()
    """)


def test_the_report_says_who_was_held_back_and_by_what(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(
        "import time\n"
        "from ironthread.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(1, max_queue=1, rate_limit=100) as pool:\n"
        "    for _ in range(20):\n"
        "        pool.submit(time.sleep, 0.001)\n"
    )
    outcome = run_python("-m", "ironthread", "run", str(program))
    assert outcome.status == 0, outcome
    waited = {line.split()[0] for line in outcome.err.splitlines() if "program.py:3" in line}
    assert {"submit", "RateLimit"} <= waited


def test_a_bound_past_what_fits_is_refused() -> None:
    for bound in (sys.maxsize + 1, 10**30):
        with pytest.raises(ValueError, match=r"max_queue must be at most sys\.maxsize"):
            ThreadPoolExecutor(1, max_queue=bound)
    with ThreadPoolExecutor(1, max_queue=sys.maxsize) as pool:
        assert pool.submit(int).result() == 0


def test_two_calls_in_one_context_at_once_are_told_so() -> None:
    inside, go = threading.Event(), threading.Event()

    def stays() -> None:
        inside.set()
        go.wait()

    def fails() -> None:
        raise RuntimeError("cannot enter context: says the call")

    with ThreadPoolExecutor(2, call_options=True) as pool:
        view = pool.options(context=contextvars.copy_context())
        first = view.submit(stays)
        inside.wait()
        error = view.submit(int).exception()
        go.set()
        first.result()
        assert isinstance(error, RuntimeError)
        assert "options(context=...) was in use by another call" in str(error)
        assert "cannot enter context" in str(error.__cause__)
        assert "says the call" in str(view.submit(fails).exception())
