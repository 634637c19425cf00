"""A process that forks while its threads hold, wait for and use everything.

Forks from any thread, at any moment, with threads, timers and pools: stress/test_stress_fork.py.
"""

from __future__ import annotations

import os

import pytest
from programs import run_program

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")

# Runs `check` in a forked child and sees that it ends well and in time.
FORK = """
    import faulthandler, os, signal, sys, threading, time, traceback, warnings
    # Python warns of what this is about.
    warnings.filterwarnings("ignore", category=DeprecationWarning)

    def in_child(check, limit=20.0):
        sys.stdout.flush()
        child = os.fork()
        if not child:
            status = 1
            try:
                check()
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        reap(child, limit)

    def reap(child, limit=20.0):
        deadline = time.monotonic() + limit
        while True:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                assert status == 0, f"the child ended with {os.waitstatus_to_exitcode(status)}"
                return
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGABRT)
                os.waitpid(child, 0)
                raise AssertionError(f"the child hangs: not through after {limit} s")
            time.sleep(0.001)

"""

HELD = (
    FORK
    + """
    from crew import Crew
    from ironthread.threading import Condition, Event, Lock, RLock, Semaphore

    # Another thread holds everything at the moment of the fork, in one case with a third one waiting.
    lock, rlock, condition = Lock(), RLock(), Condition()
    over_lock = Condition(Lock())
    mine, mine_twice = Lock(), RLock()
    held, let_go = threading.Event(), threading.Event()

    def hold():
        with lock, rlock, rlock, condition, over_lock:
            held.set()
            let_go.wait()

    def check():
        assert lock.locked() and mine.locked()
        assert not lock.acquire(False)
        assert not lock.acquire(timeout=0.01)
        # An RLock of a thread that is no more: nobody can release it, and it can be made free.
        assert not rlock.acquire(timeout=0.01)
        assert not rlock._is_owned()
        try:
            rlock.release()
        except RuntimeError:
            pass
        else:
            raise AssertionError("released a lock of another thread")
        # What the forking thread held it holds.
        assert mine_twice._is_owned()
        mine_twice.release()
        mine_twice.release()
        mine.release()
        for each in (lock, rlock):
            each._at_fork_reinit()
        condition._at_fork_reinit()
        over_lock._at_fork_reinit()
        for each in (lock, rlock, condition, over_lock, mine, mine_twice):
            # Free, and as good as new: contended, too.
            with each:
                with Crew() as crew:
                    other = crew.start(each.acquire).until_asleep()
                    each.release()
                    assert other.result() is True
                    if each in (lock, over_lock, mine):
                        each.release()
                if each not in (lock, over_lock, mine):
                    # The thread that took it is gone, and has it for ever.
                    assert not each.acquire(timeout=0.01)
                    each._at_fork_reinit()
                each.acquire()

    with Crew() as crew:
        holder = crew.start(hold)
        held.wait()
        with mine, mine_twice, mine_twice:
            waiters = [crew.start(each.acquire).until_asleep() for each in (lock, rlock, mine)]
            in_child(check)
        let_go.set()
"""
)


def test_locks_are_in_the_child_what_they_were_and_can_be_made_free() -> None:
    run_program(HELD)


WAITED_FOR = (
    FORK
    + """
    from crew import Crew
    from waits import TIMED, WAITS

    # Threads wait for everything at the moment of the fork; in the child they do not exist, and new ones
    # wait for the same things and are woken.
    without = {"RLockWait", "RLockStatement"}  # held by a thread that does not exist either
    waits = {name: make() for name, make in WAITS.items() if name not in without}

    def check():
        for name, wait in waits.items():
            if wait.kind == "Barrier":
                # It counts a party that will never come on: so does the standard library's.
                wait.barrier.reset()
                wait = type(wait)()
            with Crew() as crew:
                for limit in (None, 30.0) if name in TIMED else (None,):
                    member = crew.start(wait.wait, limit).until_asleep(wait.kind)
                    wait.end()
                    assert member.result() is True, name
                if name in TIMED:
                    assert crew.start(wait.wait, 0.005).result() is False, name

    with Crew() as crew:
        members = [crew.start(wait.wait).until_asleep(wait.kind) for wait in waits.values()]
        in_child(check)
        in_child(check)
        for wait, member in zip(waits.values(), members):
            assert member.is_alive
            wait.end()
            assert member.result() is True
"""
)


