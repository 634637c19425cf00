"""`WorkStealingExecutor`: calls that wait for calls, to any depth and on a pool of any size."""

from __future__ import annotations

import contextvars
import gc
import random
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import CancelledError, Executor
from concurrent.futures import Future as StandardFuture
from itertools import count
from typing import Any

import pytest
from crew import until
from ironthread import (
    Event,
    Lock,
    RLock,
    ThreadPoolExecutor,
    WorkStealingExecutor,
    as_completed,
    futures,
    wait,
)
from ironthread._helping import MOST_HELP
from programs import run_program

SIZES = pytest.mark.parametrize("workers", [1, 2, 4])
MODES = pytest.mark.parametrize("mode", ["awaited", "any"])


@pytest.fixture(name="pool")
def pool_of_one() -> Iterator[WorkStealingExecutor]:
    with WorkStealingExecutor(1) as pool:
        yield pool


def tree(pool: Executor, depth: int) -> int:
    if depth == 0:
        return 1
    branches = [pool.submit(tree, pool, depth - 1) for _ in range(3)]
    return sum(branch.result() for branch in branches)


@SIZES
@MODES
def test_calls_that_wait_for_calls_come_to_their_end(workers: int, mode: Any) -> None:
    with WorkStealingExecutor(workers, while_waiting=mode) as pool:
        assert pool.submit(tree, pool, 6).result() == 3**6


@SIZES
@MODES
def test_every_way_to_wait_is_work(workers: int, mode: Any) -> None:
    def every_way() -> list[int]:
        def some() -> list[StandardFuture[int]]:
            return [pool.submit(pow, number, 2) for number in range(20)]

        done, not_done = wait(some())
        assert not not_done
        completed = as_completed(some())
        raised = pool.submit(int, "no number").exception()
        assert isinstance(raised, ValueError)
        return [
            sum(future.result() for future in done),
            sum(future.result() for future in completed),
            sum(pool.map(pow, range(20), [2] * 20)),
            sum(pool.map(pow, range(20), [2] * 20, buffersize=3)),
        ]

    with WorkStealingExecutor(workers, while_waiting=mode) as pool:
        assert pool.submit(every_way).result() == [2470] * 4


def test_the_newest_of_its_own_calls_is_made_first(pool: WorkStealingExecutor) -> None:
    order: list[int] = []

    def submit_some() -> None:
        for number in range(3):
            pool.submit(order.append, number)

    pool.submit(submit_some).result()
    pool.shutdown()
    assert order == [2, 1, 0]


def test_calls_from_outside_are_made_in_their_order(pool: WorkStealingExecutor) -> None:
    order: list[int] = []
    go = Event()
    pool.submit(go.wait)
    for number in range(10):
        pool.submit(order.append, number)
    go.set()
    pool.shutdown()
    assert order == list(range(10))


def test_an_idle_worker_steals_what_a_busy_one_has_submitted() -> None:
    def submit_and_stay() -> bool:
        done = Event()
        child = pool.submit(done.set)
        # Not by its future: only another worker can make the call.
        assert done.wait(60)
        child.result()
        return True

    with WorkStealingExecutor(2) as pool:
        assert pool.submit(submit_and_stay).result()


def test_no_stranger_runs_on_the_stack_of_a_call_that_waits() -> None:
    # Which may hold what the stranger needs.
    lock, go = Lock(), Event()

    def holds() -> None:
        with lock:
            until(child.running)
            child.result()

    def stranger() -> None:
        with lock:
            pass

    with WorkStealingExecutor(2) as pool:
        child = pool.submit(go.wait)
        holding = pool.submit(holds)
        until(lock.locked)
        other = pool.submit(stranger)
        assert wait([other, holding], timeout=0.1).done == set()
        assert not other.running()
        go.set()
        assert wait([other, holding], timeout=60).not_done == set()


def test_waits_with_a_lock_held_come_to_their_end_one_after_the_other() -> None:
    lock, inside = RLock(), count()

    def holds() -> int:
        child = pool.submit(time.sleep, 0.001)
        with lock:
            seen = next(inside)
            child.result()
            return next(inside) - seen

    with WorkStealingExecutor(4) as pool:
        assert {call.result() for call in [pool.submit(holds) for _ in range(100)]} == {1}


def test_what_workers_do_while_they_wait_is_one_of_two_things() -> None:
    with pytest.raises(ValueError, match='while_waiting must be "awaited" or "any", not \'all\''):
        WorkStealingExecutor(1, while_waiting="all")  # type: ignore[arg-type]


