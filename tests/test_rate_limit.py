"""`RateLimit`: alone, shared, and before a pool's calls."""

from __future__ import annotations

import inspect
import pickle
import threading
import time
import weakref
from concurrent.futures import CancelledError
from typing import Any

import ironthread
import pytest
from crew import Crew, until
from ironthread import RateLimit
from ironthread.futures import ThreadPoolExecutor, wait
from programs import run_program


def assert_never_early(starts: list[float], began: float, rate: float, burst: int) -> None:
    """Hold the starts against the limit: by each moment there were no more than it allows.

    A thread can be late between its token and the look at the clock, but never early.
    """
    for count, start in enumerate(sorted(starts), 1):
        assert count <= burst + (start - began) * rate, (count, start - began)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), TypeError),
        ((True,), TypeError),
        (("10",), TypeError),
        ((0,), ValueError),
        ((-1.5,), ValueError),
        ((float("nan"),), ValueError),
        ((float("inf"),), ValueError),
        ((10, 0), ValueError),
        ((10, -5), ValueError),
        ((10, True), TypeError),
        ((10, 1.5), TypeError),
        ((10, 2**32), OverflowError),
    ],
)
def test_senseless_limits_are_refused(arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        RateLimit(*arguments)


def test_it_says_what_it_is() -> None:
    limit = RateLimit(10, burst=5)
    assert repr(limit) == "RateLimit(10, burst=5)"
    assert (limit.rate, limit.burst, RateLimit(2.5).burst) == (10.0, 5, 1)
    assert weakref.ref(limit)() is limit
    assert "RateLimit" in ironthread.__all__
    with pytest.raises(TypeError):
        pickle.dumps(limit)


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    limit = RateLimit(50, burst=3)
    began = time.monotonic()
    starts = []
    for _ in range(13):
        assert limit.acquire()
        starts.append(time.monotonic())
    assert_never_early(starts, began, 50, 3)
    assert starts[-1] - began < 5.0


def test_who_does_not_want_to_wait_is_told_no_and_takes_nothing() -> None:
    limit = RateLimit(0.001, burst=2)
    assert [limit.acquire(0) for _ in range(4)] == [True, True, False, False]
    began = time.monotonic()
    assert not limit.acquire(0.02)
    assert not limit.acquire(timeout=-1)
    assert 0.02 <= time.monotonic() - began < 5.0


def test_threads_that_share_a_limit_start_no_faster_than_it_says() -> None:
    limit = RateLimit(200, burst=4)
    starts: list[float] = []

    def take() -> None:
        for _ in range(10):
            assert limit.acquire()
            starts.append(time.monotonic())

    began = time.monotonic()
    with Crew() as crew:
        for _ in range(4):
            crew.start(take)
    assert len(starts) == 40
    assert_never_early(starts, began, 200, 4)


def test_ctrl_c_ends_the_wait_for_a_token() -> None:
    run_program("""
        import signal, threading
        from crew import Crew, until_asleep
        from ironthread import RateLimit
        limit = RateLimit(0.001)
        assert limit.acquire()
        def interrupt():
            until_asleep(threading.main_thread(), "RateLimit")
            signal.raise_signal(signal.SIGINT)
        with Crew() as crew:
            crew.start(interrupt)
            try:
                limit.acquire()
            except KeyboardInterrupt:
                print("interrupted")
            else:
                raise SystemExit("not interrupted")
        assert not limit.acquire(0)
    """)


@pytest.mark.parametrize(("rate", "burst", "calls"), [(200, 1, 40), (100, 10, 40)])
def test_a_pool_starts_calls_at_its_rate(rate: float, burst: int, calls: int) -> None:
    starts: list[float] = []
    began = time.monotonic()
    with ThreadPoolExecutor(8, rate_limit=RateLimit(rate, burst)) as pool:
        for _ in range(calls):
            pool.submit(lambda: starts.append(time.monotonic()))
    assert len(starts) == calls
    assert_never_early(starts, began, rate, burst)
    # And not much slower: all of it in three times the time it takes, on a busy machine.
    assert max(starts) - began < 3 * (calls - burst) / rate + 2.0


def test_slow_calls_run_beside_one_another_as_the_rate_allows() -> None:
    together = threading.Barrier(6)
    with ThreadPoolExecutor(6, rate_limit=100) as pool:
        # Each waits for all: the pool must have started a thread for each.
        futures = [pool.submit(together.wait, 30) for _ in range(6)]
        assert sorted(future.result() for future in futures) == list(range(6))


def test_pools_and_threads_share_a_limit() -> None:
    limit = RateLimit(200, burst=2)
    starts: list[float] = []

    def start() -> None:
        starts.append(time.monotonic())

    def take() -> None:
        for _ in range(10):
            assert limit.acquire()
            start()

    began = time.monotonic()
    with (
        ThreadPoolExecutor(3, rate_limit=limit) as one,
        ThreadPoolExecutor(3, rate_limit=limit) as other,
        Crew() as crew,
    ):
        crew.start(take)
        for _ in range(10):
            one.submit(start)
            other.submit(start)
    assert len(starts) == 30
    assert_never_early(starts, began, 200, 2)


def test_a_higher_priority_that_comes_while_the_rate_is_waited_for_goes_first() -> None:
    limit = RateLimit(10)
    assert limit.acquire(0)
    calls: list[str] = []
    with ThreadPoolExecutor(2, rate_limit=limit) as pool:
        pool.submit(calls.append, "low")
        pool.options(priority=1).submit(calls.append, "high")
    assert calls == ["high", "low"]


def test_a_call_that_waits_for_the_rate_until_its_deadline_is_cancelled() -> None:
    limit = RateLimit(0.001)
    assert limit.acquire(0)
    pool = ThreadPoolExecutor(2, rate_limit=limit)
    future = pool.options(deadline=0.05).submit(int)
    with pytest.raises(CancelledError):
        future.result(30)
    pool.shutdown()  # which waits for no token that nobody needs


def test_a_shutdown_that_cancels_does_not_wait_for_the_rate() -> None:
    limit = RateLimit(0.001)
    assert limit.acquire(0)
    pool = ThreadPoolExecutor(3, rate_limit=limit)
    futures = [pool.submit(int) for _ in range(5)]
    [*workers] = pool._threads
    pool.shutdown(cancel_futures=True)
    assert wait(futures, 0) == (set(futures), set())
    assert not any(worker.is_alive() for worker in workers)


def test_a_call_that_the_caller_runs_waits_for_the_rate_as_well() -> None:
    limit = RateLimit(0.001, burst=1)
    go = threading.Event()
    with ThreadPoolExecutor(1, max_queue=1, when_full="run", rate_limit=limit) as pool:
        running = pool.submit(go.wait)
        until(running.running)
        waiting = pool.submit(int)
        missed = pool.options(deadline=0.02).submit(int)
        assert missed._state == "CANCELLED_AND_NOTIFIED"
        assert waiting.cancel()
        go.set()


def test_a_limit_that_a_signal_handler_uses_while_it_is_waited_for_is_no_trap() -> None:
    run_program("""
        import signal, threading
        from crew import Crew, until_asleep
        from ironthread import RateLimit
        limit = RateLimit(20)
        taken = []
        signal.signal(signal.SIGUSR1, lambda *_: taken.append(limit.acquire()))
        assert limit.acquire()
        def interrupt():
            until_asleep(threading.main_thread(), "RateLimit")
            signal.raise_signal(signal.SIGUSR1)
        with Crew() as crew:
            crew.start(interrupt)
            while not taken:
                assert limit.acquire()
        assert taken == [True]
    """)


def test_it_shows_its_signature_and_what_was_wrong_in_few_words() -> None:
    assert str(inspect.signature(RateLimit)) == "(rate, burst=1)"
    with pytest.raises(ValueError, match=r"from 1e-6 to 1e9, not 1e300$"):
        RateLimit(1e300)
