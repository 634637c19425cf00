from .backlog import Backlog as Backlog
from .backlog import BacklogKey as BacklogKey
from .backlog import BacklogPlace as BacklogPlace
from .barrier import Barrier as Barrier
from .condition import Condition as Condition
from .crew import Crew as Crew
from .crew import Hand as Hand
from .event import Event as Event
from .future import Future as Future
from .future import prepare_futures as prepare_futures
from .lock import Lock as Lock
from .queue import LifoQueue as LifoQueue
from .queue import PriorityQueue as PriorityQueue
from .queue import Queue as Queue
from .queue import SimpleQueue as SimpleQueue
from .queue import queue_call_next as queue_call_next
from .queue import queue_enlist as queue_enlist
from .queue import queue_is_done as queue_is_done
from .queue import queue_withdraw as queue_withdraw
from .rate import RateLimit as RateLimit
from .rlock import RLock as RLock
from .semaphore import BoundedSemaphore as BoundedSemaphore
from .semaphore import Semaphore as Semaphore
from .thread import Life as Life
from .thread import name_os_thread as name_os_thread
from .thread import start_event as start_event
from .thread import start_os_thread as start_os_thread
from .thread import thread_ended as thread_ended
from .thread import thread_helps as thread_helps
from .thread import thread_named as thread_named
from .thread import thread_waiting as thread_waiting
from .timer import Agenda as Agenda
from .timer import AgendaKey as AgendaKey
from .timer import end_timer as end_timer
from .watch import watch_snapshot as watch_snapshot
from .watch import watch_start as watch_start
from .watch import watch_stop as watch_stop

__all__ = [
    "Agenda",
    "AgendaKey",
    "Backlog",
    "BacklogKey",
    "BacklogPlace",
    "Barrier",
    "BoundedSemaphore",
    "Condition",
    "Crew",
    "Event",
    "Future",
    "Hand",
    "Life",
    "LifoQueue",
    "Lock",
    "PriorityQueue",
    "Queue",
    "RLock",
    "RateLimit",
    "Semaphore",
    "SimpleQueue",
    "end_timer",
    "name_os_thread",
    "prepare_futures",
    "queue_call_next",
    "queue_enlist",
    "queue_is_done",
    "queue_withdraw",
    "start_event",
    "start_os_thread",
    "thread_ended",
    "thread_helps",
    "thread_named",
    "thread_waiting",
    "watch_snapshot",
    "watch_start",
    "watch_stop",
]
