"""What is no longer used is freed: cycles, weak references, reference counts, memory."""

from __future__ import annotations

import gc
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import ironthread
import pytest
from crew import Crew, until
from in_use import allocated, resident
from ironthread import _core, queue
from ironthread.queue import (
    Empty,
    Full,
    LifoQueue,
    PriorityQueue,
    Queue,
    ShutDown,
    SimpleQueue,
)
from ironthread.threading import (
    Barrier,
    BoundedSemaphore,
    BrokenBarrierError,
    Condition,
    Event,
    Lock,
    RLock,
    Semaphore,
)
from waits import MinimalLock, SetQueue, opened

Make = Callable[[], Any]


class Node:
    """Something that can be part of a cycle, and can be seen to be gone."""

    def __init__(self, **attributes: Any) -> None:
        self.__dict__.update(attributes)

    def method(self) -> None:
        pass


class LinkedLock(MinimalLock):
    """A foreign lock with room for attributes."""

    condition: Any = None


class LinkedRLock(RLock):  # type: ignore[misc]
    condition: Any = None


WITH_DICT: dict[str, Make] = {
    "condition": Condition,
    "semaphore": Semaphore,
    "bounded semaphore": BoundedSemaphore,
    "event": Event,
    "barrier": lambda: Barrier(1),
    "queue": Queue,
    "stack": LifoQueue,
    "priority queue": PriorityQueue,
    "open queue": lambda: opened(Queue()),
}
ALL: dict[str, Make] = {
    **WITH_DICT,
    "lock": Lock,
    "rlock": RLock,
    "simple queue": SimpleQueue,
}


def subclass_instance(base: Any) -> Any:
    return type("Sub", (base,), {})()


def in_its_own_queue(q: Any) -> Any:
    q.put(q)
    return q


def in_a_queue_of_its_own(q: Any) -> Any:
    q.put(Node(q=q))
    return q


def condition_over(lock: Any) -> Any:
    lock.condition = Condition(lock)
    return lock.condition


def barrier_with_action() -> Any:
    node = Node()
    node.barrier = Barrier(1, node.method)  # type: ignore[attr-defined]
    return node.barrier  # type: ignore[attr-defined]


def barrier_with_partial() -> Any:
    # Nothing in this cycle but the barrier and the partial has references to clear.
    arguments: list[Any] = []
    barrier = Barrier(1, partial(print, arguments))
    arguments.append(barrier)
    return barrier


def barrier_with_tuple() -> Any:
    # A tuple cannot be cleared; the barrier can.
    class Callable_(tuple):  # type: ignore[type-arg]
        __slots__ = ()

        def __call__(self) -> None:
            pass

    cell: list[Any] = []
    barrier = Barrier(1, Callable_([cell]))
    cell.append(barrier)
    return barrier


def opened_with_links() -> Any:
    q: Any = Queue()
    q.not_empty.q = q.not_full.q = q.all_tasks_done.q = q
    return q


def with_own_attribute(make: Make) -> Any:
    made = make()
    made.me = made
    return made


CYCLES: dict[str, Make] = {
    **{f"{name} in its attribute": partial(with_own_attribute, m) for name, m in WITH_DICT.items()},
    **{
        f"{make.__name__} in {how.__name__}": partial(lambda how, make: how(make()), how, make)
        for make in (Queue, LifoQueue, PriorityQueue, SimpleQueue)
        for how in (in_its_own_queue, in_a_queue_of_its_own)
    },
    "open queue in itself": lambda: in_its_own_queue(opened(Queue())),
    "set queue in itself": lambda: in_its_own_queue(SetQueue()),
    "condition and foreign lock": lambda: condition_over(LinkedLock()),
    "condition and subclassed lock": lambda: condition_over(LinkedRLock()),
    "barrier and action": barrier_with_action,
    "barrier and partial": barrier_with_partial,
    "barrier and tuple": barrier_with_tuple,
    "conditions of an open queue": opened_with_links,
    "rlock of a subclass": lambda: with_own_attribute(lambda: subclass_instance(RLock)),
    "simple queue of a subclass": lambda: with_own_attribute(
        lambda: subclass_instance(SimpleQueue)
    ),
    "event of a subclass": lambda: with_own_attribute(lambda: subclass_instance(Event)),
}


