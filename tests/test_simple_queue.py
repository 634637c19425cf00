"""`SimpleQueue`: a `put` that never waits and may come in the middle of anything."""

from __future__ import annotations

import gc
import random
import sys
import time
from typing import Any

import pytest
from against_standard import SHORT, TIME_LIMITS, assert_same, common, ours
from crew import Crew
from ironthread.queue import Empty, SimpleQueue
from programs import run_program


def test_items_leave_in_the_order_in_which_they_came() -> None:
    q: SimpleQueue[int] = SimpleQueue()
    for number in range(1000):
        q.put(number)
    assert q.qsize() == 1000
    assert [q.get() for _ in range(1000)] == list(range(1000))
    assert q.empty()


def test_an_empty_queue_raises_at_once_or_when_the_time_is_up() -> None:
    q: SimpleQueue[int] = SimpleQueue()
    for attempt in (q.get_nowait, lambda: q.get(False), lambda: q.get(block=False, timeout=9.0)):
        with pytest.raises(Empty):
            attempt()
    begin = time.monotonic()
    with pytest.raises(Empty):
        q.get(timeout=0.05)
    # Not before the time; the upper bound leaves room for a busy machine.
    assert 0.05 <= time.monotonic() - begin < 1.0


def test_put_takes_and_ignores_what_queues_with_a_size_take() -> None:
    q: SimpleQueue[int] = SimpleQueue()
    q.put(1, False)
    q.put(2, block=True, timeout=-1)
    q.put(3, timeout=None)
    q.put_nowait(4)
    assert [q.get() for _ in range(4)] == [1, 2, 3, 4]


def test_blocked_threads_are_served_in_the_order_in_which_they_came() -> None:
    q: SimpleQueue[int] = SimpleQueue()
    served: list[int] = []
    with Crew() as crew:

        def get(number: int) -> None:
            q.get()
            served.append(number)

        getters = [crew.start(get, number).until_asleep("Queue.get") for number in range(5)]
        for number, getter in enumerate(getters):
            q.put(number)
            getter.result()
    assert served == [0, 1, 2, 3, 4]


def test_a_burst_of_puts_serves_all_who_wait() -> None:
    q: SimpleQueue[int] = SimpleQueue()
    with Crew() as crew:
        getters = [crew.start(q.get).until_asleep() for _ in range(8)]
        for number in range(8):
            q.put(number)
        assert sorted(getter.result() for getter in getters) == list(range(8))


def test_an_item_can_put_another_when_it_dies() -> None:
    q: SimpleQueue[Any] = SimpleQueue()

    class Phoenix:
        def __del__(self) -> None:
            q.put("ashes")

    q.put(Phoenix())
    q.get()
    assert q.get() == "ashes"


def test_garbage_that_is_collected_in_the_middle_of_anything_can_put() -> None:
    # The collector runs wherever something is made, in the middle of a put as well.
    q: SimpleQueue[Any] = SimpleQueue()
    rng = random.Random(3)
    dead = 0

    class Cycle:
        def __init__(self) -> None:
            self.me = self

        def __del__(self) -> None:
            nonlocal dead
            dead += 1
            q.put("dead")

    before = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        received = made = 0
        for _ in range(3000):
            if rng.random() < 0.5:
                Cycle()
                made += 1
            else:
                q.put("alive")
                made += 1
            while rng.random() < 0.7:
                try:
                    q.get_nowait()
                    received += 1
                except Empty:
                    break
    finally:
        gc.set_threshold(*before)
    gc.collect()
    received += q.qsize()
    assert dead > 1000
    assert received == made


def test_an_item_that_dies_in_another_thread_wakes_a_getter() -> None:
    q: SimpleQueue[str] = SimpleQueue()

    class Phoenix:
        def __del__(self) -> None:
            q.put("ashes")

    with Crew() as crew:
        getter = crew.start(q.get).until_asleep()
        item = Phoenix()
        del item
        assert getter.result() == "ashes"


