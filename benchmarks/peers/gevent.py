"""gevent's primitives, in one thread: they belong to greenlets, of which one thread has many."""

from __future__ import annotations

from importlib import import_module

from measure.side import Side

from .peer import NONE, Peer, module


def _make() -> Side:
    lock, queue, event = (import_module(f"gevent.{name}") for name in ("lock", "queue", "event"))
    threading = module(
        # gevent has no lock: its own patch of `threading` uses a semaphore too.
        Lock=lambda: lock.Semaphore(1),
        RLock=lock.RLock,
        Semaphore=lock.Semaphore,
        BoundedSemaphore=lock.BoundedSemaphore,
        Event=event.Event,
    )
    return Side("gevent", threading, queue, NONE)


PEER = Peer(
    "gevent",
    _make,
    (
        "Construction: RLock()",
        "Construction: Semaphore(4)",
        "Construction: Event()",
        "Construction: Queue()",
        "Lock: acquire + release",
        "Lock: with",
        "RLock: acquire + release",
        "Semaphore: acquire + release",
        "Semaphore: with",
        "Event: set + clear",
        "Event: is_set",
        "Event: wait when set",
        "Queue: put + get",
        "Queue: put + get, bounded",
        "LifoQueue: put + get",
        "PriorityQueue: put + get, empty before",
        "SimpleQueue: put + get",
    ),
)
