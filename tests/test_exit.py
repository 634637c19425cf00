"""The end of a program whose daemon threads still wait, or are busy, at our primitives.

Every wait, and threads, timers and pools at any moment of theirs: stress/test_stress_exit.py.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import cycle

import pytest
from programs import Outcome, run_program
from waits import WAITS

ENDINGS = {"falls off the end": 0, "exit 7": 7, "exception": 1}

# How the main thread ends, once everything is as the test wants it.
END = """
    def end(how):
        if how == "exit 7":
            sys.exit(7)
        if how == "exception":
            raise LookupError("as intended")
"""


def check_ending(outcome: Outcome, how: str) -> None:
    """See that the program ended as it meant to, and said nothing else."""
    if how == "exception":
        assert outcome.err.startswith("Traceback (most recent call last):\n")
        assert outcome.err.endswith("\nLookupError: as intended\n")
        assert outcome.err.count("\n") < 10
    else:
        assert outcome.err == ""


def runs(long: bool) -> Iterator[tuple[int, str]]:
    """After how many turns of its threads each program ends, and how."""
    return zip(range(0, 1000, 5 if long else 50), cycle(ENDINGS))


BUSY = (
    END
    + """
    import sys, threading
    from crew import until
    from ironthread.queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
    from ironthread.threading import (
        Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, Semaphore
    )
    from waits import MinimalLock, SetQueue

    sys.setswitchinterval(0.0005)  # so that all threads get to work soon
    turns = [0]

    def forever(step):
        def loop():
            while True:
                step()
                turns[0] += 1
        threading.Thread(target=loop, daemon=True).start()

    def under(lock):
        def step():
            with lock:
                pass
            lock.acquire()
            lock.release()
        return step

    def through(queue):
        def put():
            queue.put((turns[0], threading.get_ident()))
        return put, queue.get

    def signalling(condition):
        def notify():
            with condition:
                condition.notify()
        def wait():
            with condition:
                condition.wait(0.001)
        return notify, wait

    def flag(event):
        return event.set, event.clear, lambda: event.wait(0.001)

    def ordered(item):
        return sum(range(50)) > 0

    class Item:
        def __init__(self, number):
            self.number = number
        def __lt__(self, other):
            return ordered(self) and self.number < other.number

    class Dying:
        def __del__(self):
            ordered(self)

    class Storing(Queue):
        def _put(self, item):
            ordered(item)
            super()._put(item)
        def _get(self):
            ordered(self)
            return super()._get()

    class Waiting(Condition):
        def wait(self, timeout=None):
            ordered(self)
            return super().wait(timeout)

    def waiting_for(condition):
        def wait():
            with condition:
                condition.wait_for(lambda: ordered(condition) and condition is None, 0.001)
        return wait

    def comparing():
        queue = PriorityQueue()
        def step():
            for number in range(5):
                queue.put(Item(-number))
            for number in range(5):
                queue.get()
        return step

    def dropping():
        queue = Queue()
        queue.put(Dying())
        queue.shutdown(immediate=True)

    def dropping_from_simple():
        queue = SimpleQueue()
        queue.put(Dying())

    native = [
        *map(under, [Lock(), RLock(), Semaphore(2), BoundedSemaphore(1), Condition()]),
        *through(Queue()), *through(Queue(2)), *through(LifoQueue(2)), *through(SimpleQueue()),
        *signalling(Condition()), *signalling(Condition(Lock())),
        *flag(Event()),
        *[Barrier(2).wait] * 2,
    ]
    calling_python = {
        "comparisons": [comparing(), *through(PriorityQueue(2))],
        "storing": [*through(Storing()), *through(Storing(2)), *through(SetQueue(2))],
        "predicates": [waiting_for(Condition()), waiting_for(Waiting())],
        "foreign locks": [
            *signalling(Condition(MinimalLock())),
            *signalling(Condition(threading._PyRLock())),
            under(Condition(MinimalLock())),
        ],
        "actions": [Barrier(1, lambda: ordered(1)).wait, *[Barrier(2, lambda: ordered(1)).wait] * 2],
        "finalizers": [dropping, dropping_from_simple],
    }
    steps = native if sys.argv[2] == "native" else calling_python[sys.argv[2]]
    for step in steps:
        forever(step)
    # A moment of work for the threads, of a length that differs.
    until(lambda: turns[0] > int(sys.argv[3]))
    end(sys.argv[1])
"""
)


def test_daemon_threads_busy_with_primitives_and_queues_do_not_disturb_the_exit(
    long: bool,
) -> None:
    for turns, how in runs(long):
        outcome = run_program(BUSY, how, "native", str(turns), status=ENDINGS[how])
        check_ending(outcome, how)


# The interpreter ends a daemon thread where it next asks for it, which it mostly does in Python code, and
# that may have been called by native code.
@pytest.mark.parametrize(
    "what",
    ["comparisons", "storing", "predicates", "foreign locks", "actions", "finalizers"],
)
def test_daemon_threads_in_python_code_called_by_native_code_do_not_disturb_the_exit(
    what: str, long: bool
) -> None:
    for turns in range(0, 200, 2 if long else 20):
        outcome = run_program(BUSY, "exit 7", what, str(turns), status=7)
        check_ending(outcome, "exit 7")


# It refers to itself, so it is collected late: when the interpreter ends, and all others stand still.
LATE = """
    import sys, threading
    import queue as standard_queue
    import ironthread.queue, ironthread.threading

    standard = sys.argv[1] == "standard"
    names = threading if standard else ironthread.threading
    queues = standard_queue if standard else ironthread.queue

    held = [names.Lock(), names.RLock(), names.Condition(names.Lock())]
    waits = [
        *[lambda lock=lock: lock.acquire(timeout=0.01) for lock in held],
        lambda: held[0].acquire(False),
        lambda: names.Lock().acquire(),
        lambda: names.Event().wait(0.01),
        lambda: names.Semaphore(0).acquire(timeout=0.01),
        lambda: queues.Queue().get(timeout=0.01),
    ]
    ready = names.Event()

    def hold():
        for lock in held:
            lock.acquire()
        ready.set()
        names.Event().wait()

    class Cycle:
        def __init__(self):
            self.itself = self
            threading.Thread(target=hold, daemon=True).start()
            ready.wait()

        def __del__(self):
            for wait in waits:
                try:
                    print(wait())
                except Exception as error:
                    print(type(error).__name__)

    Cycle()
