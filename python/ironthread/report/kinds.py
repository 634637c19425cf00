"""The kinds of waits, in the groups in which they are told of."""

from __future__ import annotations

LOCKS = frozenset({"Lock", "RLock", "Condition", "Semaphore", "Event", "Barrier"})
QUEUES = frozenset({"Queue.get", "Queue.put", "submit", "work"})
JOINS = frozenset({"Queue.join", "Thread.start", "Thread.join", "Future"})


def group(kind: str) -> str:
    """The group of a kind: lock, queue, join or other."""
    groups = (("lock", LOCKS), ("queue", QUEUES), ("join", JOINS))
    return next((name for name, kinds in groups if kind in kinds), "other")
