"""Signals and the waits of the main thread.

Each kind of wait gets a process of its own. A signal is sent once the main thread is known to sleep, by a
look at what the engine notes of its threads and at the kernel's state of them, and to the main thread
itself: who gets one that is sent to the process is the kernel's choice.
"""

from __future__ import annotations

import sys

import pytest
from programs import run_program
from waits import WAITS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of Unix")

INTERRUPT = """
    import signal, sys, threading, time
    from crew import Crew, until_asleep
    from waits import TIMED, WAITS

    name = sys.argv[1]
    main = threading.main_thread()
    wait = WAITS[name]()
    for limit in [None, 30.0, None] if name in TIMED else [None, None]:
        sent = []

        def interrupt():
            until_asleep(main, wait.kind)
            sent.append(time.monotonic())
            signal.pthread_kill(main.ident, signal.SIGINT)

        with Crew() as crew:
            crew.start(interrupt)
            try:
                wait.wait(limit)
            except KeyboardInterrupt:
                took = time.monotonic() - sent[0]
            else:
                sys.exit("the wait returned, and nobody had ended it")
            # At once: the thread has to be scheduled twice, on a machine that may be busy.
            assert took < 0.5, f"interrupted after {took} s"

        # The interrupted thread waits no more, and the thing does all it could before.
        with Crew() as crew:
            other = crew.start(wait.wait).until_asleep(wait.kind)
            wait.end()
            assert other.result() is True
        with Crew() as crew:
            crew.start(lambda: (until_asleep(main, wait.kind), wait.end()))
            assert wait.wait(limit) is True
"""


@pytest.mark.parametrize("name", WAITS)
def test_ctrl_c_interrupts_the_wait_at_once_and_the_thing_stays_usable(name: str) -> None:
    run_program(INTERRUPT, name)


HANDLER_RETURNS = """
    import signal, sys, threading, time
    from crew import Crew, until, until_asleep
    from waits import TIMED, WAITS

    INTERVAL, LIMIT = 0.01, 0.15
    main = threading.main_thread()
    ran = 0

    def handler(number, frame):
        global ran
        ran += 1

    def end_after_a_few(wait, before):
        until(lambda: ran >= before + 3)
        until_asleep(main, wait.kind)
        wait.end()

    signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, INTERVAL, INTERVAL)
    for name, make in WAITS.items():
        print(name, flush=True)
        wait = make()
        if name in TIMED:
            before, begin = ran, time.monotonic()
            assert wait.wait(LIMIT) is False
            took = time.monotonic() - begin
            # A wait that began its time anew after each signal would never end. The upper bound leaves
            # room for a busy machine.
            assert LIMIT <= took < LIMIT + 1.0, f"a wait of {LIMIT} s took {took} s"
            assert ran >= before + 3, f"the handler ran {ran - before} times"
        for limit in [None, 30.0] if name in TIMED else [None]:
            with Crew() as crew:
                crew.start(end_after_a_few, wait, ran)
                assert wait.wait(limit) is True
    signal.setitimer(signal.ITIMER_REAL, 0)
"""


def test_a_handler_that_returns_lets_the_wait_go_on_with_the_time_that_is_left() -> None:
    run_program(HANDLER_RETURNS, limit=90.0)


HANDLER_ENDS = """
    import signal, sys, threading
    from crew import Crew, until_asleep
    from waits import TIMED, WAITS

    main = threading.main_thread()
    for name, make in WAITS.items():
        print(name, flush=True)
        wait = make()
        signal.signal(signal.SIGUSR1, lambda number, frame: wait.end())
        for limit in [None, 30.0, None] if name in TIMED else [None, None]:
            with Crew() as crew:
                crew.start(
                    lambda: (until_asleep(main, wait.kind), signal.pthread_kill(main.ident, signal.SIGUSR1))
                )
                assert wait.wait(limit) is True
"""


def test_a_handler_can_end_the_very_wait_that_it_interrupts() -> None:
    run_program(HANDLER_ENDS, limit=90.0)


