"""Faults that are injected: each kind, whom they meet, and that nothing is left of them."""

from __future__ import annotations

import signal
from collections.abc import Callable
from queue import Empty, Full
from typing import Any

import ironthread
import pytest
from ironthread import Condition, Event, Lock, Queue, RLock, Semaphore, SimpleQueue, Thread
from ironthread.testing import InjectedError, Injection, faults
from ironthread.testing._exchange import TARGETS
from programs import run_program


def kinds(block: faults) -> list[tuple[str, str]]:
    return [(injection.kind, injection.operation) for injection in block.log]


def fallback() -> None:
    """A function for others to call."""


class Failure(Exception):
    pass


@pytest.mark.parametrize(
    ("made", "operation"),
    [(Lock, "Lock"), (RLock, "RLock"), (Condition, "Condition"), (Semaphore, "Semaphore")],
)
def test_the_time_for_a_free_lock_is_up(made: Callable[[], Any], operation: str) -> None:
    lock = made()
    with faults(seed=1, timeout=1) as block:
        assert not lock.acquire(timeout=30)
        assert lock.acquire()
        lock.release()
        assert lock.acquire(False)
    assert kinds(block) == [("timeout", f"{operation}.acquire")]


def test_a_lock_that_the_thread_holds_is_acquired_again() -> None:
    lock = RLock()
    with faults(seed=1, timeout=1) as block, lock:
        assert lock.acquire(timeout=30)
        lock.release()
    assert not block.log


def test_the_time_of_waits_is_up_and_what_has_happened_is_seen() -> None:
    condition, event, done = Condition(), Event(), ironthread.Future()
    go = Event()
    thread = Thread(target=go.wait)
    thread.start()
    with faults(seed=1, timeout=1) as block:
        with condition:
            assert not condition.wait(30)
            assert not condition.wait_for(lambda: False, timeout=30)
        assert not event.wait(timeout=30)
        thread.join(30)
        assert thread.is_alive()
        with pytest.raises(TimeoutError):
            done.result(30)
        with pytest.raises(ironthread.BrokenBarrierError):
            ironthread.Barrier(2).wait(30)
        event.set()
        done.set_result(3)
        assert event.wait(30)
        assert done.result(timeout=30) == 3
    go.set()
    thread.join()
    waits = ["Condition.wait", "Condition.wait_for", "Event.wait", "Thread.join", "Future.result"]
    waits += ["Barrier.wait", "Event.wait", "Future.result"]
    assert kinds(block) == [("timeout", wait) for wait in waits]


def test_a_condition_wakes_for_nothing_and_has_its_lock_again() -> None:
    condition = Condition()
    with faults(seed=1, spurious=1) as block, condition:
        assert condition.wait()
        assert condition.wait(30)
        assert condition._is_owned()
        assert condition.wait_for(lambda: len(block.log) == 2)
    assert kinds(block) == [("spurious", "Condition.wait")] * 2


def test_others_get_the_lock_during_a_spurious_wake_up() -> None:
    condition = Condition()
    entered = Event()

    def enter() -> None:
        with condition:
            entered.set()

    with faults(seed=1, spurious=1), condition:
        thread = Thread(target=enter)
        thread.start()
        while not entered.is_set():
            condition.wait()
    thread.join()


@pytest.mark.parametrize("made", [Queue, ironthread.LifoQueue, ironthread.PriorityQueue])
def test_a_queue_with_a_bound_is_full_for_now(made: Callable[[int], Any]) -> None:
    queue, endless = made(3), made(0)
    with faults(seed=1, full=1) as block:
        with pytest.raises(Full):
            queue.put_nowait(1)
        with pytest.raises(Full):
            queue.put(1, False)
        with pytest.raises(Full):
            queue.put(1, block=False)
        with pytest.raises(Full):
            queue.put(1, timeout=30)
        queue.put(1)
        endless.put_nowait(1)
        endless.put(1, timeout=30)
    assert (queue.qsize(), endless.qsize()) == (1, 2)
    assert [kind for kind, _ in kinds(block)] == ["full"] * 4


@pytest.mark.parametrize("made", [Queue, SimpleQueue, ironthread.PriorityQueue])
def test_a_queue_is_empty_for_now(made: Callable[[], Any]) -> None:
    queue = made()
    queue.put(1)
    with faults(seed=1, empty=1) as block:
        with pytest.raises(Empty):
            queue.get_nowait()
        with pytest.raises(Empty):
            queue.get(False)
        with pytest.raises(Empty):
            queue.get(block=False)
        with pytest.raises(Empty):
            queue.get(timeout=30)
        assert queue.get() == 1
    assert [kind for kind, _ in kinds(block)] == ["empty"] * 4


def test_limited_puts_and_gets_are_late() -> None:
    queue: Queue[int] = Queue(1)
    with faults(seed=1, timeout=1) as block:
        with pytest.raises(Full):
            queue.put(1, timeout=30)
        queue.put_nowait(1)
        with pytest.raises(Empty):
            queue.get(timeout=30)
        assert queue.get() == 1
    assert kinds(block) == [("timeout", "Queue.put"), ("timeout", "Queue.get")]


def test_what_is_delayed_is_done_all_the_same() -> None:
    lock, queue = Lock(), Queue[int]()
    with faults(seed=1, delay=(1, 0.0005)) as block:
        for item in range(8):
            with lock:
                queue.put(item)
            assert queue.get_nowait() == item
    assert not lock.locked()
    assert kinds(block)[:3] == [
        ("delay", "Lock.__enter__"),
        ("delay", "Queue.put"),
        ("delay", "Queue.get_nowait"),
    ]
    assert len(block.log) == 24
    assert all(0 < injection.seconds < 0.0005 for injection in block.log)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="interrupts itself by a signal")
