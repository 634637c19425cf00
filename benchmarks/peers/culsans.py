"""culsans' queues, which threads and coroutines share, from their side for threads."""

from __future__ import annotations

from importlib import import_module

from measure.side import Side

from .peer import NONE, Peer, module


def _make() -> Side:
    culsans = import_module("culsans")
    queues = module(
        Queue=lambda maxsize=0: culsans.Queue(maxsize).sync_q,
        LifoQueue=lambda maxsize=0: culsans.LifoQueue(maxsize).sync_q,
        PriorityQueue=lambda maxsize=0: culsans.PriorityQueue(maxsize).sync_q,
    )
    return Side("culsans", NONE, queues, NONE)


PEER = Peer(
    "culsans",
    _make,
    (
        "Queue: put + get",
        "Queue: put_nowait + get_nowait",
        "Queue: put + get + task_done",
        "Queue: put + get, bounded",
        "Queue: qsize",
        "LifoQueue: put + get",
        "PriorityQueue: put + get, empty before",
        "Throughput, an item: Queue, 1 to 1",
        "Throughput, an item: Queue, 4 to 4",
        "Throughput, an item: Queue(10), 4 to 4",
        "Ping-pong, there and back: Queue",
    ),
)