FROM_A_HANDLER = """
    import signal, sys, threading
    from crew import Crew, until_asleep
    from ironthread.queue import SimpleQueue

    # The handler puts in the middle of the very `get` it interrupts, and in the middle of puts.
    q = SimpleQueue()
    main = threading.main_thread()
    signal.signal(signal.SIGUSR1, lambda number, frame: q.put("from the handler"))
    for timeout in (None, 30.0):
        with Crew() as crew:
            crew.start(
                lambda: (until_asleep(main), signal.pthread_kill(main.ident, signal.SIGUSR1))
            )
            assert q.get(timeout=timeout) == "from the handler"

    handled = 0
    def handler(number, frame):
        global handled
        handled += 1
        q.put("from the handler")
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0002, 0.0002)
    puts = 0
    while handled < 200:
        q.put("from the program")
        puts += 1
    signal.setitimer(signal.ITIMER_REAL, 0)
    items = [q.get() for _ in range(q.qsize())]
    assert items.count("from the handler") == handled
    assert items.count("from the program") == puts
"""


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of Unix")
def test_a_signal_handler_can_put_whatever_it_interrupts() -> None:
    run_program(FROM_A_HANDLER)


def test_a_subclass_may_have_an_init_of_its_own() -> None:
    class Named(SimpleQueue[int]):
        def __init__(self, name: str) -> None:
            self.name = name

    q = Named("it")
    q.put(1)
    assert (q.name, q.get()) == ("it", 1)


# The standard one of 3.11 looks twice, and waits for ever if the time is up between the two looks.
MOMENTS = ["0.001", "1e-9"]
SHORT_ENOUGH = [limit for limit in SHORT if limit not in MOMENTS]

SAME = [
    *common("SimpleQueue()"),
    *(f"SimpleQueue().get(True, {limit})" for limit in SHORT_ENOUGH),
    *(f"SimpleQueue().get(timeout={limit})" for limit in SHORT_ENOUGH),
    *(f"SimpleQueue().get(False, {limit})" for limit in TIME_LIMITS),
    *(f"q = SimpleQueue(); q.put(7); q.get(True, {limit})" for limit in TIME_LIMITS),
    *(f"q = SimpleQueue(); q.put(7); q.get(False, {limit})" for limit in TIME_LIMITS),
    *(f"SimpleQueue().put(1, True, {limit})" for limit in TIME_LIMITS),
    *(f"SimpleQueue().put(1, {b})" for b in ("True", "False", "None", "'x'", "block=0")),
    *(f"SimpleQueue().get({b})" for b in ("False", "0", "block=False")),
    "SimpleQueue().get(1, 2, 3)",
    "SimpleQueue().get(blocking=0)",
    "SimpleQueue().get_nowait()",
    "SimpleQueue().get_nowait(1)",
    "SimpleQueue().put()",
    "SimpleQueue().put(1, 2, 3, 4)",
    "SimpleQueue().put_nowait()",
    "SimpleQueue().put_nowait(1)",
    "SimpleQueue().put_nowait(item=1)",
    "SimpleQueue(1)",
    "SimpleQueue(maxsize=1)",
    "SimpleQueue().qsize()",
    "SimpleQueue().empty()",
    "SimpleQueue().qsize(1)",
    "SimpleQueue().full()",
    "SimpleQueue().task_done()",
    "q = SimpleQueue(); q.put(1); q.put(2); q.qsize()",
    "q = SimpleQueue(); q.x = 5",
    "SimpleQueue().__dict__",
    "copy.copy(SimpleQueue())",
    "repr(SimpleQueue())",
    "SimpleQueue[int]",
    "str(SimpleQueue[int])",
    "SimpleQueue[int]()",
    "C = type('C', (SimpleQueue,), {'__module__': 'm'}); c = C(); c.x = 5; c.x",
    "C = type('C', (SimpleQueue,), {'__init__': lambda self, a: None}); C(1).empty()",
    "signature(SimpleQueue)",
    *(f"signature(SimpleQueue.{m})" for m in ("put", "get", "put_nowait", "get_nowait", "qsize")),
    "SimpleQueue.__name__",
    "SimpleQueue.__qualname__",
    "SimpleQueue.__module__",
]
# Before 3.12 an integer is asked for.
TRUTH_SINCE_3_12 = [f"SimpleQueue().get({b})" for b in ("''", "None", "[]", "Untrue()")]
MESSAGES = ["SimpleQueue().get(timeout=-1)", "SimpleQueue().get_nowait()"]


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("limit", MOMENTS)
def test_a_wait_of_a_moment_ends(limit: str) -> None:
    for _ in range(1000 if limit == "1e-9" else 1):
        assert ours(f"SimpleQueue().get(True, {limit})").raised is Empty


@pytest.mark.skipif(sys.version_info < (3, 12), reason="an integer is asked for before 3.12")
@pytest.mark.parametrize("code", TRUTH_SINCE_3_12)
def test_whether_to_block_is_a_matter_of_truth(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", MESSAGES)
def test_messages_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code, message=True)
