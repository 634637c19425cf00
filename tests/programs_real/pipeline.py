"""A pipeline of stages over bounded queues, each ended by a sentinel; and a queue of priorities."""

import queue
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

ITEMS = 500
END = object()

Stage = Callable[[Any], Any]


def run_stage(work: Stage, count: int, source: Any, target: Any, name: str) -> list[Any]:
    """Start `count` threads. The last that meets the sentinel passes it on."""
    left = [count]
    lock = threading.Lock()

    def loop() -> None:
        while True:
            item = source.get()
            try:
                if item is END:
                    break
                target.put(work(item))
            finally:
                source.task_done()
        with lock:
            left[0] -= 1
            last = left[0] == 0
        (target if last else source).put(END)

    threads = [threading.Thread(target=loop, name=f"{name}-{number}") for number in range(count)]
    for thread in threads:
        thread.start()
    return threads


def stages() -> None:
    raw: queue.Queue[Any] = queue.Queue(4)
    packed: queue.Queue[Any] = queue.Queue(4)
    checked: queue.LifoQueue[Any] = queue.LifoQueue(4)
    out: queue.SimpleQueue[Any] = queue.SimpleQueue()
    threads = [
        *run_stage(lambda n: (n, zlib.compress(b"%d" % n * 50)), 3, raw, packed, "pack"),
        *run_stage(lambda pair: (*pair, zlib.crc32(pair[1])), 2, packed, checked, "check"),
        # A stack: the sentinel overtakes items, so there is one thread that knows how many come.
        threading.Thread(target=lambda: unpack(checked, out), name="unpack-0"),
    ]
    threads[-1].start()
    for number in range(ITEMS):
        raw.put(number)
    raw.put(END)
    for thread in threads:
        thread.join()
    found = [out.get() for _ in range(ITEMS)]
    print("all arrived:", sorted(found) == list(range(ITEMS)), out.empty())
    print("left over:", raw.qsize(), packed.qsize(), checked.qsize(), raw.unfinished_tasks)


def unpack(source: Any, target: Any) -> None:
    arrived = 0
    ended = False
    while arrived < ITEMS or not ended:
        item = source.get()
        if item is END:
            ended = True
            continue
        number, data, check = item
        assert zlib.crc32(data) == check
        target.put(int(zlib.decompress(data)[: len(str(number))]))
        arrived += 1


@dataclass(order=True)
class Job:
    """Compared in Python code by its priority alone."""

    priority: int
    name: str = field(compare=False)


def priorities() -> None:
    jobs: queue.PriorityQueue[Job] = queue.PriorityQueue(300)

    def give(first: int) -> None:
        for number in range(first, 300, 3):
            jobs.put(Job(number, f"job {number}"))

    givers = [
        threading.Thread(target=give, args=[first], name=f"giver-{first}") for first in range(3)
    ]
    for giver in givers:
        giver.start()
    for giver in givers:
        giver.join()
    try:
        jobs.put(Job(0, "one more"), timeout=0.01)
    except queue.Full:
        print("full at", jobs.qsize())
    taken = [jobs.get_nowait() for _ in range(300)]
    print("in order:", [job.priority for job in taken] == list(range(300)), jobs.empty())


if __name__ == "__main__":
    stages()
    priorities()