def test_things_that_threads_wait_for_in_the_parent_can_be_waited_for_in_the_child() -> None:
    run_program(WAITED_FOR)


IN_FLIGHT = (
    FORK
    + """
    from crew import Crew
    from ironthread.queue import LifoQueue, Queue, SimpleQueue
    from ironthread.threading import Condition, Event, Lock, Semaphore
    from waits import opened

    # The fork comes after a thread was chosen for a wake-up and before it has run: it never arrives in
    # the child, and whoever is there must be woken all the same. With a switch interval as long as
    # this a thread that has not run by the end of the wake-up, around which the interpreter is let
    # go, does not run before the fork.
    sys.setswitchinterval(1000.0)

    def queue(make):
        q = make()
        def check():
            # The item that the thread was woken for is still there.
            assert q.get(timeout=1) == "first"
            with Crew() as crew:
                getters = [crew.start(q.get).until_asleep() for _ in range(3)]
                for number in range(3):
                    q.put(number)
                assert sorted(getter.result() for getter in getters) == [0, 1, 2]
        return q.get, lambda: q.put("first"), check

    def full_queue(make):
        q = make(1)
        q.put("first")
        def check():
            q.put("second", timeout=1)
            with Crew() as crew:
                putters = [crew.start(q.put, number).until_asleep() for number in range(3)]
                taken = [q.get() for _ in range(4)]
                assert sorted(map(str, taken)) == ["0", "1", "2", "second"]
        return lambda: q.put("parent"), q.get, check

    def semaphore():
        semaphore = Semaphore(0)
        def check():
            assert semaphore.acquire(timeout=1)
            with Crew() as crew:
                takers = [crew.start(semaphore.acquire).until_asleep() for _ in range(3)]
                semaphore.release(3)
        return semaphore.acquire, semaphore.release, check

    def lock():
        lock = Lock()
        lock.acquire()
        def check():
            assert lock.acquire(timeout=1)
            with Crew() as crew:
                taker = crew.start(lock.acquire).until_asleep()
                lock.release()
        return lock.acquire, lock.release, check

    def condition():
        condition = Condition()
        def wait():
            with condition:
                condition.wait()
        def notify():
            with condition:
                condition.notify()
        def check():
            with Crew() as crew:
                waiters = [crew.start(wait).until_asleep() for _ in range(3)]
                for _ in waiters:
                    notify()
        return wait, notify, check

    cases = {
        "queue": lambda: queue(Queue),
        "stack": lambda: queue(LifoQueue),
        "simple queue": lambda: queue(SimpleQueue),
        "open queue": lambda: queue(lambda: opened(Queue())),
        "full queue": lambda: full_queue(Queue),
        "full open queue": lambda: full_queue(lambda size: opened(Queue(size))),
        "semaphore": semaphore,
        "lock": lock,
        "condition": condition,
    }
    def fork_in_flight(wait, end, check, waiters):
        arrived = []
        def arrive():
            wait()
            arrived.append(True)
        with Crew() as crew:
            members = [crew.start(arrive).until_asleep() for _ in range(waiters)]
            end()
            in_flight = not arrived
            if in_flight:
                in_child(check)
            members[0].result()
            for member in members[1:]:
                end()
                member.result()
        return in_flight

    for name, make in cases.items():
        print(name, flush=True)
        wait, end, check = make()
        for waiters in (1, 2):
            # How often the woken thread is faster is the system's affair.
            assert any(fork_in_flight(wait, end, check, waiters) for _ in range(1000))
"""
)


def test_a_wake_up_in_flight_at_the_fork_keeps_nobody_asleep_in_the_child() -> None:
    run_program(IN_FLIGHT)


