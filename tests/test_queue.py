"""`Queue` and `LifoQueue`: waiting, tasks, shutting down, and the state that a program may reach into."""

from __future__ import annotations

import queue as standard
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from against_standard import SHORT, TIME_LIMITS, assert_same, common
from crew import Crew, is_asleep, until
from ironthread.queue import Empty, Full, LifoQueue, PriorityQueue, Queue, ShutDown, SimpleQueue
from transfer import transfer
from waits import PlainSubclass, SetQueue, opened

Make = Callable[..., Any]

KINDS: dict[str, Make] = {
    "native": Queue,
    "native stack": LifoQueue,
    "open": lambda maxsize=0: opened(Queue(maxsize)),
    "open stack": lambda maxsize=0: opened(LifoQueue(maxsize)),
    "sorted": PriorityQueue,
    "subclass": PlainSubclass,
    "set": SetQueue,
}
every_kind = pytest.mark.parametrize("make", KINDS.values(), ids=KINDS)

# What a program may do to a queue from outside; each moves the items under a lock that it can see.
OPENINGS: dict[str, Callable[[Any], object]] = {
    "mutex": lambda q: q.mutex,
    "queue": lambda q: q.queue,
    "not_empty": lambda q: q.not_empty,
    "not_full": lambda q: q.not_full,
    "all_tasks_done": lambda q: q.all_tasks_done,
    "unfinished_tasks": lambda q: setattr(q, "unfinished_tasks", q.unfinished_tasks),
}
every_opening = pytest.mark.parametrize("open_", OPENINGS.values(), ids=OPENINGS)


def numbers(q: Any) -> list[int]:
    """What is in the queue, in the order in which it leaves."""
    taken = []
    while True:
        try:
            taken.append(q.get_nowait())
        except Empty:
            return taken


# Sizes, order, time limits


@pytest.mark.parametrize("name", ["native", "open", "subclass"])
def test_items_leave_in_the_order_in_which_they_came(name: str) -> None:
    q = KINDS[name]()
    for number in [3, 1, 2]:
        q.put(number)
    assert numbers(q) == [3, 1, 2]


@pytest.mark.parametrize("name", ["native stack", "open stack"])
def test_the_item_that_came_last_leaves_a_stack_first(name: str) -> None:
    q = KINDS[name]()
    for number in [3, 1, 2]:
        q.put(number)
    assert numbers(q) == [2, 1, 3]


@every_kind
def test_size_empty_and_full_say_what_is_inside(make: Make) -> None:
    q = make(2)
    seen = [(q.qsize(), q.empty(), q.full())]
    for number in range(2):
        q.put(number)
        seen.append((q.qsize(), q.empty(), q.full()))
    q.get()
    seen.append((q.qsize(), q.empty(), q.full()))
    assert seen == [(0, True, False), (1, False, False), (2, False, True), (1, False, False)]


@every_kind
@pytest.mark.parametrize("maxsize", [0, -1, -(2**40)])
def test_a_queue_of_no_size_is_never_full(make: Make, maxsize: int) -> None:
    q = make(maxsize)
    for number in range(1000):
        q.put_nowait(number)
    assert q.maxsize == maxsize
    assert not q.full()


@every_kind
def test_a_size_beyond_all_memory_is_a_size(make: Make) -> None:
    q = make(sys.maxsize)
    q.put(1)
    assert (q.qsize(), q.full(), q.maxsize) == (1, False, sys.maxsize)


@every_kind
def test_what_does_not_wait_raises_at_once(make: Make) -> None:
    q = make(1)
    for attempt in (q.get_nowait, lambda: q.get(False), lambda: q.get(block=False, timeout=5.0)):
        with pytest.raises(Empty):
            attempt()
    q.put(1)
    for attempt in (
        lambda: q.put_nowait(2),
        lambda: q.put(2, False),
        lambda: q.put(2, block=False, timeout=5.0),
    ):
        with pytest.raises(Full):
            attempt()
    assert numbers(q) == [1]


@every_kind
def test_a_wait_ends_with_its_time(make: Make) -> None:
    q = make(1)
    begin = time.monotonic()
    with pytest.raises(Empty):
        q.get(timeout=0.05)
    q.put(1)
    with pytest.raises(Full):
        q.put(2, timeout=0.05)
    # Not before the time; the upper bound leaves room for a busy machine.
    assert 0.1 <= time.monotonic() - begin < 1.1
    assert numbers(q) == [1]


