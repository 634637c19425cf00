"""More threads than there can be, very many, and interpreters that are not the main one."""

from __future__ import annotations

import sys

import pytest
from programs import run_program

NO_THREADS = """
    import resource, sys, threading
    import concurrent.futures as standard
    from ironthread import WorkStealingExecutor
    from ironthread.futures import ThreadPoolExecutor, wait
    from ironthread.threading import Thread, Timer

    POOLS = {
        "standard": lambda: standard.ThreadPoolExecutor(2),
        "plain": lambda: ThreadPoolExecutor(2),
        "with options": lambda: ThreadPoolExecutor(2, call_options=True),
        "stealing": lambda: WorkStealingExecutor(2),
    }
    limits = resource.getrlimit(resource.RLIMIT_AS)

    def refuse():
        # A stack larger than all the memory there may be.
        threading.stack_size(1 << 34)
        resource.setrlimit(resource.RLIMIT_AS, (1 << 34, limits[1]))

    def allow():
        resource.setrlimit(resource.RLIMIT_AS, limits)
        threading.stack_size(0)

    for warm in (False, True):
        for name, make in POOLS.items():
            if sys.argv[1] != name:
                continue
            pool = make()
            ran = []
            gate = threading.Event()
            held = pool.submit(gate.wait) if warm else None
            refuse()
            refused = taken = 0
            for number in range(3):
                try:
                    pool.submit(ran.append, number)
                    taken += 1
                except RuntimeError as error:
                    assert str(error) == "can't start new thread", error
                    refused += 1
            allow()
            gate.set()
            # The pool goes on, also with the calls whose thread could not be had.
            last = pool.submit(len, ran)
            assert last.result(30) <= 3
            pool.shutdown()
            print(warm, refused, taken, sorted(ran))
            assert threading.enumerate() == [threading.main_thread()]
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of memory")
def test_a_pool_that_gets_no_thread_says_so_and_goes_on_as_the_standard_one() -> None:
    expected = run_program(NO_THREADS, "standard").out
    for name in ("plain", "with options", "stealing"):
        assert run_program(NO_THREADS, name).out == expected, name


NO_TIMER = """
    import resource, threading
    from ironthread.threading import Event, Thread, Timer

    limits = resource.getrlimit(resource.RLIMIT_AS)
    came = Event()
    threading.stack_size(1 << 34)
    resource.setrlimit(resource.RLIMIT_AS, (1 << 34, limits[1]))
    refused = []
    for make in (lambda: Thread(target=int), lambda: Timer(0, came.set)):
        thread = make()
        try:
            thread.start()
        except RuntimeError as error:
            refused.append(str(error))
        assert not thread.is_alive()
    resource.setrlimit(resource.RLIMIT_AS, limits)
    threading.stack_size(0)
    assert refused == ["can't start new thread"] * 2, refused
    assert threading.enumerate() == [threading.main_thread()]
    timer = Timer(0, came.set)
    timer.start()
    assert came.wait(30)
    timer.join()
    print("whole")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of memory")
def test_a_timer_that_gets_no_thread_says_so_and_later_ones_go_on() -> None:
    assert run_program(NO_TIMER).out == "whole\n"


MANY = """
    import sys, threading
    from ironthread import _core
    from ironthread.futures import ThreadPoolExecutor
    from ironthread.queue import Queue
    from ironthread.threading import Barrier, Condition, Event, Lock, Semaphore, Thread

    number = int(sys.argv[1])
    threading.stack_size(1 << 18)  # of address space
    event, lock, semaphore, condition = Event(), Lock(), Semaphore(0), Condition()
    barrier, queue, there = Barrier(number + 1), Queue(), Semaphore(0)
    count, open = 0, False

    def work():
        global count
        there.release()
        event.wait()
        with lock:
            count += 1
        barrier.wait()
        semaphore.acquire()
        with condition:
            condition.wait_for(lambda: open)
        queue.put(queue.get() + 1)

    threads = [Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for _ in threads:
        there.acquire()
    assert threading.active_count() == number + 1
    assert len([row for row in _core.watch_snapshot()["threads"] if row["alive"]]) >= number
    event.set()
    barrier.wait()
    assert count == number, count
    semaphore.release(number)
    with condition:
        open = True
        condition.notify_all()
    queue.put(0)
    for thread in threads:
        thread.join()
    assert queue.get() == number
    assert threading.active_count() == 1
    print("whole")
"""


def test_thousands_of_threads_are_alive_at_once(long: bool) -> None:
    outcome = run_program(MANY, "5000" if long else "1500", limit=300.0)
    assert outcome.out == "whole\n"


INTERPRETERS = """
    import sys
    try:
        import _interpreters as interpreters
    except ImportError:
        import _xxsubinterpreters as interpreters
    import ironthread
    from ironthread.futures import ThreadPoolExecutor

    CODE = '''if True:
        import sys
        for name in ("ironthread", "ironthread.threading", "ironthread._core", "ironthread.aio"):
            try:
                __import__(name)
            except ImportError as error:
                assert "sub-interpreter" in str(error), error
            else:
                raise AssertionError(name)
        # Past the package, straight at the native module.
        import importlib.machinery, importlib.util
        loader = importlib.machinery.ExtensionFileLoader("ironthread._core", PATH)
        spec = importlib.util.spec_from_file_location("ironthread._core", PATH, loader=loader)
        try:
            module = importlib.util.module_from_spec(spec)
            loader.exec_module(module)
        except ImportError:
            pass
        else:
            raise AssertionError("the native module was loaded")
    '''.replace("PATH", repr(ironthread._core.__file__))

    # Nothing runs beside: 3.11 hangs in the making of an interpreter while another thread computes.
    with ThreadPoolExecutor(2) as pool:
        for _ in range(int(sys.argv[1])):
            inside = interpreters.create()
            failure = interpreters.run_string(inside, CODE)
            assert failure is None, failure
            assert pool.submit(int, "7").result() == 7
            interpreters.destroy(inside)
    lock = ironthread.Lock()
    with lock:
        pass
    print("whole")
"""


def test_the_main_interpreter_goes_on_beside_others_that_are_refused(long: bool) -> None:
    outcome = run_program(INTERPRETERS, "100" if long else "3", limit=200.0)
    assert outcome.out == "whole\n"