@pytest.mark.parametrize("make", CYCLES.values(), ids=CYCLES)
def test_cycles_are_collected(make: Make) -> None:
    gc.collect()
    gone: list[object] = []
    made = make()
    reference = weakref.ref(made, gone.append)
    assert gc.is_tracked(made)
    del made
    assert reference() is not None, "not a cycle"
    gc.collect()
    assert reference() is None
    assert gone == [reference]


def test_a_class_that_refers_to_its_instances_is_collected() -> None:
    for base in (Queue, LifoQueue, PriorityQueue, SimpleQueue, RLock, Condition, Semaphore, Event):
        sub = type("Sub", (base,), {})
        sub.instance = sub()
        reference = weakref.ref(sub)
        del sub
        gc.collect()
        assert reference() is None, base


def test_what_is_in_use_is_not_collected() -> None:
    q: Queue[Any] = Queue()
    items = [Node(q=q) for _ in range(100)]
    for item in items:
        q.put(item)
    condition = Condition(LinkedLock())  # type: ignore[arg-type]
    barrier = Barrier(1, Node(kept=True).method)
    del items
    gc.collect()
    assert all(q.get().q is q for _ in range(100))
    with condition:
        condition.notify()
    assert barrier.wait() == 0


def test_collections_do_not_disturb_threads_that_wait() -> None:
    q: Queue[Any] = Queue()
    simple: SimpleQueue[Any] = SimpleQueue()
    condition = Condition(LinkedLock())  # type: ignore[arg-type]

    def wait() -> None:
        with condition:
            condition.wait()

    with Crew() as crew:
        members = [crew.start(q.get), crew.start(simple.get), crew.start(wait)]
        for member in members:
            member.until_asleep()
        for _ in range(20):
            gc.collect()
        q.put(q)
        simple.put(simple)
        with condition:
            condition.notify()
        assert members[0].result() is q


def test_a_finalizer_finds_the_queue_of_its_cycle_whole() -> None:
    seen: list[object] = []

    class Last:
        def __init__(self, q: Any) -> None:
            self.q = q

        def __del__(self) -> None:
            self.q.put("last")
            seen.append([self.q.get() for _ in range(self.q.qsize())][-1])

    makes: list[Make] = [Queue, LifoQueue, SimpleQueue, lambda: opened(Queue())]
    for make in makes:
        q = make()
        q.put(Last(q))
        del q
        gc.collect()
    assert seen[0] == seen[2] == seen[3] == "last"
    assert len(seen) == 4


@pytest.mark.parametrize("make", ALL.values(), ids=ALL)
def test_weak_references_work(make: Make) -> None:
    gone: list[object] = []
    made = make()
    plain, called = weakref.ref(made), weakref.ref(made, gone.append)
    proxy, holding = weakref.proxy(made), weakref.WeakValueDictionary(it=made)
    final = weakref.finalize(made, gone.append, "finalized")
    assert plain() is called() is made
    assert holding["it"] is made
    assert repr(proxy)
    assert final.alive
    del made
    gc.collect()
    assert plain() is called() is None
    assert set(map(str, gone)) == {"finalized", str(called)}
    assert not holding
    with pytest.raises(ReferenceError):
        proxy.anything  # noqa: B018


def test_items_are_freed_with_their_queue() -> None:
    makes: list[Make] = [Queue, LifoQueue, SimpleQueue, lambda: opened(Queue()), SetQueue]
    for make in makes:
        q = make()
        references = []
        for _ in range(10):
            node = Node()
            references.append(weakref.ref(node))
            q.put(node)
        del node, q
        assert [reference() for reference in references] == [None] * 10