@every_kind
def test_a_blocked_get_is_served_by_a_put_and_a_blocked_put_by_a_get(make: Make) -> None:
    q = make(1)
    with Crew() as crew:
        for timeout in (None, 30.0):
            getter = crew.start(q.get, timeout=timeout).until_asleep()
            q.put(1)
            assert getter.result() == 1
            q.put(2)
            putter = crew.start(q.put, 3, timeout=timeout).until_asleep()
            assert q.get() == 2
            putter.result()
            assert q.get() == 3


@pytest.mark.parametrize("name", ["native", "open", "subclass"])
def test_blocked_threads_are_served_in_the_order_in_which_they_came(name: str) -> None:
    q = KINDS[name]()
    served: list[int] = []
    with Crew() as crew:

        def get(number: int) -> None:
            q.get()
            served.append(number)

        getters = [crew.start(get, number).until_asleep() for number in range(5)]
        for number, getter in enumerate(getters):
            q.put(number)
            getter.result()
    assert served == [0, 1, 2, 3, 4]


@every_kind
def test_many_puts_at_once_serve_as_many_getters(make: Make) -> None:
    q = make()
    with Crew() as crew:
        getters = [crew.start(q.get).until_asleep() for _ in range(8)]
        for number in range(8):
            q.put(number)
        assert sorted(getter.result() for getter in getters) == list(range(8))


@every_kind
def test_many_gets_at_once_serve_as_many_putters(make: Make) -> None:
    q = make(4)
    for number in range(4):
        q.put(number)
    with Crew() as crew:
        putters = [crew.start(q.put, number).until_asleep() for number in range(4, 8)]
        taken = [q.get() for _ in range(4)]
        for putter in putters:
            putter.result()
        assert sorted(taken + numbers(q)) == list(range(8))


@every_kind
def test_getters_whose_time_runs_out_leave_the_others_in_place(make: Make) -> None:
    q = make()

    def give_up(seed: int) -> int | None:
        try:
            return int(q.get(timeout=0.001 * (seed % 10)))
        except Empty:
            return None

    with Crew() as crew:
        patient = [crew.start(q.get) for _ in range(4)]
        impatient = [crew.start(give_up, seed) for seed in range(20)]
        for member in impatient:
            assert member.result() is None
        for number in range(4):
            q.put(number)
        assert sorted(member.result() for member in patient) == [0, 1, 2, 3]


def test_a_larger_size_lets_no_more_in_than_it_should() -> None:
    q: Queue[int] = Queue(1)
    q.put(0)
    q.maxsize = 3
    q.put(1)
    q.put(2)
    with pytest.raises(Full):
        q.put_nowait(3)
    q.maxsize = 0
    q.put_nowait(3)
    assert numbers(q) == [0, 1, 2, 3]


@pytest.mark.parametrize("name", ["native", "open"])
def test_waiting_putters_go_on_when_a_get_comes_after_the_size_has_grown(name: str) -> None:
    q = KINDS[name](1)
    q.put(0)
    with Crew() as crew:
        putters = [crew.start(q.put, number).until_asleep() for number in (1, 2)]
        q.maxsize = 10
        # The standard library wakes nobody for a new size, but for each item that leaves.
        assert q.get() == 0
        assert q.get() in (1, 2)
        for putter in putters:
            putter.result()
    assert len(numbers(q)) == 1


# Tasks


@every_kind
def test_join_waits_until_every_item_is_done(make: Make) -> None:
    q = make()
    q.join()
    for number in range(3):
        q.put(number)
    assert q.unfinished_tasks == 3
    with Crew() as crew:
        joiners = [crew.start(q.join).until_asleep() for _ in range(3)]
        for left in (2, 1, 0):
            q.get()
            assert all(joiner.is_alive for joiner in joiners)
            q.task_done()
            assert q.unfinished_tasks == left
    q.join()


@every_kind
def test_one_task_done_too_many_is_an_error_and_changes_nothing(make: Make) -> None:
    q = make()
    with pytest.raises(ValueError, match=r"^task_done\(\) called too many times$"):
        q.task_done()
    q.put(1)
    q.task_done()
    with pytest.raises(ValueError, match=r"^task_done\(\) called too many times$"):
        q.task_done()
    assert (q.unfinished_tasks, q.qsize()) == (0, 1)


@every_kind
def test_a_put_that_fails_is_no_task(make: Make) -> None:
    q = make(1)
    q.put(1)
    with pytest.raises(Full):
        q.put_nowait(2)
    with pytest.raises(Full):
        q.put(2, timeout=0.001)
    assert q.unfinished_tasks == 1


def test_workers_that_feed_the_queue_themselves_are_joined_at_the_very_end() -> None:
    q: Queue[int] = Queue()
    done: list[int] = []

    def work() -> None:
        while (depth := q.get()) >= 0:
            for _ in range(2 if depth else 0):
                q.put(depth - 1)
            done.append(depth)
            q.task_done()

    with Crew() as crew:
        for _ in range(4):
            crew.start(work)
        q.put(8)
        q.join()
        assert len(done) == 2**9 - 1
        for _ in range(4):
            q.put(-1)


