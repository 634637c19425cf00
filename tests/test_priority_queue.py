"""`PriorityQueue`: the items' own order, kept by comparisons that may run any code."""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from crew import Crew
from ironthread import DeadlockError, deadlocks
from ironthread.queue import Empty, Full, PriorityQueue


class Item:
    """Compared by its key alone, so that ties can be told apart."""

    def __init__(self, key: int) -> None:
        self.key = key

    def __lt__(self, other: Item) -> bool:
        on_compare(self, other)
        return self.key < other.key


def nothing(left: Item, right: Item) -> None:
    pass


on_compare: Callable[[Item, Item], object] = nothing


@pytest.fixture
def during_comparisons() -> Any:
    """Sets what is done in each comparison of two items."""

    def set_to(action: Callable[[Item, Item], object]) -> None:
        global on_compare
        on_compare = action

    yield set_to
    set_to(nothing)


def is_heap(items: list[Item]) -> bool:
    return all(not items[child].key < items[(child - 1) // 2].key for child in range(1, len(items)))


def test_the_least_item_leaves_first() -> None:
    q: PriorityQueue[int] = PriorityQueue()
    order = random.Random(1).sample(range(1000), 1000)
    for number in order:
        q.put(number)
    assert [q.get() for _ in range(1000)] == list(range(1000))


@pytest.mark.parametrize("seed", range(20))
def test_ties_leave_in_the_order_of_heapq(seed: int) -> None:
    rng = random.Random(seed)
    q: PriorityQueue[Item] = PriorityQueue()
    heap: list[Item] = []
    for _ in range(rng.choice([30, 300, 3000])):
        if heap and rng.random() < 0.45:
            assert q.get() is heapq.heappop(heap)
        else:
            item = Item(rng.randrange(6))
            q.put(item)
            heapq.heappush(heap, item)
        assert len(q.queue) == len(heap)
    assert all(ours is theirs for ours, theirs in zip(q.queue, heap, strict=True))
    assert [q.get() for _ in heap[:]] == [heapq.heappop(heap) for _ in heap[:]]


def test_items_are_compared_as_heapq_compares_them(
    during_comparisons: Callable[[Callable[[Item, Item], object]], None],
) -> None:
    # Which ones, how often and which way round: a comparison may have effects, or be slow.
    seen: list[tuple[Item, Item]] = []
    during_comparisons(lambda left, right: seen.append((left, right)))
    rng = random.Random(5)
    q: PriorityQueue[Item] = PriorityQueue()
    heap: list[Item] = []
    for _ in range(500):
        seen.clear()
        if heap and rng.random() < 0.45:
            q.get()
            ours = seen.copy()
            seen.clear()
            heapq.heappop(heap)
        else:
            item = Item(rng.randrange(10))
            q.put(item)
            ours = seen.copy()
            seen.clear()
            heapq.heappush(heap, item)
        assert ours == seen


def test_a_heap_made_by_hand_is_taken_over() -> None:
    q: PriorityQueue[int] = PriorityQueue()
    q.queue[:] = random.Random(2).sample(range(50), 50)
    heapq.heapify(q.queue)
    assert [q.get() for _ in range(50)] == list(range(50))


def test_items_that_cannot_be_compared_are_refused_whole() -> None:
    q: PriorityQueue[object] = PriorityQueue()
    q.put((1, object()))
    for item in ((1, object()), (1, "text"), "text", None):
        with pytest.raises(TypeError):
            q.put(item)
    assert (q.qsize(), q.unfinished_tasks) == (1, 1)
    q.put((0, "text"))
    assert q.get() == (0, "text")


@pytest.mark.parametrize("seed", range(10))
def test_a_comparison_that_raises_in_put_leaves_the_queue_whole(
    seed: int, during_comparisons: Callable[[Callable[[Item, Item], object]], None]
) -> None:
    rng = random.Random(seed)
    q: PriorityQueue[Item] = PriorityQueue()
    inside: list[Item] = []
    failures = 0

    def fail_sometimes(left: Item, right: Item) -> None:
        if rng.random() < 0.1:
            raise ArithmeticError

    during_comparisons(fail_sometimes)
    for _ in range(300):
        item = Item(rng.randrange(20))
        try:
            q.put(item)
            inside.append(item)
        except ArithmeticError:
            failures += 1
        assert is_heap(q.queue)
        assert Counter(map(id, q.queue)) == Counter(map(id, inside))
        assert q.unfinished_tasks == q.qsize() == len(inside)
        assert not q.mutex.locked()
    assert failures > 10


@pytest.mark.parametrize("seed", range(10))
def test_a_comparison_that_raises_in_get_leaves_the_queue_whole(
    seed: int, during_comparisons: Callable[[Callable[[Item, Item], object]], None]
) -> None:
    rng = random.Random(seed)
    q: PriorityQueue[Item] = PriorityQueue()
    inside = [Item(rng.randrange(50)) for _ in range(200)]
    for item in inside:
        q.put(item)
    failures = 0

    def fail_sometimes(left: Item, right: Item) -> None:
        if rng.random() < 0.05:
            raise ArithmeticError

    during_comparisons(fail_sometimes)
    taken: list[Item] = []
    while inside:
        try:
            item = q.get(block=False)
        except ArithmeticError:
            failures += 1
        else:
            taken.append(item)
            inside.remove(item)
        assert is_heap(q.queue)
        assert Counter(map(id, q.queue)) == Counter(map(id, inside))
        assert not q.mutex.locked()
    assert failures > 10
    assert [item.key for item in taken] == sorted(item.key for item in taken)


def test_a_comparison_that_raises_wakes_nobody_for_nothing(
    during_comparisons: Callable[[Callable[[Item, Item], object]], None],
) -> None:
    def fail(left: Item, right: Item) -> None:
        raise ArithmeticError

    q: PriorityQueue[Item] = PriorityQueue(2)
    low, high = Item(1), Item(2)
    q.put(low)
    q.put(high)
    with Crew() as crew:
        putter = crew.start(q.put, Item(3)).until_asleep()
        # Of two items one is left, so that a `get` compares nothing: put a third in by hand.
        q.queue.append(Item(4))
        during_comparisons(fail)
        with pytest.raises(ArithmeticError):
            q.get()
        assert putter.is_alive
        during_comparisons(nothing)
        assert q.get() is low
        # There are two of two again.
        putter.until_asleep()
        assert q.get() is high
        putter.result()


CHANGES: dict[str, Callable[[list[Item]], object]] = {
    "append": lambda items: items.append(Item(0)),
    "pop": lambda items: items.pop() if items else None,
    "clear": lambda items: items.clear(),
    "reverse": lambda items: items.reverse(),
    "replace": lambda items: items.__setitem__(slice(None), [Item(1) for _ in items]),
    "grow": lambda items: items.extend([Item(3)] * 1000),
    "empty and fill": lambda items: (items.clear(), items.extend([Item(1)] * 31)),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("operation", ["put", "get"])
def test_a_comparison_that_touches_the_list_does_no_harm_to_memory(
    operation: str,
    change: Callable[[list[Item]], object],
    during_comparisons: Callable[[Callable[[Item, Item], object]], None],
) -> None:
    for at in range(6):
        q: PriorityQueue[Item] = PriorityQueue()
        for number in range(31):
            q.put(Item(31 - number))
        compared = 0

        def act(left: Item, right: Item, q: PriorityQueue[Item] = q, at: int = at) -> None:
            nonlocal compared
            if compared == at:
                change(q.queue)
            compared += 1

        during_comparisons(act)
        try:
            if operation == "put":
                q.put(Item(0))
            else:
                q.get(block=False)
        except RuntimeError:
            pass
        during_comparisons(nothing)
        # What is inside is the program's own affair; the queue works, and every item is an item.
        assert not q.mutex.locked()
        assert all(type(item) is Item for item in q.queue)
        heapq.heapify(q.queue)
        q.put(Item(-1))
        assert q.get().key == -1
        while True:
            try:
                q.get_nowait()
            except Empty:
                break


def test_a_comparison_that_moves_the_items_loses_and_doubles_none(
    during_comparisons: Callable[[Callable[[Item, Item], object]], None],
) -> None:
    for at in range(6):
        q: PriorityQueue[Item] = PriorityQueue()
        for number in range(8):
            q.put(Item(number))
        compared = 0

        def reverse(left: Item, right: Item, q: PriorityQueue[Item] = q, at: int = at) -> None:
            nonlocal compared
            if compared == at:
                q.queue.reverse()
            compared += 1

        during_comparisons(reverse)
        got = []
        with suppress(RuntimeError):
            got = [q.get(block=False)]
        during_comparisons(nothing)
        assert sorted(item.key for item in got + q.queue) == [*range(8)]


@pytest.mark.parametrize(
    "call",
    [
        lambda q: q.put(Item(1)),
        lambda q: q.get(),
        lambda q: q.get(timeout=60),
        lambda q: q.qsize(),
        lambda q: q.empty(),
        lambda q: q.task_done(),
        lambda q: q.join(),
    ],
    ids=["put", "get", "get with a limit", "qsize", "empty", "task_done", "join"],
)
def test_a_comparison_that_waits_for_its_own_queue_is_told_so(
    call: Callable[[PriorityQueue[Item]], object],
    during_comparisons: Callable[[Callable[[Item, Item], object]], None],
) -> None:
    q: PriorityQueue[Item] = PriorityQueue()
    for number in range(8):
        q.put(Item(number))
    raised = []

    def come_back(left: Item, right: Item) -> None:
        during_comparisons(nothing)
        with pytest.raises(DeadlockError) as caught:
            call(q)
        raised.append(caught.value)

    with deadlocks("raise"):
        during_comparisons(come_back)
        assert q.get().key == 0
    assert len(raised) == 1
    assert "waits for itself" in str(raised[0])
    assert sorted(item.key for item in q.queue) == [*range(1, 8)]


def test_a_comparison_can_let_other_threads_run(
    during_comparisons: Callable[[Callable[[Item, Item], object]], None],
) -> None:
    # The mutex is held meanwhile: others wait for it, and find the queue whole.
    q: PriorityQueue[Item] = PriorityQueue()
    q.put(Item(5))
    with Crew() as crew:
        others: list[Any] = []

        def start_other(left: Item, right: Item) -> None:
            if not others:
                others.append(crew.start(q.qsize).until_asleep("Lock"))

        during_comparisons(start_other)
        q.put(Item(3))
        assert others[0].result() == 2


def test_results_of_comparisons_are_judged_by_their_truth() -> None:
    class Truthy:
        def __init__(self, key: int) -> None:
            self.key = key

        def __lt__(self, other: Truthy) -> list[int]:
            return [1] if self.key < other.key else []

    class Undecided:
        def __lt__(self, other: object) -> Undecided:
            return self

        def __bool__(self) -> bool:
            raise ArithmeticError

    q: PriorityQueue[Any] = PriorityQueue()
    for key in (2, 3, 1):
        q.put(Truthy(key))
    assert [q.get().key for _ in range(3)] == [1, 2, 3]
    q.put(Undecided())
    with pytest.raises(ArithmeticError):
        q.put(Undecided())
    assert q.qsize() == 1


def test_only_less_than_is_asked_for() -> None:
    class Greater:
        def __init__(self, key: int) -> None:
            self.key = key

        def __gt__(self, other: Greater) -> bool:
            return self.key > other.key

        __le__ = __ge__ = None

    # `a < b` falls back on `b > a`.
    q: PriorityQueue[Greater] = PriorityQueue()
    for key in (2, 3, 1):
        q.put(Greater(key))
    assert [q.get().key for _ in range(3)] == [1, 2, 3]


def test_a_size_limits_what_is_inside() -> None:
    q: PriorityQueue[int] = PriorityQueue(2)
    q.put(2)
    q.put(1)
    with pytest.raises(Full):
        q.put(0, timeout=0.001)
    assert (q.get(), q.get()) == (1, 2)


def test_the_list_can_be_replaced_by_another_and_by_none_that_is_a_list() -> None:
    q: PriorityQueue[int] = PriorityQueue()
    q.queue = [1, 3, 2]
    q.put(0)
    assert [q.get() for _ in range(4)] == [0, 1, 2, 3]
    q.queue = ()  # type: ignore[assignment]
    with pytest.raises(TypeError):
        q.put(0)
    q.queue = []
    q.put(0)
    assert q.get() == 0
