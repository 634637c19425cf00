from .backlog import Backlog as Backlog
from .backlog import BacklogKey as BacklogKey
from .backlog import BacklogPlace as BacklogPlace
from .barrier import Barrier as Barrier
from .condition import Condition as Condition
from .crew import Crew as Crew
from .crew import Hand as Hand
from .deadlock import PoolWorkers as PoolWorkers
from .deadlock import deadlock_mode as deadlock_mode
from .deadlock import deadlock_words as deadlock_words
from .deadlock import set_deadlock_mode as set_deadlock_mode
from .deadlock import set_tell_all_asleep as set_tell_all_asleep
from .deadlock import thread_is_over as thread_is_over
from .event import Event as Event
from .families import metric_families as metric_families
from .future import Future as Future
from .future import prepare_futures as prepare_futures
from .job import PoolJob as PoolJob
from .job import PoolJobs as PoolJobs
from .job import prepare_pool as prepare_pool
from .lock import Lock as Lock
from .meter import PoolMeter as PoolMeter
from .meter import PoolTask as PoolTask
from .meter import pool_meter as pool_meter
from .order import lock_order_words as lock_order_words
from .order import set_lock_order as set_lock_order
from .queue import LifoQueue as LifoQueue
from .queue import PriorityQueue as PriorityQueue
from .queue import Queue as Queue
from .queue import SimpleQueue as SimpleQueue
from .queue import queue_call_next as queue_call_next
from .queue import queue_enlist as queue_enlist
from .queue import queue_is_done as queue_is_done
from .queue import queue_leave as queue_leave
from .queue import queue_withdraw as queue_withdraw
from .rate import RateLimit as RateLimit
from .reentrant import Reentrant as Reentrant
from .rlock import RLock as RLock
from .semaphore import BoundedSemaphore as BoundedSemaphore
from .semaphore import Semaphore as Semaphore
from .serve import serve_close as serve_close
from .serve import serve_conceal as serve_conceal
from .serve import serve_dump_on as serve_dump_on
from .serve import serve_expose as serve_expose
from .serve import serve_listen as serve_listen
from .thread import Life as Life
from .thread import name_os_thread as name_os_thread
from .thread import start_event as start_event
from .thread import start_os_thread as start_os_thread
from .thread import thread_ended as thread_ended
from .thread import thread_helps as thread_helps
from .thread import thread_named as thread_named
from .thread import thread_waiting as thread_waiting
from .timeline import timeline_snapshot as timeline_snapshot
from .timeline import timeline_start as timeline_start
from .timeline import timeline_stop as timeline_stop
from .timer import Agenda as Agenda
from .timer import AgendaKey as AgendaKey
from .timer import end_timer as end_timer
from .watch import watch_is_on as watch_is_on
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
    "PoolJob",
    "PoolJobs",
    "PoolMeter",
    "PoolTask",
    "PoolWorkers",
    "PriorityQueue",
    "Queue",
    "RLock",
    "RateLimit",
    "Reentrant",
    "Semaphore",
    "SimpleQueue",
    "deadlock_mode",
    "deadlock_words",
    "end_timer",
    "lock_order_words",
    "metric_families",
    "name_os_thread",
    "pool_meter",
    "prepare_futures",
    "prepare_pool",
    "queue_call_next",
    "queue_enlist",
    "queue_is_done",
    "queue_leave",
    "queue_withdraw",
    "serve_close",
    "serve_conceal",
    "serve_dump_on",
    "serve_expose",
    "serve_listen",
    "set_deadlock_mode",
    "set_lock_order",
    "set_tell_all_asleep",
    "start_event",
    "start_os_thread",
    "thread_ended",
    "thread_helps",
    "thread_is_over",
    "thread_named",
    "thread_waiting",
    "timeline_snapshot",
    "timeline_start",
    "timeline_stop",
    "watch_is_on",
    "watch_snapshot",
    "watch_start",
    "watch_stop",
]