# Shutting down; the same on every version of Python


@every_kind
@pytest.mark.parametrize("immediate", [False, True])
def test_nothing_enters_a_queue_that_is_shut_down(make: Make, immediate: bool) -> None:
    q = make()
    q.put(1)
    q.shutdown(immediate)
    assert q.is_shutdown is True
    for attempt in (
        lambda: q.put(2),
        lambda: q.put(2, timeout=0.01),
        lambda: q.put(2, timeout=-1),  # told first
        lambda: q.put_nowait(2),
    ):
        with pytest.raises(ShutDown):
            attempt()


@every_kind
def test_items_inside_can_be_taken_after_an_orderly_shutdown(make: Make) -> None:
    q = make()
    q.put(1)
    q.put(2)
    q.shutdown()
    with pytest.raises(ValueError, match="non-negative"):
        q.get(timeout=-1)
    assert sorted([q.get(), q.get_nowait()]) == [1, 2]
    wrong = partial(q.get, timeout=-1)  # told second
    for attempt in (q.get, q.get_nowait, wrong, lambda: q.get(timeout=0.01)):
        with pytest.raises(ShutDown):
            attempt()
    q.task_done()
    assert q.unfinished_tasks == 1


@every_kind
def test_an_immediate_shutdown_gives_the_items_up_and_counts_them_as_done(make: Make) -> None:
    q = make()
    for number in range(3):
        q.put(number)
    q.get()
    q.shutdown(immediate=True)
    assert (q.qsize(), q.unfinished_tasks) == (0, 1)
    with pytest.raises(ShutDown):
        q.get()
    with Crew() as crew:
        joiner = crew.start(q.join).until_asleep()
        q.task_done()
        joiner.result()


@every_kind
@pytest.mark.parametrize("immediate", [False, True])
@pytest.mark.parametrize("timeout", [None, 30.0])
def test_a_shutdown_ends_every_wait_for_items_and_slots(
    make: Make, immediate: bool, timeout: float | None
) -> None:
    empty, full = make(), make(1)
    full.put(1)
    with Crew() as crew:
        blocked = [crew.start(empty.get, timeout=timeout) for _ in range(3)]
        blocked += [crew.start(full.put, number, timeout=timeout) for number in (2, 3, 4)]
        for member in blocked:
            member.until_asleep()
        empty.shutdown(immediate)
        full.shutdown(immediate)
        for member in blocked:
            with pytest.raises(ShutDown):
                member.result()
        # Members that failed as they should are not to fail the crew.
        crew.dismiss(blocked)
    assert full.qsize() == (0 if immediate else 1)


@every_kind
def test_joiners_wait_on_after_an_orderly_shutdown_and_not_after_an_immediate_one(
    make: Make,
) -> None:
    q = make()
    q.put(1)
    q.put(2)
    with Crew() as crew:
        joiners = [crew.start(q.join).until_asleep() for _ in range(3)]
        q.shutdown()
        q.get()
        q.task_done()
        # Woken or not: there is work left.
        until(lambda: all(is_asleep(joiner.thread) for joiner in joiners))
        q.shutdown(immediate=True)
        for joiner in joiners:
            joiner.result()
    assert q.unfinished_tasks == 0


@every_kind
def test_shutting_down_twice_is_no_error(make: Make) -> None:
    q = make()
    q.put(1)
    q.shutdown()
    q.shutdown()
    assert q.get() == 1
    q.shutdown(immediate=True)
    q.shutdown(immediate=True)
    # The one that was taken is still to be marked.
    assert q.unfinished_tasks == 1


def test_shutdown_raises_the_standard_exception_where_there_is_one() -> None:
    if sys.version_info >= (3, 13):
        assert ShutDown is standard.ShutDown
    else:
        assert (ShutDown.__name__, ShutDown.__bases__) == ("ShutDown", (Exception,))
    assert Empty is standard.Empty
    assert Full is standard.Full


# Reaching into a queue, at rest and while threads are blocked


@every_opening
@pytest.mark.parametrize("make", [Queue, LifoQueue], ids=["queue", "stack"])
def test_reaching_into_a_queue_changes_nothing_that_can_be_seen(
    make: Make, open_: Callable[[Any], object]
) -> None:
    q = make(5)
    for number in range(4):
        q.put(number)
    q.task_done()
    open_(q)
    assert (q.qsize(), q.unfinished_tasks, q.full(), q.maxsize) == (4, 3, False, 5)
    assert not q.is_shutdown
    assert list(q.queue) == [0, 1, 2, 3]
    q.put(4)
    with pytest.raises(Full):
        q.put_nowait(5)
    in_order = [0, 1, 2, 3, 4]
    assert numbers(q) == (in_order if make is Queue else in_order[::-1])