def test_an_item_is_freed_as_soon_as_it_is_used_up() -> None:
    makes: list[Make] = [Queue, LifoQueue, SimpleQueue, lambda: opened(Queue()), PriorityQueue]
    for make in makes:
        q = make()
        node = Node()
        reference = weakref.ref(node)
        q.put(node)
        assert q.get() is node
        del node
        assert reference() is None


def test_items_that_did_not_get_in_are_freed() -> None:
    node = Node()
    before = sys.getrefcount(node)
    for q in (Queue(1), LifoQueue(1), opened(Queue(1)), PriorityQueue(1)):
        q.put(0)
        for put in (
            lambda q=q: q.put_nowait(node),
            lambda q=q: q.put(node, timeout=0.001),
            lambda q=q: (q.shutdown(), q.put(node)),
        ):
            with pytest.raises((Full, ShutDown)):
                put()
    assert sys.getrefcount(node) == before


def test_an_exception_out_of_a_wait_does_not_keep_the_queue() -> None:
    q: Queue[int] = Queue()
    reference = weakref.ref(q)
    try:
        q.get(timeout=0.001)
    except Empty:
        pass
    del q
    assert reference() is None


def test_the_engine_forgets_threads_that_have_ended() -> None:
    lock = Lock()

    def rows() -> int:
        return len(_core.watch_snapshot()["threads"])

    def use() -> None:
        with lock:
            pass

    with lock:
        pass
    before = rows()
    for _ in range(200):
        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    # The last of them may be on its way out yet.
    until(lambda: rows() <= before)


# Leaks


class Leaf:
    """An item with an order; its comparison fails when it is told to."""

    fails = False

    def __lt__(self, other: object) -> bool:
        if self.fails:
            raise ArithmeticError
        return False


ITEM = Leaf()
FAILING = Leaf()
FAILING.fails = True


@contextmanager
def expected(*errors: type[BaseException]) -> Any:
    with suppress(*errors):
        yield
        raise AssertionError(f"none of {errors} was raised")


def raise_error(*_: object) -> None:
    raise ArithmeticError


def lock_steps() -> dict[str, Callable[[], object]]:
    lock, held = Lock(), Lock()
    held.acquire()

    def acquire() -> None:
        lock.acquire()
        lock.release()

    def statement() -> None:
        with lock:
            pass

    def by_name() -> None:
        lock.acquire(blocking=True, timeout=5)
        lock.release()

    def in_vain() -> None:
        held.acquire(False)
        held.acquire(timeout=0)

    def misused() -> None:
        with expected(RuntimeError):
            lock.release()
        with expected(ValueError):
            lock.acquire(False, 1)
        with expected(TypeError):
            lock.acquire(timeout="x")  # type: ignore[arg-type]
        with expected(OverflowError):
            lock.acquire(timeout=1e100)

    return {
        "acquire": acquire,
        "with": statement,
        "by name": by_name,
        "in vain": in_vain,
        "misused": misused,
        "made": lambda: Lock(),
        "shown": lambda: repr(lock),
        "slept": lambda: held.acquire(timeout=1e-6),
    }


def rlock_steps() -> dict[str, Callable[[], object]]:
    lock: Any = RLock()

    def nested() -> None:
        with lock, lock:
            lock.acquire()
            lock.release()

    def restored() -> None:
        lock.acquire()
        lock._acquire_restore(lock._release_save())
        lock.release()

    def misused() -> None:
        with expected(RuntimeError):
            lock.release()
        with expected(RuntimeError):
            lock._release_save()

    return {
        "nested": nested,
        "restored": restored,
        "misused": misused,
        "made": lambda: RLock(),
        "made of a subclass": lambda: LinkedRLock(),
        "shown": lambda: repr(lock),
    }