HANDLER_WAITS = """
    import signal, sys, threading
    from crew import Crew, is_asleep, until_asleep, waiting_kind
    from waits import WAITS

    main = threading.main_thread()
    outer = WAITS[sys.argv[1]]()
    inner = None
    entered = []

    def handler(number, frame):
        entered.append(inner)
        # The thread is said to wait for what it waits for: for nothing now.
        assert inner.wait() is True

    def conduct(inner):
        until_asleep(main, outer.kind)
        signal.pthread_kill(main.ident, signal.SIGUSR1)
        while inner not in entered or not is_asleep(main, inner.kind):
            pass
        inner.end()
        # Told apart from the inner wait by the end of the handler.
        until_asleep(main, outer.kind)
        outer.end()

    signal.signal(signal.SIGUSR1, handler)
    for name in WAITS:
        inner = WAITS[name]()
        with Crew() as crew:
            conductor = crew.start(conduct, inner)
            assert outer.wait() is True
            conductor.result()
        assert entered[-1] is inner
        assert waiting_kind(main) is None
"""


@pytest.mark.parametrize(
    "name", ["LockWait", "ConditionWait", "EventWait", "Queue.get", "OpenQueue.put", "Queue.join"]
)
def test_a_handler_can_wait_for_anything_itself(name: str) -> None:
    run_program(HANDLER_WAITS, name)


HANDLER_RAISES = """
    import signal, sys, threading
    from crew import Crew, until_asleep
    from waits import WAITS

    class Unwelcome(BaseException):
        pass

    def handler(number, frame):
        raise Unwelcome(number)

    main = threading.main_thread()
    signal.signal(signal.SIGUSR1, handler)
    for name, make in WAITS.items():
        print(name, flush=True)
        wait = make()
        with Crew() as crew:
            crew.start(lambda: (until_asleep(main, wait.kind), signal.pthread_kill(main.ident, signal.SIGUSR1)))
            try:
                wait.wait()
            except Unwelcome as error:
                assert error.args == (signal.SIGUSR1,)
                assert error.__cause__ is None and error.__context__ is None
            else:
                sys.exit("the wait returned")
"""


def test_what_a_handler_raises_comes_out_of_the_wait_whatever_it_is() -> None:
    run_program(HANDLER_RAISES)


# The kernel gives a signal for the process to the main thread where it can, but once in some hundred times
# to another; then the main thread sleeps on, as it does in the standard library. A person presses again.
BY_ANOTHER_PROCESS = """
    import os, signal, subprocess, sys, threading
    from crew import Crew, until_asleep
    from waits import WAITS

    PRESS = "import os, signal, sys; os.kill(int(sys.argv[1]), signal.SIGINT)"

    def press(wait, interrupted):
        until_asleep(main, wait.kind)
        for _ in range(5):
            subprocess.run([sys.executable, "-c", PRESS, str(os.getpid())], check=True)
            if interrupted.wait(0.5):
                return

    main = threading.main_thread()
    for name in ["LockWait", "ConditionWait", "EventWait", "Queue.get", "Queue.join"]:
        print(name, flush=True)
        wait = WAITS[name]()
        interrupted = threading.Event()
        with Crew() as crew:
            crew.start(press, wait, interrupted)
            try:
                wait.wait()
            except KeyboardInterrupt:
                interrupted.set()
            else:
                sys.exit("the wait returned")
"""


def test_another_process_can_interrupt_the_wait() -> None:
    run_program(BY_ANOTHER_PROCESS)


UNCAUGHT = """
    import signal, threading
    from crew import until_asleep
    from ironthread.queue import Queue

    main = threading.main_thread()
    threading.Thread(
        target=lambda: (until_asleep(main, "Queue.get"), signal.pthread_kill(main.ident, signal.SIGINT))
    ).start()
    Queue().get()
"""


def test_ctrl_c_that_nobody_catches_ends_the_program_as_usual() -> None:
    outcome = run_program(UNCAUGHT, status=-2)
    assert outcome.err.rstrip().endswith("KeyboardInterrupt")
    assert outcome.err.count("Traceback (most recent call last)") == 1