def test_a_worker_that_waits_is_woken_by_new_work() -> None:
    begun, go = Event(), Event()
    seen: list[str] = []

    def long_call() -> None:
        begun.set()
        go.wait()

    def waits_for_it() -> None:
        assert begun.wait(60)
        other.result()

    with WorkStealingExecutor(2, while_waiting="any") as pool:
        other = pool.submit(long_call)
        waiting = pool.submit(waits_for_it)
        # Both workers are taken, but the one that waits does this.
        for _ in range(3):
            assert pool.submit(seen.append, "meanwhile").exception() is None
        assert not waiting.done()
        go.set()
        waiting.result()
    assert seen == ["meanwhile"] * 3


def test_a_wait_with_a_time_limit_ends_in_time(pool: WorkStealingExecutor) -> None:
    never = futures.Future()

    def waits() -> None:
        with pytest.raises(TimeoutError):
            next(as_completed([never], timeout=0.01))
        assert wait([never], timeout=0.01).not_done == {never}

    pool.submit(waits).result()


def test_a_call_in_progress_elsewhere_can_be_waited_for_with_a_limit() -> None:
    go = Event()
    with WorkStealingExecutor(2) as pool:
        other = pool.submit(go.wait)
        until(other.running)

        def waits() -> None:
            with pytest.raises(TimeoutError):
                other.result(0.01)
            with pytest.raises(TimeoutError):
                other.exception(0.01)

        pool.submit(waits).result()
        go.set()


def test_a_cancelled_call_is_not_made_by_who_waits_for_it(pool: WorkStealingExecutor) -> None:
    made: list[int] = []

    def cancels() -> None:
        child = pool.submit(made.append, 1)
        assert child.cancel()
        with pytest.raises(CancelledError):
            child.result()
        # That it was cancelled is noticed when its turn has come.
        assert wait([child]).done == {child}

    pool.submit(cancels).result()
    assert made == []


def test_what_a_call_raises_reaches_who_waits(pool: WorkStealingExecutor) -> None:
    def fails() -> None:
        raise LookupError("nothing there")

    def waits() -> None:
        pool.submit(fails).result()

    with pytest.raises(LookupError, match="nothing there"):
        pool.submit(waits).result()


@SIZES
@MODES
def test_a_chain_longer_than_what_is_helped_with_comes_to_its_end(workers: int, mode: Any) -> None:
    def chain(length: int) -> int:
        return 0 if length == 0 else 1 + pool.submit(chain, length - 1).result()

    with WorkStealingExecutor(workers, while_waiting=mode) as pool:
        assert pool.submit(chain, 2 * MOST_HELP).result() == 2 * MOST_HELP


def test_no_worker_takes_work_on_top_of_work_without_bound() -> None:
    # Each call waits for one that has begun elsewhere, with many others to be had meanwhile.
    go = Event()
    begun: list[int] = []

    def waits(held: StandardFuture[bool], number: int) -> None:
        begun.append(number)
        held.result()

    with WorkStealingExecutor(2, while_waiting="any") as pool:
        held = pool.submit(go.wait)
        until(held.running)
        calls = [pool.submit(waits, held, number) for number in range(5 * MOST_HELP)]
        # One on the bottom, and those it helps with. The other worker is taken.
        until(lambda: len(begun) == MOST_HELP + 1)
        go.set()
        assert wait(calls).not_done == set()
    assert sorted(begun) == list(range(5 * MOST_HELP))


def test_a_call_runs_in_a_copy_of_the_context_of_its_submission() -> None:
    request: contextvars.ContextVar[str] = contextvars.ContextVar("request", default="none")

    def inner() -> str:
        value = request.get()
        request.set("changed in the call")
        return value

    def outer(pool: Executor) -> list[str]:
        request.set("of the call")
        return [pool.submit(inner).result(), request.get()]

    with WorkStealingExecutor(1) as pool, WorkStealingExecutor(1, inherit_context=False) as bare:
        request.set("of the program")
        assert pool.submit(inner).result() == "of the program"
        assert pool.submit(outer, pool).result() == ["of the call"] * 2
        assert bare.submit(request.get).result() == "none"
        assert request.get() == "of the program"


def test_it_is_an_executor_of_threads_with_workers_as_they_are_needed() -> None:
    with WorkStealingExecutor(3, thread_name_prefix="thief") as pool:
        assert isinstance(pool, ThreadPoolExecutor)
        assert pool.submit(lambda: threading.current_thread().name).result() == "thief_0"
        together = threading.Barrier(3)
        assert sorted(pool.map(lambda _: together.wait(), range(3))) == [0, 1, 2]
        names = {thread.name for thread in threading.enumerate()}
        assert {"thief_0", "thief_1", "thief_2"} <= names
    with pytest.raises(RuntimeError, match="after shutdown"):
        pool.submit(int)