HAMMERED = (
    FORK
    + """
    import random
    from crew import Crew
    from ironthread.queue import LifoQueue, Queue, SimpleQueue
    from ironthread.threading import Condition, Event, Lock, RLock, Semaphore
    from transfer import transfer
    from waits import opened

    over = False
    queues = [Queue(), Queue(2), LifoQueue(2), SimpleQueue(), opened(Queue(2))]
    lock, rlock, semaphore, condition, event = Lock(), RLock(), Semaphore(2), Condition(), Event()

    def hammer_queue(q):
        while not over:
            q.put(1)
            q.get()

    def hammer(lock):
        while not over:
            with lock:
                pass

    def hammer_condition():
        while not over:
            with condition:
                condition.notify()
                condition.wait(0.0005)

    def hammer_event():
        while not over:
            event.set()
            event.clear()
            event.wait(0.0005)

    def short_lived():
        # Threads come and go, and the engine counts them.
        while not over:
            threading.Thread(target=hammer_once).start()
            time.sleep(0.0005)

    def hammer_once():
        with lock:
            event.set()

    def check():
        # Locks may be held by threads that do not exist: they are made free, as an after-fork hook would.
        for each in (lock, rlock, condition):
            each._at_fork_reinit()
        for each in (lock, rlock, condition):
            with Crew() as crew:
                for _ in range(3):
                    crew.start(lambda: [each.__enter__() and each.__exit__(None, None, None) for _ in range(50)])
        for q in queues:
            if hasattr(q, "mutex") and q is queues[-1]:
                q.mutex._at_fork_reinit()
            while q.qsize():
                q.get()
            transfer(q, 200, in_order=not isinstance(q, LifoQueue))
        for _ in range(3):
            assert semaphore.release() is None
        for _ in range(3):
            assert semaphore.acquire(timeout=5)
        with Crew() as crew:
            event.clear()
            waiter = crew.start(event.wait).until_asleep()
            event.set()
        with condition:
            assert not condition.wait(0.001)

    with Crew() as crew:
        for q in queues:
            crew.start(hammer_queue, q)
            crew.start(hammer_queue, q)
        for each in (lock, rlock, semaphore, condition):
            crew.start(hammer, each)
            crew.start(hammer, each)
        crew.start(hammer_condition)
        crew.start(hammer_event)
        crew.start(short_lived)
        sys.setswitchinterval(0.0002)
        for _ in range(int(sys.argv[1])):
            in_child(check)
        over = True
    # The parent goes on as if nothing had been.
    while threading.active_count() > 1:
        time.sleep(0.001)
    for q in queues:
        while q.qsize():
            q.get()
        transfer(q, 200, in_order=not isinstance(q, LifoQueue))
"""
)


def test_a_fork_in_the_middle_of_everything_leaves_both_processes_whole(long: bool) -> None:
    forks, limit = ("300", 1000.0) if long else ("25", 90.0)
    run_program(HAMMERED, forks, limit=limit)


IN_A_HANDLER = (
    FORK
    + """
    from crew import Crew, until, until_asleep
    from waits import TIMED, WAITS

    # The handler of a signal that interrupts a wait forks. The parent's wait goes on; so does the child's.
    main = threading.main_thread()
    child = None  # its number in the parent, 0 in the child

    def end():
        until_asleep(main, wait.kind)
        wait.end()

    def handler(number, frame):
        global child
        child = os.fork()
        if child == 0:
            # Only the main thread exists here; somebody must end its wait.
            threading.Thread(target=end).start()

    def conduct():
        until_asleep(main, wait.kind)
        signal.pthread_kill(main.ident, signal.SIGUSR1)
        until(lambda: child is not None)
        end()

    signal.signal(signal.SIGUSR1, handler)
    for name, make in WAITS.items():
        wait = make()
        # The holder of an RLock does not exist in the child, nor does the other party of a barrier.
        if wait.kind in ("RLock", "Barrier"):
            continue
        print(name, flush=True)
        for limit in [None, 30.0] if name in TIMED else [None]:
            child = None
            with Crew() as crew:
                conductor = crew.start(conduct)
                try:
                    assert wait.wait(limit) is True
                    if child == 0:
                        # Once more, in the child: the thing is whole.
                        with Crew() as in_child:
                            member = in_child.start(wait.wait).until_asleep(wait.kind)
                            wait.end()
                        os._exit(0)
                except BaseException:
                    traceback.print_exc()
                    os._exit(1)
            reap(child)
"""
)