OTHER_THREADS = """
    import signal, threading
    from crew import Crew, is_asleep, until
    from waits import WAITS

    ran = []
    signal.signal(
        signal.SIGUSR1, lambda number, frame: ran.append(threading.current_thread())
    )
    for name, make in WAITS.items():
        wait = make()
        with Crew() as crew:
            member = crew.start(wait.wait).until_asleep(wait.kind)
            before = len(ran)
            signal.pthread_kill(member.thread.ident, signal.SIGUSR1)
            until(lambda: len(ran) > before)
            member.until_asleep(wait.kind)
            wait.end()
            assert member.result() is True
    assert set(ran) == {threading.main_thread()}
"""


def test_a_signal_that_hits_another_thread_is_handled_by_the_main_thread_only() -> None:
    run_program(OTHER_THREADS)


# In each, the main thread waits first and another thread second; the handler, in the middle of the main
# thread's wait, makes way for one or two and waits for the other thread. The standard library's wake-ups
# do not stick to a thread that is busy with a handler.
HANDLER_NEEDS_OTHERS = """
    import signal, sys, threading as standard
    from crew import Crew, until_asleep
    from ironthread.queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
    from ironthread.threading import Lock, RLock, Semaphore

    LIMIT = 5.0  # for a hand-over that takes microseconds
    main = standard.main_thread()
    served = standard.Event()

    def lock():
        lock = Lock()
        lock.acquire()
        def take():
            with lock:
                served.set()
        return take, lock.release

    def semaphore():
        semaphore = Semaphore(0)
        def take():
            semaphore.acquire()
            served.set()
        return take, lambda: (semaphore.release(), semaphore.release())

    def get(queue):
        def take():
            queue.get()
            served.set()
        return take, lambda: (queue.put(1), queue.put(2))

    def put(queue):
        queue.put(1)
        queue.put(2)
        def take():
            queue.put(3)
            served.set()
        return take, lambda: (queue.get(), queue.get())

    cases = {
        "lock": lock,
        "semaphore": semaphore,
        "queue get": lambda: get(Queue()),
        "queue put": lambda: put(Queue(2)),
        "stack get": lambda: get(LifoQueue()),
        "simple queue get": lambda: get(SimpleQueue()),
        "priority queue get": lambda: get(PriorityQueue()),
        "priority queue put": lambda: put(PriorityQueue(2)),
    }
    take, make_way = cases[sys.argv[1]]()

    def handler(number, frame):
        make_way()
        assert served.wait(LIMIT), "the other thread was not served while the handler waited for it"

    signal.signal(signal.SIGUSR1, handler)

    def conduct():
        until_asleep(main)
        with Crew() as crew:
            crew.start(take).until_asleep()
            signal.pthread_kill(main.ident, signal.SIGUSR1)

    with Crew() as crew:
        crew.start(conduct)
        take()
"""


@pytest.mark.parametrize(
    "case",
    [
        *("lock", "semaphore", "queue get", "queue put", "stack get", "simple queue get"),
        *("priority queue get", "priority queue put"),
    ],
)
def test_a_handler_can_wait_for_a_thread_that_waits_for_the_same_thing(case: str) -> None:
    run_program(HANDLER_NEEDS_OTHERS, case)


HANDLER_OF_A_NOTIFIED_WAITER = """
    import signal, sys, threading as standard
    from crew import Crew, until_asleep
    from ironthread.threading import Condition, Lock, RLock

    main = standard.main_thread()
    make_lock = {"lock": Lock, "rlock": RLock}[sys.argv[1]]
    lock = make_lock()
    condition = Condition(lock)
    in_handler, served = standard.Event(), standard.Event()

    def handler(number, frame):
        in_handler.set()
        assert served.wait(5.0), "the other thread was not served while the handler waited for it"

    def take():
        with lock:
            served.set()

    def conduct():
        until_asleep(main, "Condition")
        with Crew() as crew:
            with lock:
                condition.notify()
                crew.start(take).until_asleep()
                signal.pthread_kill(main.ident, signal.SIGUSR1)
                in_handler.wait()

    signal.signal(signal.SIGUSR1, handler)
    with Crew() as crew, condition:
        crew.start(conduct)
        assert condition.wait() is True
"""


