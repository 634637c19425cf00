"""`PriorityQueue` against `heapq`: whatever the items are, the same ones leave in the same order.

Items whose comparison needs no code of the program's are compared without the interpreter; the first that does
moves the queue to where it can be made. Neither may be seen.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import pytest
from crew import Crew
from ironthread.queue import Empty, PriorityQueue

NAN = float("nan")


class Key:
    """Compared by its number alone."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __lt__(self, other: Key) -> bool:
        return self.number < other.number


class Backwards(int):
    """A number whose order is its own."""

    def __lt__(self, other: int) -> bool:
        return int(self) > int(other)


class Tuple(tuple[Any, ...]):
    """A tuple whose order is its own."""

    __slots__ = ()

    def __lt__(self, other: tuple[Any, ...]) -> bool:
        return len(self) > len(other)


@dataclass(order=True)
class Job:
    priority: int
    name: str


def tuples(rng: random.Random) -> tuple[Any, ...]:
    parts = [*range(3), 0.0, -0.0, 1.5, NAN, None]
    return tuple(rng.choice(parts) for _ in range(rng.randrange(4)))


def nested(rng: random.Random, depth: int = 4) -> Any:
    if depth == 0 or rng.random() < 0.3:
        return rng.randrange(3)
    return tuple(nested(rng, depth - 1) for _ in range(rng.randrange(3)))


def deep(rng: random.Random) -> Any:
    item: Any = rng.randrange(3)
    for _ in range(12):
        item = (item,)
    return item


MAKERS: dict[str, Callable[[random.Random], Any]] = {
    "numbers": lambda rng: rng.randrange(-20, 20),
    # A new object each time, so that equal ones can be told apart.
    "equal numbers": lambda rng: 1000 + rng.randrange(4),
    "truths and numbers": lambda rng: rng.choice([True, False, 0, 1, 2]),
    "huge numbers": lambda rng: rng.choice([1, -1]) * 2 ** rng.randrange(60, 68) + rng.randrange(2),
    "fractions": lambda rng: rng.choice([NAN, float("nan"), 0.0, -0.0, float("inf"), rng.random()]),
    "numbers of all kinds": lambda rng: rng.choice(
        [rng.randrange(4), rng.randrange(4) + 0.5, 2**53 + 1, float(2**53), 2**70, 1e30, NAN, True]
    ),
    "text": lambda rng: "".join(rng.choices("ab\xe9\u20ac\U0001f600", k=rng.randrange(4))),
    "bytes": lambda rng: bytes(rng.choices(range(3), k=rng.randrange(4))),
    "text and numbers": lambda rng: rng.choice(["a", 1]),
    "pairs": lambda rng: (rng.randrange(5), None),
    "numbered pairs": lambda rng: (rng.randrange(5), rng.randrange(10**6), object()),
    "fractional pairs": lambda rng: (rng.choice([NAN, 0.0, -0.0, 0, 1.5]), rng.randrange(5)),
    "pairs of no order": lambda rng: (rng.randrange(50), object()),
    "pairs with objects": lambda rng: (rng.randrange(5), Key(rng.randrange(5))),
    "named pairs": lambda rng: (rng.choice("abc"), rng.randrange(5)),
    "tuples": tuples,
    "nested tuples": nested,
    "deep tuples": deep,
    "tuples and numbers": lambda rng: rng.choice([(1,), (2,), 1]),
    "objects": lambda rng: Key(rng.randrange(5)),
    "data classes": lambda rng: Job(rng.randrange(5), rng.choice("abc")),
    "numbers of a class": lambda rng: rng.choice([Backwards, int])(rng.randrange(1000, 1005)),
    "tuples of a class": lambda rng: rng.choice([Tuple, tuple])([0] * rng.randrange(4)),
    "tuples with numbers of a class": lambda rng: (1, Backwards(rng.randrange(5))),
    "other numbers": lambda rng: rng.choice([Fraction(rng.randrange(9), 4), rng.randrange(3)]),
    "few objects": lambda rng: Key(0) if rng.random() < 0.02 else rng.randrange(1000),
    "nothing": lambda rng: None,
}


def outcome(call: Callable[..., Any], *arguments: Any) -> tuple[Any, type[BaseException] | None]:
    try:
        return call(*arguments), None
    except (TypeError, AttributeError) as error:
        return None, type(error)