def test_a_signal_handler_can_fork_in_the_middle_of_a_wait() -> None:
    run_program(IN_A_HANDLER, limit=60.0)


LATE_TIME = (
    FORK
    + """
    from crew import Crew, until_asleep
    from ironthread.queue import Empty, Queue
    from ironthread.threading import Event

    # A time limit that began before the fork ends in both processes.
    main = threading.main_thread()
    parent = os.getpid()
    child = None

    def handler(number, frame):
        global child
        child = os.fork()

    signal.signal(signal.SIGUSR1, handler)

    def conduct():
        until_asleep(main)
        signal.pthread_kill(main.ident, signal.SIGUSR1)

    with Crew() as crew:
        crew.start(conduct)
        begin = time.monotonic()
        try:
            Queue().get(timeout=0.3)
        except Empty:
            pass
        took = time.monotonic() - begin
        if child == 0:
            os._exit(0 if 0.3 <= took < 3.0 else 1)
    reap(child)
    assert 0.3 <= took < 3.0
"""
)


def test_a_time_limit_that_began_before_the_fork_ends_on_both_sides() -> None:
    run_program(LATE_TIME)


MULTIPROCESSING = """
    import multiprocessing, threading, time, warnings
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    import ironthread
    ironthread.install()
    from crew import Crew
    from queue import Queue
    from transfer import transfer

    assert Queue is ironthread.Queue

    inherited = Queue()

    def work(number):
        # Inherited with waiters that do not exist here.
        inherited.put(number)
        assert inherited.get(timeout=5) == number
        transfer(Queue(2), 200)
        return number * number

    def meet(barrier, event, semaphore, results, number):
        with semaphore:
            place = barrier.wait(20)
        event.wait(20)
        results.put((number, place))

    if __name__ == "__main__":
        context = multiprocessing.get_context("fork")
        stop = threading.Event()
        with Crew(60.0) as crew:
            getter = crew.start(inherited.get).until_asleep()
            busy = crew.start(lambda: [transfer(Queue(2), 200) for _ in range(5)])
            with context.Pool(2) as pool:
                assert pool.map(work, range(20)) == [number * number for number in range(20)]
            # The primitives between processes, with ours in the place of those between threads.
            barrier, event = context.Barrier(3), context.Event()
            semaphore, results = context.BoundedSemaphore(3), context.Queue()
            processes = [
                context.Process(target=meet, args=(barrier, event, semaphore, results, number))
                for number in range(3)
            ]
            for process in processes:
                process.start()
            event.set()
            received = sorted(results.get(timeout=20) for _ in range(3))
            for process in processes:
                process.join()
                assert process.exitcode == 0
            assert [number for number, _ in received] == [0, 1, 2]
            assert sorted(place for _, place in received) == [0, 1, 2]
            assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, False)
            barrier.abort()
            assert barrier.broken
            inherited.put("end")
            assert getter.result() == "end"
"""


def test_multiprocessing_works_on_top_with_processes_that_are_forked() -> None:
    run_program(MULTIPROCESSING, limit=90.0)


def test_locks_that_the_standard_library_took_from_us_survive_a_fork_under_load() -> None:
    # Logging makes its locks free in the child by a hook of its own.
    run_program(
        FORK
        + """
    import logging, ironthread
    ironthread.install()
    from crew import Crew

    class Discarding(logging.Handler):
        # Not a file: the lock in a file's buffer is the interpreter's, and stays held in the child.
        def emit(self, record):
            self.format(record)

    logging.basicConfig(level=logging.INFO, handlers=[Discarding()])
    over = False

    def chatter():
        while not over:
            logging.info("a line")

    def check():
        logging.info("a line of the child")
        worker = threading.Thread(target=logging.info, args=("a line of its thread",))
        worker.start()
        worker.join()

    with Crew() as crew:
        for _ in range(3):
            crew.start(chatter)
        for _ in range(20):
            in_child(check)
        over = True
    """,
        limit=60.0,
    )
