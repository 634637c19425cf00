"""aiologic's primitives, which threads and coroutines share, as threads use them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from measure.side import Side

from .peer import NONE, Peer, module


def _make() -> Side:
    aiologic = import_module("aiologic")

    def queue(kind: Any) -> type[Any]:
        """Its methods for threads, under the names that queues have elsewhere."""
        names = {"__slots__": (), "put": kind.green_put, "get": kind.green_get}
        made: type[Any] = type(kind.__name__, (kind,), names)
        return made

    threading = module(
        Lock=aiologic.Lock,
        RLock=aiologic.RLock,
        Semaphore=aiologic.Semaphore,
        Event=aiologic.REvent,
        Barrier=aiologic.Barrier,
    )
    queues = module(
        Queue=queue(aiologic.Queue),
        LifoQueue=queue(aiologic.LifoQueue),
        PriorityQueue=queue(aiologic.PriorityQueue),
        SimpleQueue=queue(aiologic.SimpleQueue),
    )
    return Side("aiologic", threading, queues, NONE)


PEER = Peer(
    "aiologic",
    _make,
    (
        "Construction: Lock()",
        "Construction: Queue()",
        "Lock: with",
        "Lock: 4 threads, 1 turn inside",
        "RLock: with",
        "RLock: 4 threads, 1 turn inside",
        "Semaphore: with",
        "Semaphore: 8 threads, 2 places, nothing inside",
        "Event: set + clear",
        "Event: is_set",
        "Queue: put + get",
        "Queue: put + get, bounded",
        "LifoQueue: put + get",
        "PriorityQueue: put + get, empty before",
        "SimpleQueue: put + get",
        "Throughput, an item: Queue, 1 to 1",
        "Throughput, an item: Queue, 4 to 4",
        "Throughput, an item: Queue(10), 4 to 4",
        "Throughput, an item: SimpleQueue, 4 to 4",
        "Ping-pong, there and back: Queue",
    ),
)