def test_a_pool_without_workers_or_with_an_odd_number_is_refused() -> None:
    for workers in (0, -1):
        with pytest.raises(ValueError, match="max_workers must be greater than 0"):
            WorkStealingExecutor(workers)
    # Places for these would need more memory than there is, which ends the process.
    with pytest.raises(ValueError, match="max_workers must be at most 32768, not 1000000000"):
        WorkStealingExecutor(10**9)
    with pytest.raises(ValueError, match="max_workers must be at most 32768"):
        WorkStealingExecutor(2**70)


def test_shutting_down_makes_or_cancels_what_was_submitted() -> None:
    go = Event()
    made: list[int] = []
    pool = WorkStealingExecutor(1)
    held = pool.submit(go.wait)
    until(held.running)
    rest = [pool.submit(made.append, number) for number in range(10)]
    pool.shutdown(wait=False, cancel_futures=True)
    assert all(future.cancelled() for future in rest)
    assert wait(rest).not_done == set()
    go.set()
    pool.shutdown()
    assert held.result()
    assert made == []


def test_shutting_down_does_not_cancel_what_who_waited_for_it_has_done() -> None:
    def shuts_down() -> int:
        child = pool.submit(abs, -7)
        seven: int = child.result()
        pool.shutdown(wait=False, cancel_futures=True)
        return seven

    pool = WorkStealingExecutor(1)
    assert pool.submit(shuts_down).result() == 7


def test_a_failing_initializer_breaks_the_pool() -> None:
    def fails() -> None:
        raise LookupError

    pool = WorkStealingExecutor(1, initializer=fails)
    with pytest.raises(futures.BrokenExecutor):
        pool.submit(int).result()
    with pytest.raises(futures.BrokenExecutor):
        pool.submit(int)


def test_nothing_is_kept_of_what_is_done() -> None:
    class Thing:
        def work(self) -> None:
            pass

    def submits(thing: Thing) -> None:
        pool.submit(thing.work).result()
        pool.submit(thing.work)

    with WorkStealingExecutor(2) as pool:
        thing = Thing()
        watch = weakref.ref(thing)
        future = pool.submit(submits, thing)
        future.result()
        del thing, future
        until(lambda: gc.collect() >= 0 and watch() is None)


def test_workers_end_when_the_pool_is_dropped() -> None:
    pool = WorkStealingExecutor(2)
    pool.submit(int).result()
    workers = list(pool._threads)
    del pool
    gc.collect()
    for worker in workers:
        worker.join(60)
        assert not worker.is_alive()


def test_another_pool_s_calls_are_not_made_by_a_worker_that_waits() -> None:
    # Its threads were not prepared for them.
    where = threading.local()

    def prepare() -> None:
        where.name = "prepared"

    with WorkStealingExecutor(1) as one, WorkStealingExecutor(1, initializer=prepare) as other:

        def asks() -> str:
            name: str = other.submit(lambda: where.name).result()
            return name

        assert one.submit(asks).result() == "prepared"


@SIZES
@MODES
def test_random_work_ends_exactly_once(workers: int, mode: Any, long: bool) -> None:
    rng = random.Random(workers)
    made: list[int] = []
    ended: list[int] = []
    numbers = count()

    def call(pool: Executor, children: int) -> int:
        number = next(numbers)
        made.append(number)
        mine = [pool.submit(call, pool, rng.randrange(children + 1)) for _ in range(children)]
        for future in mine:
            future.add_done_callback(lambda _: ended.append(number))
        for future in rng.sample(mine, k=rng.randrange(len(mine) + 1)):
            future.cancel()
        for future in mine:
            if not future.cancelled():
                future.result()
        return number

    with WorkStealingExecutor(workers, while_waiting=mode) as pool:
        for _ in range(300 if long else 20):
            pool.submit(call, pool, 4).result()
    assert len(made) == len(set(made))
    assert len(ended) >= len(made) - (300 if long else 20)


def test_the_program_waits_for_its_calls_at_its_end() -> None:
    outcome = run_program("""
        import ironthread
        from crew import until

        def refused():
            try:
                pool.submit(int)
            except RuntimeError as error:
                print(error)
                return True
            return False

        def outer():
            children = [pool.submit(pow, number, 2) for number in range(100)]
            submitted.set()
            until(refused)
            # What was submitted before is done.
            print(sum(child.result() for child in children))

        submitted = ironthread.Event()
        pool = ironthread.WorkStealingExecutor(1)
        pool.submit(outer)
        submitted.wait()
        print("main is done", flush=True)
    """)
    assert outcome.out.splitlines() == [
        "main is done",
        "cannot schedule new futures after interpreter shutdown",
        "328350",
    ]


def test_it_says_which_pool_has_options_for_calls(pool: WorkStealingExecutor) -> None:
    with pytest.raises(ValueError, match="use a ThreadPoolExecutor made with call_options=True"):
        pool.options(priority=1)