def condition_steps(condition: Any, name: str) -> dict[str, Callable[[], object]]:
    def notify() -> None:
        with condition:
            condition.notify()
            condition.notify(3)
            condition.notify_all()

    def wait_in_vain() -> None:
        with condition:
            condition.wait(0)

    def slept() -> None:
        with condition:
            condition.wait(1e-6)

    def wait_for() -> None:
        with condition:
            condition.wait_for(lambda: ITEM)
            condition.wait_for(lambda: None, 0)
            with expected(ArithmeticError):
                condition.wait_for(raise_error)

    def misused() -> None:
        with expected(RuntimeError):
            condition.notify()
        with expected(RuntimeError):
            condition.wait()
        with expected(RuntimeError):
            condition.release()

    steps: dict[str, Callable[[], object]] = {
        f"{name} notify": notify,
        f"{name} wait in vain": wait_in_vain,
        f"{name} slept": slept,
        f"{name} wait for": wait_for,
        f"{name} misused": misused,
        f"{name} shown": lambda: repr(condition),
    }
    return steps


def semaphore_steps() -> dict[str, Callable[[], object]]:
    semaphore, bounded, empty = Semaphore(), BoundedSemaphore(), Semaphore(0)

    def acquire() -> None:
        for each in (semaphore, bounded):
            each.acquire()
            each.release()
            with each:
                pass

    def many() -> None:
        semaphore.release(3)
        for _ in range(3):
            semaphore.acquire(timeout=5)

    def misused() -> None:
        with expected(ValueError):
            bounded.release()
        with expected(ValueError):
            semaphore.release(0)
        with expected(ValueError):
            Semaphore(-1)
        with expected(ValueError):
            semaphore.acquire(False, 1)

    return {
        "acquire": acquire,
        "many": many,
        "in vain": lambda: (empty.acquire(False), empty.acquire(timeout=0)),
        "misused": misused,
        "made": lambda: (Semaphore(), BoundedSemaphore(2)),
        "shown": lambda: repr(bounded),
        "slept": lambda: empty.acquire(timeout=1e-6),
    }


def event_steps() -> dict[str, Callable[[], object]]:
    event, clear = Event(), Event()

    def used() -> None:
        event.set()
        event.is_set()
        event.wait()
        event.clear()

    return {
        "used": used,
        "in vain": lambda: clear.wait(0),
        "made": lambda: Event(),
        "shown": lambda: repr(event),
        "slept": lambda: clear.wait(1e-6),
    }


def barrier_steps() -> dict[str, Callable[[], object]]:
    barrier, acting = Barrier(1), Barrier(1, ITEM.__hash__)
    failing, alone = Barrier(1, raise_error), Barrier(2)

    def broken() -> None:
        with expected(ArithmeticError):
            failing.wait()
        with expected(BrokenBarrierError):
            failing.wait()
        failing.reset()

    def in_vain() -> None:
        with expected(BrokenBarrierError):
            alone.wait(0)
        alone.reset()

    def slept() -> None:
        with expected(BrokenBarrierError):
            alone.wait(1e-6)
        alone.reset()

    return {
        "used": lambda: (barrier.wait(), acting.wait()),
        "broken": broken,
        "in vain": in_vain,
        "aborted": lambda: (barrier.abort(), barrier.reset()),
        "made": lambda: Barrier(2, raise_error, 1.0),
        "shown": lambda: (repr(barrier), barrier.parties, barrier.n_waiting, barrier.broken),
        "slept": slept,
    }


