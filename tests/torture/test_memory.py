"""Memory that is refused, at each of the first requests of an operation: it fails whole, or is done."""

from __future__ import annotations

import pytest
from programs import run_program

testcapi = pytest.importorskip("_testcapi", reason="this interpreter cannot refuse memory")
if not hasattr(testcapi, "set_nomemory"):
    pytest.skip("this interpreter cannot refuse memory", allow_module_level=True)

REFUSING = """
    import _testcapi, sys
    from ironthread import WorkStealingExecutor, futures, queue, threading
    from waits import opened

    def at_each_request(operation, check, make=lambda: None, requests=60):
        '''Have one request after the other refused; `check` is told whether the operation was done.'''
        # The first time of all makes what is made once. Where that fails PyO3 panics, which is an
        # exception as well, but of another class.
        thing = make()
        operation(thing)
        check(thing, True)
        failures = 0
        for first in range(requests):
            thing = make()
            done = False
            _testcapi.set_nomemory(first, first + 1)
            try:
                operation(thing)
                done = True
            except MemoryError:
                pass
            finally:
                _testcapi.remove_mem_hooks()
            failures += not done
            check(thing, done)
        return failures
"""

PRIMITIVES = (
    REFUSING
    + """
    names = ["Lock", "RLock", "Condition", "Semaphore", "BoundedSemaphore", "Event"]
    makes = [getattr(threading, name) for name in names]
    makes += [lambda: threading.Barrier(2), futures.Future]
    makes += [queue.Queue, queue.LifoQueue, queue.PriorityQueue, queue.SimpleQueue]
    # Objects of a program's own classes have a dictionary, for which memory may be refused after
    # that for the object was given.
    derive = lambda base: type(base.__name__, (base,), {})
    derived = [derive(getattr(threading, name)) for name in names[2:]]
    derived += [derive(base) for base in (futures.Future, queue.Queue, queue.PriorityQueue)]
    for make in makes + derived:
        assert at_each_request(lambda _: make(), lambda *_: None) > 0, make

    def check_lock(lock, done):
        if done:
            lock.release()
        assert lock.acquire(False)
        lock.release()

    for make in makes[:5]:
        at_each_request(lambda lock: lock.acquire(), check_lock, make)

    def held():
        condition = threading.Condition()
        condition.acquire()
        return condition

    def check_condition(condition, done):
        assert repr(condition).endswith(", 0)>")
        condition.release()
        check_lock(condition, False)

    at_each_request(lambda it: it.wait(1e-4), check_condition, held)
    def never():  # made here: 3.12 and 3.13 crash when a function gets no memory
        return False

    at_each_request(lambda it: it.wait_for(never, 1e-4), check_condition, held)
    at_each_request(lambda it: it.notify_all(), check_condition, held)

    def check_future(future, done):
        if not future.done():
            assert not done
            future.set_result(7)
        assert future.result(0) == 7

    at_each_request(lambda it: it.set_result(7), check_future, futures.Future)

    def check_futures(made, done):
        for future in made:
            future.set_result(7)
        assert len(futures.wait(made, 0).done) == 5

    five = lambda: [futures.Future() for _ in range(5)]
    assert at_each_request(lambda made: futures.wait(made, 1e-4), check_futures, five) > 0
    print("whole")
    """
)

QUEUES = (
    REFUSING
    + """
    makes = {
        "Queue": queue.Queue,
        "LifoQueue": queue.LifoQueue,
        "PriorityQueue": queue.PriorityQueue,
        "SimpleQueue": queue.SimpleQueue,
        "open Queue": lambda: opened(queue.Queue()),
        "open PriorityQueue": lambda: opened(queue.PriorityQueue()),
    }
    ITEMS = list(range(1000, 1100))

    for name, make in makes.items():
        def many():
            return make(), []

        def put_all(thing):
            to, put = thing
            for item in ITEMS:
                to.put(item)
                put.append(item)

        def check_put(thing, done):
            to, put = thing
            # Put, and not noted, for want of memory for the list.
            size = to.qsize()
            assert size - len(put) in (0, 1), (name, size, len(put))
            assert not done or size == len(ITEMS)
            got = [to.get_nowait() for _ in range(size)]
            assert sorted(got) == ITEMS[:size], (name, got)
            if hasattr(to, "unfinished_tasks"):
                assert to.unfinished_tasks == size

        at_each_request(put_all, check_put, many)

        def filled():
            to = make()
            for item in ITEMS[:5]:
                to.put(item)
            return to, []

        def get_all(thing):
            to, got = thing
            for _ in range(5):
                got.append(to.get())

        def check_get(thing, done):
            to, got = thing
            left = [to.get_nowait() for _ in range(to.qsize())]
            # Got, and not noted, for want of memory for the list.
            assert len(left) + len(got) in (4, 5), (name, left, got)
            assert not done or not left

        at_each_request(get_all, check_get, filled)
    print("whole")
    """
)

POOLS = (
    REFUSING
    + """
    POOLS = {
        "plain": lambda: futures.ThreadPoolExecutor(1),
        "with options": lambda: futures.ThreadPoolExecutor(1, call_options=True),
        "stealing": lambda: WorkStealingExecutor(1),
    }
    for name, make in POOLS.items():
        pool, taken, ran = make(), [], []

        # The worker asks for no memory while it waits: what is refused is refused to `submit`.
        def held():
            begun, gate = threading.Event(), threading.Event()
            def hold():
                begun.set()
                gate.wait()
            pool.submit(hold)
            begun.wait()
            return gate

        def run(number, *others):
            ran.append(number)

        # So many arguments that their tuple is none that the interpreter keeps at hand.
        def submit(gate):
            taken.append(None)
            taken[-1] = pool.submit(run, len(taken), *range(30))

        def check(gate, done):
            gate.set()
            if not done and taken and taken[-1] is None:
                taken.pop()
            for future in taken:
                future.result(30)
            pool.submit(int).result(30)

        assert at_each_request(submit, check, held) > 0, name
        pool.shutdown()
        # As in the standard library, one that was refused may have got in, from Python code.
        assert len(ran) == len(taken) if name == "plain" else len(ran) >= len(taken), name
        assert len(set(ran)) >= len(taken), name
    print("whole")
    """
)

# The names that a first call needs are there before it. (Later requests would be those of the new
# thread, whose start hangs without memory, in the standard library as well.)
FIRST_CALL = """
    import _testcapi
    from ironthread.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1)
    for first in range(2):
        _testcapi.set_nomemory(first, first + 1)
        try:
            pool.submit(int)
        except MemoryError:
            pass
        finally:
            _testcapi.remove_mem_hooks()
    assert pool.submit(int).result() == 0
    pool.shutdown()
    print("whole")
"""

PROGRAMS = {
    "primitives": PRIMITIVES,
    "queues": QUEUES,
    "pools": POOLS,
    "the first call of a pool": FIRST_CALL,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_operation_that_gets_no_memory_fails_whole(program: str) -> None:
    outcome = run_program(PROGRAMS[program], limit=60.0)
    assert outcome.out == "whole\n", str(outcome)