@every_opening
def test_a_queue_that_was_shut_down_stays_so_when_reached_into(
    open_: Callable[[Any], object],
) -> None:
    q: Queue[int] = Queue()
    q.put(1)
    q.shutdown()
    open_(q)
    assert q.is_shutdown
    with pytest.raises(ShutDown):
        q.put(2)
    assert q.get() == 1
    with pytest.raises(ShutDown):
        q.get()
    assert q.unfinished_tasks == 1


@every_opening
@pytest.mark.parametrize("timeout", [None, 30.0])
@pytest.mark.parametrize("make", [Queue, LifoQueue], ids=["queue", "stack"])
def test_threads_blocked_in_get_wait_on_when_the_queue_is_reached_into(
    make: Make, open_: Callable[[Any], object], timeout: float | None
) -> None:
    q = make()
    with Crew() as crew:
        getters = [crew.start(q.get, timeout=timeout).until_asleep("Queue.get") for _ in range(4)]
        open_(q)
        for getter in getters:
            getter.until_asleep("Queue.get")
        for number in range(4):
            q.put(number)
        assert sorted(getter.result() for getter in getters) == [0, 1, 2, 3]


@every_opening
@pytest.mark.parametrize("timeout", [None, 30.0])
@pytest.mark.parametrize("make", [Queue, LifoQueue], ids=["queue", "stack"])
def test_threads_blocked_in_put_wait_on_when_the_queue_is_reached_into(
    make: Make, open_: Callable[[Any], object], timeout: float | None
) -> None:
    q = make(2)
    q.put(0)
    q.put(1)
    with Crew() as crew:
        putters = [
            crew.start(q.put, number, timeout=timeout).until_asleep("Queue.put")
            for number in (2, 3, 4)
        ]
        open_(q)
        for putter in putters:
            putter.until_asleep("Queue.put")
        assert q.qsize() == 2
        taken = [q.get() for _ in range(5)]
        for putter in putters:
            putter.result()
    assert sorted(taken) == [0, 1, 2, 3, 4]


@every_opening
def test_threads_blocked_in_join_wait_on_when_the_queue_is_reached_into(
    open_: Callable[[Any], object],
) -> None:
    q: Queue[int] = Queue()
    q.put(1)
    with Crew() as crew:
        joiners = [crew.start(q.join).until_asleep("Queue.join") for _ in range(3)]
        open_(q)
        for joiner in joiners:
            joiner.until_asleep("Queue.join")
        q.task_done()
        for joiner in joiners:
            joiner.result()


def test_a_time_limit_goes_on_when_the_queue_is_reached_into() -> None:
    q: Queue[int] = Queue(1)
    limit = 0.2

    def get() -> float:
        begin = time.monotonic()
        with pytest.raises(Empty):
            q.get(timeout=limit)
        return time.monotonic() - begin

    with Crew() as crew:
        getter = crew.start(get).until_asleep()
        assert q.mutex is not None
        # Begun anew, the limit would be no longer; but a lost one would be seen.
        assert limit <= getter.result() < limit + 1.0


@every_opening
def test_many_threads_may_reach_into_the_same_queue_at_once(
    open_: Callable[[Any], object],
) -> None:
    for _ in range(50):
        q: Queue[int] = Queue()
        for number in range(10):
            q.put(number)
        gate = threading.Barrier(4)

        def reach(q: Queue[int] = q, gate: threading.Barrier = gate) -> tuple[object, ...]:
            gate.wait()
            open_(q)
            return q.mutex, q.queue, q.not_empty

        with Crew() as crew:
            members = [crew.start(reach) for _ in range(4)]
            seen = {tuple(map(id, member.result())) for member in members}
        assert len(seen) == 1
        assert numbers(q) == list(range(10))


@pytest.mark.parametrize("seed", range(8))
def test_items_on_their_way_arrive_when_the_queue_is_reached_into(seed: int, long: bool) -> None:
    rng = random.Random(seed)
    for _ in range(400 if long else 20):
        q: Queue[Any] = rng.choice([Queue, LifoQueue])(rng.choice([0, 1, 3, 10]))
        opening = rng.choice(list(OPENINGS.values()))

        def reach(
            q: Queue[Any] = q, opening: Callable[[Any], object] = opening, rng: Any = rng
        ) -> None:
            time.sleep(rng.random() * 0.002)
            opening(q)

        with Crew() as crew:
            crew.start(reach)
            transfer(q, 400, in_order=not isinstance(q, LifoQueue))