class Model:
    """`heapq`, but for what a failed comparison leaves behind: nothing."""

    def __init__(self) -> None:
        self.heap: list[Any] = []

    def put(self, item: Any) -> None:
        self.whole(lambda: heapq.heappush(self.heap, item))

    def get(self) -> Any:
        return self.whole(lambda: heapq.heappop(self.heap))

    def whole(self, call: Callable[[], Any]) -> Any:
        before = self.heap.copy()
        try:
            return call()
        except BaseException:
            self.heap[:] = before
            raise


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", MAKERS)
def test_items_leave_as_from_heapq(name: str, seed: int) -> None:
    rng = random.Random(f"{name} {seed}")
    make, q, model = MAKERS[name], PriorityQueue[Any](), Model()
    gets = rng.choice([0.3, 0.48])
    for _ in range(rng.choice([20, 200, 1500])):
        if model.heap and rng.random() < gets:
            ours, theirs = outcome(q.get_nowait), outcome(model.get)
            assert ours[0] is theirs[0]
            assert ours[1] is theirs[1]
        else:
            item = make(rng)
            assert outcome(q.put, item) == outcome(model.put, item)
        assert q.qsize() == len(model.heap)
    assert list(map(id, q.queue)) == list(map(id, model.heap))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("name", MAKERS)
def test_items_leave_as_from_heapq_after_the_queue_was_looked_into(name: str, seed: int) -> None:
    rng = random.Random(f"{name} {seed}")
    q, model = PriorityQueue[Any](), Model()
    for _ in range(rng.randrange(40)):
        item = MAKERS[name](rng)
        outcome(q.put, item)
        outcome(model.put, item)
    assert q.unfinished_tasks == len(model.heap)
    assert list(map(id, q.queue)) == list(map(id, model.heap))
    while model.heap:
        ours, theirs = outcome(q.get_nowait), outcome(model.get)
        assert ours[0] is theirs[0]
        if theirs[1] is not None:
            break
    else:
        with pytest.raises(Empty):
            q.get_nowait()


def test_a_get_that_cannot_be_decided_leaves_the_queue_whole() -> None:
    # Each is greater than the first, which is all that a put asks.
    first, second, third = (0,), (1, object()), (1, object())
    q: PriorityQueue[Any] = PriorityQueue()
    for item in (first, second, third):
        q.put(item)
    for _ in range(2):
        with pytest.raises(TypeError):
            q.get()
    assert q.queue == [first, second, third]
    assert not q.mutex.locked()


def test_a_putter_that_waited_finds_that_its_item_has_no_place() -> None:
    q: PriorityQueue[Any] = PriorityQueue(2)
    q.put(1)
    q.put(2)
    with Crew() as crew:
        hopeless = crew.start(q.put, "text").until_asleep()
        other = crew.start(q.put, 3).until_asleep()
        assert q.get() == 1
        with pytest.raises(TypeError):
            hopeless.result()
        crew.dismiss([hopeless])
        # The slot is for the other.
        other.result()
    assert (q.get(), q.get(), q.qsize(), q.unfinished_tasks) == (2, 3, 0, 3)


def test_getters_that_wait_get_items_of_every_kind() -> None:
    q: PriorityQueue[Any] = PriorityQueue()
    items = [Key(1), Key(2), Key(3), Key(4)]
    with Crew() as crew:
        getters = [crew.start(q.get).until_asleep() for _ in items]
        for item in items:
            q.put(item)
        got = [getter.result() for getter in getters]
    assert set(got) == set(items)


def test_joining_goes_on_when_the_queue_moves() -> None:
    q: PriorityQueue[Any] = PriorityQueue()
    q.put(Key(1))
    with Crew() as crew:
        joiner = crew.start(q.join).until_asleep()
        q.put(Key(0))
        for _ in range(2):
            q.get()
            assert joiner.is_alive
            q.task_done()
        joiner.result()


def test_threads_share_it_while_it_moves() -> None:
    q: PriorityQueue[Any] = PriorityQueue()
    each = 3000

    def produce(start: int) -> None:
        for number in range(start, start + each):
            # From somewhere in the middle on, comparisons are Python's.
            q.put(number if number % each < each // 2 else Backwards(number))

    def consume() -> list[int]:
        return [int(q.get()) for _ in range(each)]

    with Crew() as crew:
        consumers = [crew.start(consume) for _ in range(2)]
        producers = [crew.start(produce, start) for start in (0, each)]
        for producer in producers:
            producer.result()
        taken = [number for consumer in consumers for number in consumer.result()]
    assert sorted(taken) == list(range(2 * each))
    assert q.qsize() == 0
