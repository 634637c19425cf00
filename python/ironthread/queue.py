"""A drop-in for the standard `queue` module: the same names, our queues.

`Empty` and `Full` are the standard library's own exception classes, so handlers written for the
standard queues catch what ours raise. `ShutDown`, and `shutdown()` of the queues, exist on every
supported version; Python has them from 3.13 on.

See https://docs.python.org/3/library/queue.html.
"""

from queue import Empty, Full

from ironthread._core import LifoQueue, PriorityQueue, Queue, SimpleQueue
from ironthread._exceptions import ShutDown

__all__ = ["Empty", "Full", "LifoQueue", "PriorityQueue", "Queue", "ShutDown", "SimpleQueue"]