def queue_steps(make: Any, name: str) -> dict[str, Callable[[], object]]:
    q, full, empty = make(), make(1), make()
    full.put(ITEM)
    shut = make()
    shut.shutdown()

    def used() -> None:
        q.put(ITEM)
        q.get()
        q.put_nowait(ITEM)
        q.get_nowait()
        q.put(ITEM, timeout=5)
        q.get(timeout=5)
        for _ in range(3):
            q.task_done()
        q.join()

    def in_vain() -> None:
        with expected(Full):
            full.put_nowait(ITEM)
        with expected(Empty):
            empty.get_nowait()
        with expected(Full):
            full.put(ITEM, timeout=0)
        with expected(Empty):
            empty.get(timeout=0)

    def misused() -> None:
        with expected(ValueError):
            empty.get(timeout=-1)
        with expected(ValueError):
            full.put(ITEM, timeout=-1)
        with expected(ValueError):
            empty.task_done()
        with expected(TypeError):
            empty.get(timeout=ITEM)

    def shut_down() -> None:
        with expected(ShutDown):
            shut.put(ITEM)
        with expected(ShutDown):
            shut.get()
        closing = make()
        closing.put(ITEM)
        closing.put(ITEM)
        closing.shutdown(immediate=True)

    def made() -> None:
        new = make(5)
        for _ in range(3):
            new.put(ITEM)

    def opening() -> None:
        new = make()
        new.put(ITEM)
        new.mutex  # noqa: B018
        new.put(ITEM)
        new.queue  # noqa: B018

    def slept() -> None:
        with expected(Empty):
            empty.get(timeout=1e-6)
        with expected(Full):
            full.put(ITEM, timeout=1e-6)

    return {
        f"{name} used": used,
        f"{name} in vain": in_vain,
        f"{name} misused": misused,
        f"{name} shut down": shut_down,
        f"{name} made": made,
        f"{name} opened": opening,
        f"{name} shown": lambda: (repr(q), q.qsize(), q.empty(), q.full(), q.unfinished_tasks),
        f"{name} slept": slept,
    }


def failing_comparisons() -> None:
    q: PriorityQueue[Any] = PriorityQueue()
    q.put(ITEM)
    q.put(ITEM)
    with expected(ArithmeticError):
        q.put(FAILING)
    q.queue.append(FAILING)
    with expected(ArithmeticError):
        for _ in range(3):
            q.get()


def simple_queue_steps() -> dict[str, Callable[[], object]]:
    q: SimpleQueue[Any] = SimpleQueue()
    empty: SimpleQueue[Any] = SimpleQueue()

    def used() -> None:
        q.put(ITEM)
        q.get()
        q.put_nowait(ITEM)
        q.get_nowait()
        q.put(ITEM, True, None)
        q.get(timeout=5)

    def in_vain() -> None:
        with expected(Empty):
            empty.get_nowait()
        with expected(Empty):
            empty.get(timeout=0)
        with expected(ValueError):
            empty.get(timeout=-1)

    def slept() -> None:
        with expected(Empty):
            empty.get(timeout=1e-6)

    def made() -> None:
        new: SimpleQueue[Any] = SimpleQueue()
        new.put(ITEM)

    return {"used": used, "in vain": in_vain, "made": made, "slept": slept}


def with_prefix(
    prefix: str, steps: dict[str, Callable[[], object]]
) -> dict[str, Callable[[], object]]:
    return {f"{prefix} {name}": step for name, step in steps.items()}


STEPS: dict[str, Callable[[], object]] = {
    **with_prefix("lock", lock_steps()),
    **with_prefix("rlock", rlock_steps()),
    **condition_steps(Condition(), "condition"),
    **condition_steps(Condition(Lock()), "condition over lock"),
    **condition_steps(Condition(MinimalLock()), "condition over foreign"),  # type: ignore[arg-type]
    "condition made": lambda: (Condition(), Condition(Lock()), condition_over(LinkedLock())),
    **with_prefix("semaphore", semaphore_steps()),
    **with_prefix("event", event_steps()),
    **with_prefix("barrier", barrier_steps()),
    **queue_steps(Queue, "queue"),
    **queue_steps(LifoQueue, "stack"),
    **queue_steps(PriorityQueue, "priority queue"),
    **queue_steps(lambda maxsize=0: opened(Queue(maxsize)), "open queue"),
    **queue_steps(SetQueue, "set queue"),
    "priority queue failing": failing_comparisons,
    **with_prefix("simple queue", simple_queue_steps()),
    "weak references": lambda: [weakref.ref(make()) for make in ALL.values()],
    "aliases": lambda: (Queue[int], SimpleQueue[str]),
    "snapshots": _core.watch_snapshot,
}

WATCHED: list[object] = [
    *(ITEM, FAILING, None, True, False, raise_error, 0, 1),
    *(Empty, Full, ShutDown, BrokenBarrierError, Queue, SimpleQueue, Lock, RLock, Condition),
]