@pytest.mark.parametrize("lock", ["lock", "rlock"])
def test_a_notified_waiter_in_a_handler_does_not_keep_others_from_the_lock(lock: str) -> None:
    run_program(HANDLER_OF_A_NOTIFIED_WAITER, lock)


# The main thread is interrupted in the moment in which it is given what it waits for: either it has it, or
# the other thread that waits for it gets it. `extend(map(...))` runs no bytecode between the return of a
# wait and the noting of its result, so an exception of the handler cannot come between them.
INTERRUPTED_AND_SERVED = """
    import random, signal, sys, threading as standard
    from contextlib import nullcontext
    from crew import Crew, until_asleep
    from ironthread.queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
    from ironthread.threading import Condition, Lock, RLock, Semaphore
    from waits import opened

    class Interrupted(Exception):
        pass

    def handler(number, frame):
        global armed
        if armed:
            armed = False
            raise Interrupted

    def interrupt():
        signal.pthread_kill(main.ident, signal.SIGUSR1)

    # What is called with what, inside of which context, and what ends the wait of one thread.
    def lock():
        lock = Lock()
        lock.acquire()
        return lock.acquire, True, nullcontext(), lock.release

    def semaphore():
        semaphore = Semaphore(0)
        return semaphore.acquire, True, nullcontext(), semaphore.release

    def condition(*lock):
        condition = Condition(*lock)
        def end():
            with condition:
                condition.notify()
        return condition.wait, None, condition, end

    def get(queue):
        return queue.get, True, nullcontext(), lambda: queue.put(1)

    def put(queue):
        queue.put(1)
        return queue.put, 2, nullcontext(), queue.get

    cases = {
        "lock": lock,
        "semaphore": semaphore,
        "condition": condition,
        "condition over a lock": lambda: condition(Lock()),
        "queue get": lambda: get(Queue()),
        "queue put": lambda: put(Queue(1)),
        "stack get": lambda: get(LifoQueue()),
        "simple queue get": lambda: get(SimpleQueue()),
        "open queue get": lambda: get(opened(Queue())),
        "open queue put": lambda: put(opened(Queue(1))),
        "priority queue get": lambda: get(PriorityQueue()),
    }

    def wait():
        results = []
        with context:
            results.extend(map(call, [argument]))
        return results

    def conduct(main_is_first):
        global other
        until_asleep(main)
        if main_is_first:
            other = crew.start(wait)
        other.until_asleep()
        for step in random.sample([end, interrupt], 2):
            step()

    rounds = int(sys.argv[1])
    main = standard.main_thread()
    armed = False
    signal.signal(signal.SIGUSR1, handler)
    for name, make in cases.items():
        print(name, end=": ", flush=True)
        call, argument, context, end = make()
        times_served = 0
        for number in range(rounds):
            with Crew() as crew:
                if number % 2:
                    other = crew.start(wait).until_asleep()
                results = []
                with context:
                    try:
                        armed = True
                        conductor = crew.start(conduct, not number % 2)
                        results.extend(map(call, [argument]))
                        armed = False
                    except Interrupted:
                        pass
                conductor.result()
                if results:
                    times_served += 1
                    assert other.is_alive, "one wake-up served two"
                    end()
                assert len(other.result(10.0)) == 1
        print("served", times_served, "interrupted", rounds - times_served, flush=True)
"""


def test_a_wake_up_for_an_interrupted_thread_goes_to_the_next(long: bool) -> None:
    rounds, limit = ("3000", 1500.0) if long else ("60", 60.0)
    run_program(INTERRUPTED_AND_SERVED, rounds, limit=limit)
