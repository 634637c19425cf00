"""Blocks of faults that begin and end while threads are at work, and around forks."""

from __future__ import annotations

import os
from queue import Empty
from time import monotonic

import ironthread
import pytest
from ironthread import Condition, Event, Lock, Queue, Thread
from ironthread.testing import faults
from programs import run_program


def test_threads_at_work_lose_nothing_when_blocks_begin_and_end(long: bool) -> None:
    lock, made, stop = Lock(), Queue[int](), Event()
    under_lock = [0]
    balance: list[tuple[int, int]] = []

    def work() -> None:
        times = put = taken = 0
        while not stop.is_set():
            if lock.acquire(timeout=30):
                under_lock[0] += 1
                times += 1
                lock.release()
            made.put(times)
            put += 1
            try:
                made.get(timeout=30)
                taken += 1
            except Empty:
                pass
        balance.append((times, put - taken))

    threads = [Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    refused = 0
    for seed in range(3000 if long else 100):
        with faults(seed=seed, timeout=0.1, empty=0.1, delay=(0.01, 0.0001)) as block:
            end = monotonic() + 0.002
            while monotonic() < end and not block.log:
                pass
        refused += len(block.log)
    stop.set()
    for thread in threads:
        thread.join()
    assert under_lock[0] == sum(times for times, _ in balance)
    assert made.qsize() == sum(left for _, left in balance)
    assert not lock.locked()
    assert refused


def test_threads_that_wait_when_a_block_begins_wait_on() -> None:
    condition, told = Condition(), Event()
    woken: list[bool] = []

    def wait() -> None:
        with condition:
            told.set()
            woken.append(condition.wait())

    thread = Thread(target=wait)
    thread.start()
    told.wait()
    with condition:
        pass  # it has the lock only when the thread waits
    with faults(seed=1, spurious=1, timeout=1):
        assert not woken
        with condition:
            assert len(condition._waiters) == 1
            condition.notify()
        thread.join()
    assert woken == [True]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_forked_child_is_in_the_block_and_can_leave_it() -> None:
    run_program("""
        import os, warnings
        from ironthread import Lock
        from ironthread.testing import faults

        warnings.simplefilter("ignore", DeprecationWarning)
        lock = Lock()
        real = vars(Lock)["acquire"]
        child = None
        with faults(seed=1, timeout=1) as block:
            child = os.fork()
            assert not lock.acquire(timeout=30)
        assert vars(Lock)["acquire"] is real
        with faults(seed=1, timeout=1):
            assert not lock.acquire(timeout=30)
        if child:
            assert os.waitpid(child, 0)[1] == 0
    """)


def test_a_pool_made_before_the_block_is_reached_and_outlives_it() -> None:
    def acquires() -> bool:
        return Lock().acquire(timeout=30)

    with ironthread.ThreadPoolExecutor(2) as pool:
        assert pool.submit(acquires).result()
        with faults(seed=1, timeout=1, only="Lock") as block:
            assert not pool.submit(acquires).result()
        assert pool.submit(acquires).result()
    assert [injection.thread.split("/")[0] for injection in block.log] == ["MainThread"]
