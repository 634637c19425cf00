"""For programs of both threads and asyncio: queues that both use, and a run that ends gracefully.

`Queue`, `LifoQueue` and `PriorityQueue` are ironthread's queues, with `aput()`, `aget()` and
`ajoin()` for coroutines. `run()` is `asyncio.run()` with a pool of threads and an orderly end on
SIGTERM. `await pool.submit(...)` needs nothing of this module.
"""

from queue import Empty, Full

from ironthread._exceptions import ShutDown
from ironthread.aio._queue import LifoQueue, PriorityQueue, Queue
from ironthread.aio._run import run

__all__ = ["Empty", "Full", "LifoQueue", "PriorityQueue", "Queue", "ShutDown", "run"]
