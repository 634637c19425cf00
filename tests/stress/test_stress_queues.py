"""Many threads at one queue: every item arrives, once, and in its producer's order."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from ironthread import queue
from programs import run_program
from transfer import get_impatiently, put_impatiently, transfer
from waits import SetQueue, opened

QUEUES: dict[str, Callable[[], Any]] = {
    "unbounded": queue.Queue,
    "bounded": lambda: queue.Queue(10),
    "of size one": lambda: queue.Queue(1),
    "stack": queue.LifoQueue,
    "bounded stack": lambda: queue.LifoQueue(10),
    "simple": queue.SimpleQueue,
    "priority": queue.PriorityQueue,
    "open": lambda: opened(queue.Queue()),
    "open bounded": lambda: opened(queue.Queue(10)),
    "open stack": lambda: opened(queue.LifoQueue(10)),
    "set": lambda: SetQueue(10),
}
# Where a consumer may receive a later item of a producer first.
UNORDERED = {"stack", "bounded stack", "open stack", "set", "priority"}
# A wait for each item.
SLOW = {"of size one", "open", "open bounded", "open stack", "set", "priority"}


def amount(name: str, long: bool) -> int:
    """How many items to move."""
    if long:
        return 300_000
    return 50_000 if name in SLOW else 100_000


@pytest.fixture
def eager_switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize("name", QUEUES)
def test_every_item_arrives_once_and_in_order(name: str, long: bool) -> None:
    transfer(QUEUES[name](), amount(name, long), in_order=name not in UNORDERED, limit=1000.0)


@pytest.mark.usefixtures("eager_switching")
@pytest.mark.parametrize("name", QUEUES)
def test_every_item_arrives_when_threads_take_turns_all_the_time(name: str, long: bool) -> None:
    count = amount(name, long) // (1 if long else 2)
    transfer(QUEUES[name](), count, in_order=name not in UNORDERED, limit=1000.0)


@pytest.mark.parametrize("name", QUEUES)
def test_every_item_arrives_when_waits_run_into_their_time_limits(name: str, long: bool) -> None:
    count = 100_000 if long else 8_000
    transfer(
        QUEUES[name](),
        count,
        put=partial(put_impatiently, full=queue.Full),
        get=partial(get_impatiently, seed=7, empty=queue.Empty),
        in_order=name not in UNORDERED,
        limit=1000.0,
    )


@pytest.mark.parametrize("name", ["unbounded", "bounded", "simple", "stack", "open bounded"])
@pytest.mark.parametrize(("producers", "consumers"), [(1, 1), (1, 8), (8, 1), (16, 16)])
def test_every_item_arrives_whatever_the_number_of_threads(
    name: str, producers: int, consumers: int, long: bool
) -> None:
    count = 160_000 if long else 16_000
    transfer(
        QUEUES[name](),
        count,
        producers=producers,
        consumers=consumers,
        in_order=name not in UNORDERED,
        limit=1000.0,
    )


# The main thread is one of the consumers. The handler uses a queue itself, and every third time it raises.
SIGNALS = """
    import signal, sys
    from functools import partial
    from ironthread.queue import SimpleQueue
    from stress.test_stress_queues import QUEUES, UNORDERED
    from transfer import Trigger, get_interrupted, transfer

    trigger = Trigger()
    handled = SimpleQueue()

    def handler(number, frame):
        handled.put(number)
        if handled.qsize() % 3 == 0:
            trigger.pull()

    if sys.argv[3] == "eager":
        sys.setswitchinterval(1e-6)
    name, count = sys.argv[1], int(sys.argv[2])
    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    here = partial(get_interrupted, trigger=trigger)
    transfer(QUEUES[name](), count, here=here, in_order=name not in UNORDERED, limit=1000.0)
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert handled.qsize() > 10, f"only {handled.qsize()} signals"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no interval timers")
@pytest.mark.parametrize("switching", ["normal", "eager"])
@pytest.mark.parametrize(
    "name", ["unbounded", "bounded", "of size one", "stack", "simple", "open", "open bounded"]
)
def test_every_item_arrives_in_a_storm_of_signals(name: str, switching: str, long: bool) -> None:
    count = amount(name, long)
    run_program(SIGNALS, name, str(count), switching, limit=1000.0 if long else 60.0)