"""


def test_waits_when_the_interpreter_is_on_its_way_out_end_as_in_the_standard_library() -> None:
    # From 3.15 on they are refused: nobody is left who could end them.
    standards, ours = (run_program(LATE, whose) for whose in ("standard", "ours"))
    assert len(standards.out.split()) == 8
    assert ours.out == standards.out


LAST_WORDS = """
    import atexit, os, sys, threading
    from crew import is_asleep, until
    from ironthread.queue import Queue, SimpleQueue
    from ironthread.threading import Barrier, Condition, Event, Lock, RLock, Semaphore

    class Late:
        def __init__(self):
            self.lock, self.rlock, self.condition = Lock(), RLock(), Condition()
            self.semaphore, self.event, self.barrier = Semaphore(), Event(), Barrier(1)
            self.queue, self.simple = Queue(), SimpleQueue()
            self.write, self.refusal = os.write, RuntimeError  # from 3.15 on waits are refused

        def __del__(self):
            with self.lock, self.rlock, self.condition, self.semaphore:
                self.condition.notify_all()
                self.event.set()
                self.event.wait()
                self.barrier.wait()
                self.queue.put(1)
                assert self.queue.get() == 1
                self.queue.task_done()
                self.queue.join()
                self.simple.put(2)
                assert self.simple.get(timeout=1) == 2
                try:
                    assert not self.lock.acquire(timeout=0.01)
                except self.refusal:
                    pass
            self.write(1, b"late\\n")

    late, queue, opened = Late(), Queue(), Queue()
    queue.put(Late())
    opened.queue.append(Late())
    # What hangs on `sys` is among the last things to go.
    sys.late = [late, queue, opened]
    blocked = threading.Thread(target=late.event.wait, daemon=True)
    blocked.start()
    until(lambda: is_asleep(blocked))
    late.lock.acquire()
    atexit.register(late.lock.release)

    @atexit.register
    def put_and_get():
        late.queue.put("it")
        assert late.queue.get() == "it"
        late.queue.task_done()
        os.write(1, b"at exit\\n")
"""


def test_primitives_work_in_exit_functions_and_in_finalizers_at_the_very_end() -> None:
    outcome = run_program(LAST_WORDS)
    assert outcome.err == ""
    assert outcome.out.splitlines() == ["at exit", "late", "late", "late"]


WOKEN_LATE = """
    import os, sys, threading
    from crew import is_asleep, until
    from waits import WAITS

    # Daemon threads that are woken after the interpreter has begun to end never run on.
    # (Nor are modules much use by then: without those whose end is a matter of `threading`.)
    without = {"RLockWait", "RLockStatement", "ConditionOverPythonRLock"}
    waits = [make() for name, make in WAITS.items() if name not in without]

    def wait(wait):
        wait.wait()
        os.write(1, b"a thread ran on\\n")

    class Waker:
        def __init__(self, ends):
            self.ends, self.write = ends, os.write
        def __del__(self):
            try:
                for end in self.ends:
                    end()
                self.write(1, b"woken\\n")
            except BaseException as error:
                self.write(1, repr((end, error)).encode())

    threads = [threading.Thread(target=wait, args=(it,), daemon=True) for it in waits]
    for thread in threads:
        thread.start()
    for thread in threads:
        until(lambda: is_asleep(thread))
    # What hangs on `sys` is among the last things to go. A barrier's end would be one more wait.
    sys.waker = Waker([it.end for it in waits if it.kind != "Barrier"])
"""


def test_daemon_threads_that_are_woken_at_the_very_end_never_run_on(long: bool) -> None:
    for _ in range(200 if long else 5):
        outcome = run_program(WOKEN_LATE)
        assert outcome.err == ""
        assert outcome.out == "woken\n"


PLAIN_THREADS = """
    import sys, threading
    from ironthread.queue import Queue

    # A thread that is no daemon is waited for; it gets its item while the main thread is in the exit.
    queue = Queue()
    threading.Thread(target=lambda: print("got", queue.get(), flush=True)).start()
    threading.Thread(target=lambda: (threading.main_thread().join(), queue.put("it"))).start()
    sys.exit(3)
"""


def test_threads_that_are_no_daemons_are_waited_for_and_can_still_be_served() -> None:
    outcome = run_program(PLAIN_THREADS, status=3)
    assert (outcome.out, outcome.err) == ("got it\n", "")


def test_every_wait_is_in_the_table() -> None:
    # The tests above are as complete as that table.
    kinds = {make().kind for make in WAITS.values()}
    assert kinds == {
        *("Lock", "RLock", "Condition", "Semaphore", "Event", "Barrier"),
        *("Queue.get", "Queue.put", "Queue.join"),
    }