def test_a_join_is_not_over_before_its_tasks_when_the_queue_is_reached_into() -> None:
    for _ in range(100):
        q: Queue[int] = Queue()
        q.put(1)
        done = False

        def join(q: Queue[int] = q) -> bool:
            q.join()
            return done

        with Crew() as crew:
            joiners = [crew.start(join) for _ in range(2)]
            crew.start(lambda q=q: q.mutex)  # type: ignore[misc]
            done = True
            q.task_done()
            assert [joiner.result() for joiner in joiners] == [True, True]


def test_items_can_be_cleared_under_the_mutex() -> None:
    q: Queue[int] = Queue()
    for number in range(3):
        q.put(number)
    with q.mutex:
        q.queue.clear()
    assert (q.qsize(), q.empty(), q.unfinished_tasks) == (0, True, 3)
    q.put(7)
    assert q.get() == 7


def test_a_cleared_queue_can_release_its_putters_and_joiners() -> None:
    # The recipe that programs use to empty a queue from outside.
    q: Queue[int] = Queue(2)
    q.put(1)
    q.put(2)
    with Crew() as crew:
        putters = [crew.start(q.put, number).until_asleep() for number in (3, 4)]
        joiner = crew.start(q.join).until_asleep()
        with q.mutex:
            q.queue.clear()
            q.not_full.notify_all()
        for putter in putters:
            putter.result()
        with q.mutex:
            q.unfinished_tasks = 0
            q.all_tasks_done.notify_all()
        joiner.result()
    assert sorted(numbers(q)) == [3, 4]


def test_an_item_can_be_added_by_hand() -> None:
    q: Queue[int] = Queue()
    with Crew() as crew:
        getter = crew.start(q.get).until_asleep()
        with q.not_empty:
            q.queue.append(5)
            q.unfinished_tasks += 1
            q.not_empty.notify()
        assert getter.result() == 5
    q.task_done()
    q.join()


def test_the_store_can_be_exchanged() -> None:
    q: Queue[int] = Queue()
    q.put(1)
    with q.mutex:
        old, q.queue = q.queue, deque([8, 9])
    assert list(old) == [1]
    assert numbers(q) == [8, 9]


def test_the_conditions_share_the_mutex() -> None:
    q: Queue[int] = Queue()
    for condition in (q.not_empty, q.not_full, q.all_tasks_done):
        with condition:
            assert q.mutex.locked()
        assert not q.mutex.locked()
    assert q.mutex is q.mutex
    assert isinstance(q.queue, deque)
    assert isinstance(LifoQueue().queue, list)


def test_every_method_waits_for_the_mutex() -> None:
    q: Queue[int] = Queue()
    q.put(1)
    calls: list[Callable[[], object]] = [
        *(q.qsize, q.empty, q.full, q.get, q.task_done, q.join, q.get_nowait, q.shutdown),
        lambda: q.put(2),
        lambda: q.put_nowait(2),
    ]
    for call in calls:
        if call == q.full:
            q.maxsize = 5

        def attempt(call: Callable[[], object] = call) -> None:
            try:
                call()
            except (Empty, ShutDown):
                pass

        with Crew() as crew:
            with q.mutex:
                member = crew.start(attempt).until_asleep("Lock")
            member.result()


def test_a_queue_whose_mutex_is_held_by_its_own_thread_does_not_deadlock_on_other_attributes() -> (
    None
):
    q: Queue[int] = Queue(3)
    q.put(1)
    with q.mutex:
        assert len(q.queue) == q._qsize() == 1
        assert (q.maxsize, q.unfinished_tasks, q.is_shutdown) == (3, 1, False)
        q._put(2)
        assert q._get() == 1


def test_the_tasks_can_be_counted_by_hand() -> None:
    q: Queue[int] = Queue()
    with q.mutex:
        q.unfinished_tasks += 2
    q.task_done()
    assert q.unfinished_tasks == 1
    with Crew() as crew:
        joiner = crew.start(q.join).until_asleep()
        q.task_done()
        joiner.result()


def test_a_queue_can_be_shut_down_and_opened_again_by_hand() -> None:
    q: Queue[int] = Queue()
    q.is_shutdown = True
    with pytest.raises(ShutDown):
        q.put(1)
    q.is_shutdown = False
    q.put(1)
    assert q.get() == 1


# Subclasses


class Stack(Queue[Any]):
    """The newest first, by the other end of the standard store."""

    def _put(self, item: Any) -> None:
        self.queue.appendleft(item)


