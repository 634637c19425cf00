"""What the threads' time went to, and who got less of it than their peers."""

from __future__ import annotations

from ironthread.report.kinds import JOINS, LOCKS, QUEUES
from ironthread.report.names import label, pattern

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread.report.collect import Thread

# What threads compete for. (Who waits for an item may just have nothing to do.)
_CONTESTED = frozenset({"Lock", "RLock", "Semaphore", "Queue.put", "submit"})

_PEERS = 3
_TIMES = 3
_SHARE = 0.1
# Seconds. A shorter wait is an accident.
_LEAST = 0.1


class Spent:
    """The time of a thread: six parts that make up what it lived. No `running`: not known."""

    __slots__ = ("elsewhere", "gil", "joins", "locks", "queues", "running")

    def __init__(self, thread: Thread, end: float) -> None:
        waits = thread.waits(end)
        self.running: float | None = thread.cpu
        self.locks = sum(seconds for kind, seconds in waits.items() if kind in LOCKS)
        self.queues = sum(seconds for kind, seconds in waits.items() if kind in QUEUES)
        self.joins = sum(seconds for kind, seconds in waits.items() if kind in JOINS)
        back = sum(waited.gil for waited in thread.waited.values())
        known = (thread.cpu or 0.0) + back + self.locks + self.queues + self.joins
        # Clocks of different kinds may disagree a little.
        rest = max(thread.lived - known, 0.0)
        # Samples tell of the rest: no more than that.
        sampled = min(thread.gil_waited, rest)
        self.gil: float = back + sampled
        self.elsewhere: float = rest - sampled


def computed(thread: Thread) -> float:
    """The seconds that a thread computed.

    A thread that has the GIL and gets no processor computes, too: its own samples tell.
    """
    return max(thread.cpu or 0.0, thread.gil_held)


class Starved:
    """A thread that waited far longer than its peers for what they compete for."""

    __slots__ = ("median", "peers", "thread", "waited")

    def __init__(self, thread: Thread, waited: float, peers: int, middle: float) -> None:
        self.thread: Thread = thread
        self.waited: float = waited
        self.peers: int = peers
        self.median: float = middle
        """How long its peers waited: as many longer as shorter."""


def starved(threads: list[Thread], end: float) -> list[Starved]:
    """The threads that waited three times as long as their peers, and for a tenth of their lives.

    Peers are threads whose names differ in numbers only, three of them at least.
    """
    groups: dict[str, list[Thread]] = {}
    for thread in threads:
        groups.setdefault(pattern(label(thread)), []).append(thread)
    found: list[Starved] = []
    for members in groups.values():
        if len(members) <= _PEERS:
            continue
        waits = [_contested(thread, end) for thread in members]
        middle = _median(waits)
        for thread, waited in zip(members, waits, strict=True):
            if waited > max(_TIMES * middle, _SHARE * thread.lived, _LEAST):
                found.append(Starved(thread, waited, len(members) - 1, middle))
    return sorted(found, key=lambda each: -each.waited)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else sum(ordered[middle - 1 : middle + 1]) / 2


def _contested(thread: Thread, end: float) -> float:
    waits = thread.waits(end)
    return sum(seconds for kind, seconds in waits.items() if kind in _CONTESTED)