def amount(name: str, long: bool) -> int:
    """How often a step is done."""
    # Some begin a sleep, some make much.
    slow = 10 if any(word in name for word in ("slept", "opened", "failing")) else 1
    slow = 20 if name in ("weak references", "snapshots") else slow
    return (500_000 if long else 20_000) // slow


class Books:
    """What is in use now, to be compared with what is in use later.

    The bounds leave room for what pytest and the interpreter do beside; what is left behind by each of
    some thousand operations is above them by far.
    """

    def __init__(self) -> None:
        gc.collect()
        self.references = [sys.getrefcount(each) for each in WATCHED]
        self.blocks = sys.getallocatedblocks()
        self.bytes = allocated()
        self.resident = resident()

    def check(self) -> None:
        now = Books()
        more = [new - old for new, old in zip(now.references, self.references, strict=True)]
        assert all(abs(count) < 50 for count in more), list(zip(WATCHED, more, strict=True))
        assert now.blocks - self.blocks < 300
        assert now.bytes - self.bytes < 64 << 10
        assert now.resident - self.resident < 4 << 20


def repeat(step: Callable[[], object], times: int) -> None:
    for _ in range(times):
        step()


@pytest.mark.parametrize("name", STEPS)
def test_nothing_is_left_behind_by(name: str, long: bool) -> None:
    step, times = STEPS[name], amount(name, long)
    # Everything that is made once is made, and the allocators have their arenas.
    repeat(step, times // 10)
    books = Books()
    repeat(step, times)
    books.check()


def test_nothing_is_left_behind_by_waits_that_other_threads_end(long: bool) -> None:
    rounds = 100_000 if long else 3_000

    def run(rounds: int) -> None:
        there: Queue[Any] = Queue()
        back: Queue[Any] = Queue(1)
        simple: SimpleQueue[Any] = SimpleQueue()
        condition, semaphore, event, lock = Condition(), Semaphore(0), Event(), Lock()
        barrier = Barrier(2)

        def answer() -> None:
            for _ in range(rounds):
                back.put(there.get())
                simple.put(ITEM)
                semaphore.release()
                barrier.wait()
                with condition:
                    condition.notify_all()
                event.set()
                with lock:
                    pass
                barrier.wait()

        with Crew(1000.0) as crew:
            crew.start(answer)
            for _ in range(rounds):
                there.put(ITEM)
                assert back.get() is ITEM
                assert simple.get() is ITEM
                semaphore.acquire()
                with condition:
                    barrier.wait()
                    condition.wait()
                event.wait()
                event.clear()
                with lock:
                    pass
                barrier.wait()

    run(rounds // 10)
    books = Books()
    run(rounds)
    books.check()


def test_nothing_is_left_behind_by_threads_that_come_and_go(long: bool) -> None:
    lock, q = Lock(), queue.SimpleQueue[int]()

    def use() -> None:
        with lock:
            q.put(1)
        q.get()

    def run(times: int) -> None:
        for _ in range(times):
            threads = [threading.Thread(target=use) for _ in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

    run(100)
    books = Books()
    run(20_000 if long else 500)
    books.check()


MADE: dict[str, Callable[[], Any]] = {
    "Condition": ironthread.Condition,
    "Barrier": lambda: ironthread.Barrier(2),
    "Event": ironthread.Event,
    "Semaphore": ironthread.Semaphore,
    "BoundedSemaphore": ironthread.BoundedSemaphore,
    "Queue": ironthread.Queue,
    "LifoQueue": ironthread.LifoQueue,
    "PriorityQueue": ironthread.PriorityQueue,
    "SimpleQueue": ironthread.SimpleQueue,
    "Future": ironthread.Future,
    "a subclass": type("Own", (ironthread.Queue,), {"_put": lambda self, item: None}),
}


@pytest.mark.parametrize("name", MADE)
def test_a_collection_may_come_while_an_object_is_made(name: str) -> None:
    make = MADE[name]
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(1000):
            made = [make() for _ in range(3)]
    finally:
        gc.set_threshold(*before)
    assert len(made) == 3