class Evens(Queue[int]):
    """Takes and gives with complaints."""

    def _put(self, item: int) -> None:
        if item % 2:
            raise ValueError(item)
        super()._put(item)

    def _get(self) -> int:
        if self.queue[0] == 4:
            raise LookupError(4)
        return super()._get()


class Sized(Queue[Any]):
    """Counts what the items weigh, so that a queue of two items can be full."""

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self.weight = 0

    def _qsize(self) -> int:
        return self.weight

    def _put(self, item: int) -> None:
        self.weight += item
        super()._put(item)

    def _get(self) -> int:
        item = int(super()._get())
        self.weight -= item
        return item


def test_a_subclass_can_put_at_the_other_end() -> None:
    q = Stack()
    for number in range(3):
        q.put(number)
    assert list(q.queue) == [2, 1, 0]
    assert numbers(q) == [2, 1, 0]


def test_a_subclass_can_use_a_store_of_its_own() -> None:
    q = SetQueue()
    for number in [1, 2, 1, 2, 3]:
        q.put(number)
    assert (q.qsize(), q.unfinished_tasks) == (3, 5)
    assert sorted(numbers(q)) == [1, 2, 3]


def test_a_subclass_can_say_what_its_size_is() -> None:
    q = Sized(10)
    q.put(6)
    assert (q.qsize(), q.full()) == (6, False)
    q.put(6)
    assert q.full()
    with pytest.raises(Full):
        q.put_nowait(1)
    with Crew() as crew:
        putter = crew.start(q.put, 1).until_asleep()
        assert q.get() == 6
        putter.result()
    assert q.qsize() == 7


def test_what_a_subclass_raises_in_put_comes_out_and_changes_nothing() -> None:
    q = Evens(5)
    q.put(2)
    for _ in range(3):
        with pytest.raises(ValueError, match="3"):
            q.put(3)
    assert (q.qsize(), q.unfinished_tasks) == (1, 1)
    assert not q.mutex.locked()
    with Crew() as crew:
        assert q.get() == 2
        getter = crew.start(q.get).until_asleep()
        with pytest.raises(ValueError, match="5"):
            q.put(5)
        q.put(6)
        assert getter.result() == 6


def test_what_a_subclass_raises_in_get_comes_out_and_changes_nothing() -> None:
    q = Evens(1)
    q.put(4)
    for _ in range(3):
        with pytest.raises(LookupError):
            q.get()
    assert (q.qsize(), q.full()) == (1, True)
    assert not q.mutex.locked()
    with Crew() as crew:
        putter = crew.start(q.put, 6).until_asleep()
        with q.mutex:
            q.queue[0] = 2
        assert q.get() == 2
        putter.result()
    assert q.get() == 6


@pytest.mark.parametrize("base", [Queue, LifoQueue, PriorityQueue])
def test_a_subclass_may_have_an_init_of_its_own(base: type[Queue[Any]]) -> None:
    class Named(base):  # type: ignore[misc, valid-type]
        def __init__(self, name: str, *, size: int) -> None:
            super().__init__(size)
            self.name = name

    q = Named("it", size=1)
    q.put(1)
    assert (q.name, q.maxsize, q.full()) == ("it", 1, True)
    with pytest.raises(Full):
        q.put_nowait(2)


def test_a_subclass_may_set_itself_up_before_its_base() -> None:
    class Early(Queue[int]):
        def __init__(self) -> None:
            self.items: list[int] = []
            super().__init__(maxsize=2)

        def _init(self, maxsize: int) -> None:
            assert maxsize == 2
            assert self.items == []

        def _qsize(self) -> int:
            return len(self.items)

        def _put(self, item: int) -> None:
            self.items.append(item)

        def _get(self) -> int:
            return self.items.pop(0)

    q = Early()
    q.put(1)
    q.put(2)
    assert q.full()
    assert numbers(q) == [1, 2]


def test_the_short_forms_go_through_overridden_put_and_get() -> None:
    class Noting(Queue[int]):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[tuple[str, bool, float | None]] = []

        # By name only: the standard library calls them so.
        def put(self, item: int, *, block: bool = True, timeout: float | None = None) -> None:  # type: ignore[override]
            self.calls.append(("put", block, timeout))
            super().put(item, block, timeout)

        def get(self, *, block: bool = True, timeout: float | None = None) -> int:  # type: ignore[override]
            self.calls.append(("get", block, timeout))
            return super().get(block, timeout)

    q = Noting()
    q.put_nowait(1)
    assert q.get_nowait() == 1
    assert q.calls == [("put", False, None), ("get", False, None)]