def test_a_lock_is_free_after_an_interrupted_delay() -> None:
    lock = Lock()
    held_when_interrupted = []

    def interrupt(*_: object) -> None:
        held_when_interrupted.append(lock.locked())
        raise Failure

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for seed in range(8):
            with pytest.raises(Failure), faults(seed=seed, delay=(1, 3600)):
                signal.setitimer(signal.ITIMER_REAL, 0.05)
                lock.acquire()
            assert not lock.locked()
    finally:
        signal.signal(signal.SIGALRM, before)
    assert set(held_when_interrupted) == {False, True}


def test_a_thread_cannot_be_started_and_then_it_can() -> None:
    ran = Event()
    thread = Thread(target=ran.set)
    with faults(seed=1, start=1) as block, pytest.raises(RuntimeError, match="can't start new"):
        thread.start()
    assert not thread.is_alive()
    assert thread.ident is None
    thread.start()
    thread.join()
    assert ran.is_set()
    with faults(seed=1, start=1), pytest.raises(RuntimeError, match="once"):
        thread.start()
    assert kinds(block) == [("start", "Thread.start")]


def test_the_workers_of_a_pool_cannot_be_started() -> None:
    with ironthread.ThreadPoolExecutor(1) as pool:
        with faults(seed=1, start=1) as block, pytest.raises(RuntimeError, match="can't start"):
            pool.submit(fallback)
        assert block.log[0].file == __file__
        pool.submit(fallback).result()


@pytest.mark.parametrize("made", [ironthread.ThreadPoolExecutor, ironthread.WorkStealingExecutor])
def test_the_calls_of_a_pool_fail(made: Callable[[int], ironthread.ThreadPoolExecutor]) -> None:
    made_calls: list[int] = []
    with made(2) as pool, faults(seed=1, task=1) as block:
        future = pool.submit(made_calls.append, 1)
        with pytest.raises(InjectedError):
            future.result()
        with pytest.raises(InjectedError):
            list(pool.map(made_calls.append, [1, 2]))
    assert not made_calls
    assert kinds(block) == [("task", "ThreadPoolExecutor.submit")] * 3


@pytest.mark.parametrize("error", [Failure, Failure("lost")])
def test_the_calls_of_a_pool_fail_as_one_likes(error: Any) -> None:
    with ironthread.ThreadPoolExecutor(1) as pool, faults(seed=1, task=(1, error)):
        future = pool.submit(fallback)
        with pytest.raises(Failure, match=str(error) if isinstance(error, Failure) else None):
            future.result()


def test_nothing_is_left_after_the_block() -> None:
    before = [vars(cls)[name] for cls, name, _, _ in TARGETS]
    lock = Lock()
    with faults(seed=1, timeout=1, spurious=1, delay=1, empty=1, full=1) as block:
        inside = [vars(cls)[name] for cls, name, _, _ in TARGETS]
        kept = lock.acquire
    after = [vars(cls)[name] for cls, name, _, _ in TARGETS]
    assert all(a is b for a, b in zip(before, after, strict=True))
    assert not any(a is b for a, b in zip(before, inside, strict=True))
    assert kept(timeout=30)
    assert not block.log


def test_only_what_is_asked_for_is_exchanged() -> None:
    before = vars(Lock)["acquire"], vars(Queue)["put"]
    with faults(seed=1, spurious=1):
        assert (vars(Lock)["acquire"], vars(Queue)["put"]) == before


def test_all_names_of_standard_classes_are_reached() -> None:
    run_program("""
        import ironthread
        ironthread.install()
        import queue, threading
        from ironthread.testing import faults
        with faults(seed=1, timeout=1, empty=1) as block:
            assert not threading.Lock().acquire(timeout=30)
            assert not threading.Event().wait(30)
            try: queue.SimpleQueue().get_nowait()
            except queue.Empty: pass
        assert len(block.log) == 3, block.log
    """)


def test_an_exception_says_what_was_injected() -> None:
    queue: Queue[int] = Queue()
    with pytest.raises(Empty) as caught, faults(seed=7, empty=1, timeout=0.5):
        queue.get_nowait()
    (note,) = caught.value.__notes__
    assert note.startswith("faults(seed=7, timeout=0.5, empty=1) injected 1 empty:\n")
    assert "MainThread: empty in Queue.get_nowait, test_faults.py:" in note


def test_there_is_one_block_at_a_time() -> None:
    lock = Lock()
    with faults(seed=1, timeout=1) as block:
        with pytest.raises(RuntimeError, match="one block at a time"), faults(seed=2):
            pass
        assert not lock.acquire(timeout=30)
    with block:
        assert not lock.acquire(timeout=30)
    assert len(block.log) == 1


def test_a_function_can_be_decorated() -> None:
    @faults(seed=1, timeout=1)
    def acquires() -> bool:
        return Lock().acquire(timeout=30)

    assert not acquires()
    assert not acquires()


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (ValueError, {"timeout": 1.1}),
        (ValueError, {"delay": (0.5, -1)}),
        (ValueError, {"only": "Rlock"}),
        (TypeError, {"spurious": "often"}),
        (TypeError, {"empty": True}),
        (TypeError, {"task": (1, "error")}),
        (TypeError, {"where": 3}),
        (TypeError, {"seed": 1.5}),
    ],
)
def test_options_are_checked(error: type[Exception], options: dict[str, Any]) -> None:
    with pytest.raises(error):
        faults(**options)


def test_injections_are_told_in_words() -> None:
    delay = Injection("MainThread", 1, "delay", "Queue.put", "/a/b.py", 3, 0.0012)
    assert str(delay) == "MainThread: delay in Queue.put, b.py:3 (1.20 ms)"
