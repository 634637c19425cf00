"""The queues in one thread."""

from __future__ import annotations

from measure.loop import Loop
from measure.operation import Operation

PUT_GET = "q.put(None)\nq.get()"
PUT_GET_NOWAIT = "q.put_nowait(None)\nq.get_nowait()"
EMPTY = "try:\n    q.get_nowait()\nexcept Empty:\n    pass"
FULL = "try:\n    q.put_nowait(None)\nexcept Full:\n    pass"

FIFO = "q = queue.Queue()"
# The standard library's fastest queue, against our queue that does more.
SIMPLE_OR_QUEUE = "q = queue.SimpleQueue() if queue.__name__ == 'queue' else queue.Queue()"
PRIORITY = "q = queue.PriorityQueue()"

SUBCLASS = """
class Own(queue.Queue):
    def _init(self, maxsize):
        self.items = []
    def _qsize(self):
        return len(self.items)
    def _put(self, item):
        self.items.append(item)
    def _get(self):
        return self.items.pop()
q = Own()
""".strip()

PLAIN_SUBCLASS = """
class Named(queue.Queue):
    name = "jobs"
q = Named()
""".strip()

HEAP = """
from itertools import cycle
from random import Random
q = queue.PriorityQueue()
for number in range(1000):
    q.put({filled})
numbers = list(range(1000))
Random(1).shuffle(numbers)
draw = cycle([{drawn} for number in numbers]).__next__
""".strip()
HEAP_OF_NUMBERS = HEAP.format(filled="number", drawn="number")
HEAP_OF_TUPLES = HEAP.format(filled="(number, None)", drawn="(number, None)")
DRAW_PUT_GET = "q.put(draw())\nq.get()"

OPERATIONS: tuple[Operation, ...] = (
    Loop("Queue", "put + get", PUT_GET, FIFO),
    Loop("Queue", "put_nowait + get_nowait", PUT_GET_NOWAIT, FIFO),
    Loop("Queue", "put + get + task_done", f"{PUT_GET}\nq.task_done()", FIFO),
    Loop("Queue", "put + get, bounded", PUT_GET, "q = queue.Queue(100)"),
    Loop("Queue", "put + get(timeout=1)", "q.put(None)\nq.get(timeout=1)", FIFO),
    Loop(
        "Queue", "put + get, 1000 items inside", PUT_GET, f"{FIFO}\nfor n in range(1000): q.put(n)"
    ),
    Loop("Queue", "qsize", "q.qsize()", FIFO),
    Loop("Queue", "empty", "q.empty()", FIFO),
    Loop("Queue", "get_nowait: Empty", EMPTY, f"{FIFO}\nEmpty = queue.Empty"),
    Loop("Queue", "put_nowait: Full", FULL, "q = queue.Queue(1)\nq.put(None)\nFull = queue.Full"),
    Loop("Queue", "join, nothing to do", "q.join()", FIFO),
    Loop("Queue", "put + get, opened (q.mutex was used)", PUT_GET, f"{FIFO}\nq.mutex"),
    Loop("Queue", "put + get, subclass without overrides", PUT_GET, PLAIN_SUBCLASS),
    Loop("Queue", "put + get, subclass with _put and _get", PUT_GET, SUBCLASS),
    Loop("LifoQueue", "put + get", PUT_GET, "q = queue.LifoQueue()"),
    Loop("PriorityQueue", "put + get, empty before", "q.put(1)\nq.get()", PRIORITY),
    Loop("PriorityQueue", "put + get, 1000 numbers inside", DRAW_PUT_GET, HEAP_OF_NUMBERS),
    Loop("PriorityQueue", "put + get, 1000 tuples inside", DRAW_PUT_GET, HEAP_OF_TUPLES),
    Loop("SimpleQueue", "put + get", PUT_GET, "q = queue.SimpleQueue()"),
    Loop("SimpleQueue", "put_nowait + get_nowait", PUT_GET_NOWAIT, "q = queue.SimpleQueue()"),
    Loop("SimpleQueue", "put + get, ours a Queue", PUT_GET, SIMPLE_OR_QUEUE),
    Loop("SimpleQueue", "qsize", "q.qsize()", "q = queue.SimpleQueue()"),
    Loop("SimpleQueue", "get_nowait: Empty", EMPTY, "q = queue.SimpleQueue()\nEmpty = queue.Empty"),
)