def test_a_store_can_be_overridden_on_the_instance_only_as_in_the_standard_library() -> None:
    def outcome(make: Make) -> list[object]:
        q = make()
        seen: list[object] = []
        q._put = lambda item: q.queue.append(("changed", item))
        q.put(1)
        seen.append(q.get())
        return seen

    assert outcome(Queue) == outcome(standard.Queue)


def test_items_of_any_kind_pass_through() -> None:
    class Unfriendly:
        __hash__ = None  # type: ignore[assignment]

        def __eq__(self, other: object) -> bool:
            raise AssertionError("nobody asks")

        def __bool__(self) -> bool:
            raise AssertionError("nobody asks")

    for make in (Queue, LifoQueue, lambda: opened(Queue())):
        q: Any = make()
        for item in (None, False, (), Unfriendly(), Empty, q):
            q.put(item)
            assert q.get() is item


def test_an_item_can_use_the_queue_when_it_dies() -> None:
    class Phoenix:
        def __init__(self, q: Queue[Any]) -> None:
            self.q = q

        def __del__(self) -> None:
            self.q.put("ashes")
            self.q.qsize()

    for make in (Queue, LifoQueue, lambda: opened(Queue())):
        q: Any = make()
        q.put(Phoenix(q))
        q.get()
        assert q.get() == "ashes"
        q.put(Phoenix(q))
        with q.mutex:
            # Clearing drops the items with the lock held.
            kept = list(q.queue)
            q.queue.clear()
        del kept
        assert q.get() == "ashes"


def test_items_given_up_in_a_shutdown_can_use_the_queue_when_they_die() -> None:
    seen: list[object] = []

    class Dying:
        def __init__(self, q: Queue[Any]) -> None:
            self.q = q

        def __del__(self) -> None:
            seen.append(self.q.qsize())
            try:
                self.q.put(1)
            except ShutDown:
                seen.append("shut down")

    q: Queue[Any] = Queue()
    q.put(Dying(q))
    q.put(Dying(q))
    q.shutdown(immediate=True)
    assert seen == [0, "shut down", 0, "shut down"]


# Beside the standard library

