from .barrier import Barrier as Barrier
from .condition import Condition as Condition
from .event import Event as Event
from .lock import Lock as Lock
from .queue import LifoQueue as LifoQueue
from .queue import PriorityQueue as PriorityQueue
from .queue import Queue as Queue
from .queue import SimpleQueue as SimpleQueue
from .rlock import RLock as RLock
from .semaphore import BoundedSemaphore as BoundedSemaphore
from .semaphore import Semaphore as Semaphore
from .watch import thread_ended as thread_ended
from .watch import thread_named as thread_named
from .watch import thread_started as thread_started
from .watch import watch_snapshot as watch_snapshot
from .watch import watch_start as watch_start
from .watch import watch_stop as watch_stop

__all__ = [
    "Barrier",
    "BoundedSemaphore",
    "Condition",
    "Event",
    "LifoQueue",
    "Lock",
    "PriorityQueue",
    "Queue",
    "RLock",
    "Semaphore",
    "SimpleQueue",
    "thread_ended",
    "thread_named",
    "thread_started",
    "watch_snapshot",
    "watch_start",
    "watch_stop",
]