CLASSES = ("Queue", "LifoQueue", "PriorityQueue")
SAME = [
    code
    for kind in CLASSES
    for code in [
        *common(f"{kind}()"),
        *(f"{kind}().get(True, {limit})" for limit in SHORT),
        *(f"{kind}().get(timeout={limit})" for limit in SHORT),
        *(f"{kind}().get(False, {limit})" for limit in TIME_LIMITS),
        *(f"q = {kind}(); q.put(7); q.get(False, {limit})" for limit in TIME_LIMITS),
        *(f"q = {kind}(1); q.put(1); q.put(2, True, {limit})" for limit in SHORT),
        *(f"q = {kind}(1); q.put(1); q.put(2, timeout={limit})" for limit in SHORT),
        *(f"q = {kind}(1); q.put(1); q.put(2, False, {limit})" for limit in TIME_LIMITS),
        *(f"{kind}().put(1, True, {limit})" for limit in TIME_LIMITS),
        *(f"{kind}().put(1, False, {limit})" for limit in TIME_LIMITS),
        *(f"q = {kind}(); q.put(7); q.get(True, {limit})" for limit in ("None", "0", "1", "-1")),
        *(f"{kind}(5).put(7, True, {limit})" for limit in ("None", "0", "1", "-1")),
        *(f"{kind}({n}).maxsize" for n in ("-1", "0", "1", "7")),
        *(f"q = {kind}({n}); q.put(1); q.full()" for n in ("-1", "0", "1", "7")),
        *(f"{kind}().get({b})" for b in ("False", "0", "''", "None", "Untrue()", "block=[]")),
        f"{kind}(maxsize=3).maxsize",
        f"{kind}(1, 2)",
        f"{kind}(size=3)",
        f"{kind}().put()",
        f"{kind}().put(1, 2, 3, 4)",
        f"{kind}().put(item=1)",
        f"{kind}().put(1, blocking=True)",
        f"{kind}().get(1, 2, 3)",
        f"{kind}().get_nowait(1)",
        f"{kind}().get_nowait()",
        f"{kind}().put_nowait()",
        f"{kind}().put_nowait(1, 2)",
        f"q = {kind}(1); q.put(1); q.put_nowait(1)",
        f"{kind}().task_done()",
        f"{kind}().task_done(1)",
        f"{kind}().join()",
        f"{kind}().join(1)",
        f"q = {kind}(); q.put(1); q.unfinished_tasks",
        f"{kind}().qsize()",
        f"{kind}().empty()",
        f"{kind}().full()",
        f"{kind}().qsize(1)",
        f"q = {kind}(); q.maxsize = 5; q.maxsize",
        f"q = {kind}(); q.x = 5; q.x",
        f"q = {kind}(); q.put(3); q.put(1); q.put(2); list(q.queue)",
        f"type({kind}().queue).__name__",
        f"type({kind}().not_empty).__name__",
        f"q = {kind}(); q.mutex is q.not_full._lock",
        f"q = {kind}(); q.put(1); q._qsize()",
        f"q = {kind}(); q._put(1); q._get()",
        f"{kind}()._get()",
        f"q = {kind}(); q.put(1); q._init(0); q.qsize()",
        f"{kind}[int]",
        f"{kind}[int, str]",
        f"str({kind}[int])",
        f"{kind}[int]()",
        f"repr({kind}())",
        f"C = type('C', ({kind},), {{'__module__': 'm'}}); repr(C())",
        f"C = type('C', ({kind},), {{}}); isinstance(C(2), {kind}) and C(2).maxsize",
        f"C = type('C', ({kind},), {{'__init__': lambda s, a: {kind}.__init__(s, 4)}}); C(1).maxsize",
        f"signature({kind})",
        *(
            f"signature({kind}.{method})"
            for method in ("put", "get", "put_nowait", "get_nowait", "join", "task_done", "qsize")
        ),
        f"{kind}.__name__",
        f"{kind}.__qualname__",
        f"{kind}.__module__",
        f"[base.__name__ for base in {kind}.__mro__]",
    ]
]
SINCE_3_13 = [
    *(f"Queue().shutdown({value})" for value in ("", "True", "0", "'x'", "Untrue()", "1, 2")),
    "q = Queue(); q.shutdown(); q.put(1)",
    "q = Queue(); q.shutdown(); q.put_nowait(1)",
    "q = Queue(); q.shutdown(); q.get()",
    "q = Queue(); q.put(1); q.shutdown(); q.get()",
    "q = Queue(); q.put(1); q.shutdown(immediate=True); q.get()",
    "q = Queue(); q.put(1); q.shutdown(immediate=True); q.unfinished_tasks",
    "q = Queue(); q.put(1); q.get(); q.shutdown(immediate=True); q.unfinished_tasks",
    "q = Queue(); q.shutdown(); q.is_shutdown",
    "Queue().is_shutdown",
    "signature(Queue.shutdown)",
]
MESSAGES = [
    "Queue().task_done()",
    "Queue().get(timeout=-1)",
    "q = Queue(1); q.put(1); q.put(1, timeout=-1)",
    "Queue().get_nowait()",
    "q = Queue(1); q.put(1); q.put_nowait(1)",
]
SAME += [
    "Queue(inf).full()",
    "q = Queue(inf); q.put(1)",
    "Queue(True).maxsize",
    "Queue(None).full()",
]
PENDING = {
    "limits that do not matter are looked at": [
        *(f"q = Queue(); q.put(7); q.get(True, {limit})" for limit in ("inf", "1e100")),
        *(f"Queue(5).put(7, True, {limit})" for limit in ("inf", "TIMEOUT_MAX + 1")),
    ],
    "sizes are integers of the machine": [
        *("Queue(1.5).maxsize", "Queue(10**30).maxsize"),
    ],
}


@pytest.mark.parametrize("code", SAME)
def test_it_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="new in 3.13")
@pytest.mark.parametrize("code", SINCE_3_13)
def test_shutting_down_is_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("code", MESSAGES)
def test_messages_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code, message=True)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(code, marks=pytest.mark.xfail(strict=True, reason=reason))
        for reason, codes in PENDING.items()
        for code in codes
    ],
)
def test_odd_corners_are_as_in_the_standard_library(code: str) -> None:
    assert_same(code)


@pytest.mark.parametrize("make", [Queue, SimpleQueue])
def test_an_object_is_made_by_what_the_program_gives_its_class(
    make: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []

    def noting(self: Any, *arguments: Any) -> None:
        made.append((type(self), arguments))

    monkeypatch.setattr(make, "__init__", noting, raising=False)
    make()
    assert made == [(make, ())]
    monkeypatch.undo()
    make()
    assert len(made) == 1


def test_a_queue_is_made_of_what_it_is_called_with() -> None:
    assert [Queue().maxsize, Queue(3).maxsize, Queue(maxsize=4).maxsize] == [0, 3, 4]
    makes: list[tuple[Make, tuple[Any, ...], dict[str, Any]]] = [
        (Queue, (1, 2), {}),
        (Queue, (), {"size": 1}),
        (SimpleQueue, (1,), {}),
        (SimpleQueue, (), {"maxsize": 1}),
    ]
    for make, arguments, keywords in makes:
        with pytest.raises(TypeError):
            make(*arguments, **keywords)
