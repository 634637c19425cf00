"""Memory that is refused, at each of the first requests of an operation: it fails whole, or is done."""

from __future__ import annotations

import sys

import pytest
from programs import run_program

testcapi = pytest.importorskip("_testcapi", reason="this interpreter cannot refuse memory")
if not hasattr(testcapi, "set_nomemory"):
    pytest.skip("this interpreter cannot refuse memory", allow_module_level=True)

REFUSING = """
    import _testcapi, sys
    from ironthread import RateLimit, WorkStealingExecutor, futures, queue, threading
    from waits import opened

    def at_each_request(operation, check, make=lambda: None, requests=60, refused=MemoryError):
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
            except refused:
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
    bases = (futures.Future, queue.Queue, queue.PriorityQueue, queue.SimpleQueue)
    derived += [derive(base) for base in bases]
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

    assert at_each_request(lambda _: RateLimit(10, burst=5), lambda *_: None) > 0

    def check_limit(limit, done):
        left = sum(limit.acquire(0) for _ in range(9))
        assert left == (4 if done else 5), (left, done)

    few = lambda: RateLimit(1e-3, burst=5)
    at_each_request(lambda limit: limit.acquire(), check_limit, few)

    def check_spent(limit, _):
        assert not limit.acquire(0)

    def spent():
        limit = RateLimit(1e-3)
        limit.acquire()
        return limit

    at_each_request(lambda limit: limit.acquire(1e-4), check_spent, spent)

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

# Each coroutine is stepped by hand, in a task of a loop that runs: asyncio's own steps want memory.
COROUTINES = (
    REFUSING
    + """
    import asyncio
    from ironthread import aio

    # 3.11 says SystemError where there is no memory for the frame of an exception's traceback.
    REFUSED = (MemoryError, SystemError)

    makes = {
        "Queue": aio.Queue,
        "LifoQueue": aio.LifoQueue,
        "PriorityQueue": aio.PriorityQueue,
        "open Queue": lambda *size: opened(aio.Queue(*size)),
    }

    class Stepped:
        def __init__(self, to):
            self.to, self.works, self.got = to, [], None

        def begin(self, work):
            self.works.append(work)
            assert work.send(None) is not None

        def end(self, work):
            try:
                work.send(None)
            except StopIteration as stop:
                return stop.value
            raise AssertionError("it waits again")

        def close(self):
            for work in self.works:
                work.close()

    def get(it):
        # Two that wait, a put that calls the first of them, and the item.
        for _ in range(2):
            it.begin(it.to.aget())
        it.to.put("it")
        it.got = it.end(it.works[0])

    def check_get(it, done):
        it.close()
        left = [it.to.get_nowait() for _ in range(it.to.qsize())]
        put = it.to.unfinished_tasks
        assert not done or (it.got, left) == ("it", []), (it.got, left)
        # Got, and not returned, for want of memory for the exception that returns it.
        assert put - len(left) - (it.got is not None) in (0, not done), (put, left, it.got)
        check_goes_on(it, put)

    def put(it):
        for item in ("it", "other"):
            it.begin(it.to.aput(item))
        it.got = it.to.get()
        it.end(it.works[0])

    def full(make):
        it = Stepped(make(1))
        it.to.put("before")
        return it

    def check_put(it, done):
        it.close()
        left = [it.to.get_nowait() for _ in range(it.to.qsize())]
        assert not done or (it.got, left) == ("before", ["it"]), (it.got, left)
        put = it.to.unfinished_tasks
        assert put - len(left) - (it.got is not None) in (0, not done), (put, left, it.got)
        check_goes_on(it, put)

    def join(it):
        for _ in range(2):
            it.begin(it.to.ajoin())
        it.to.task_done()
        for work in it.works:
            it.end(work)

    def check_join(it, done):
        it.close()
        check_goes_on(it, it.to.unfinished_tasks)

    def check_goes_on(it, unfinished):
        while it.to.qsize():
            it.to.get_nowait()
        for _ in range(unfinished):
            it.to.task_done()
        # No call that is gone stands before those who come now.
        getter = it.to.aget()
        getter.send(None)
        it.to.put("next")
        assert it.end(getter) == "next"
        joiner = it.to.ajoin()
        joiner.send(None)
        it.to.task_done()
        it.end(joiner)

    async def main():
        for name, make in makes.items():
            empty = lambda: Stepped(make())
            for operation, check, made in [
                (get, check_get, empty),
                (put, check_put, lambda: full(make)),
                (join, check_join, lambda: full(make)),
            ]:
                failures = at_each_request(operation, check, made, refused=REFUSED)
                assert failures > 0, (name, operation)

    asyncio.run(main())

    def await_it(future):
        waiting = future.__await__()
        waiting.send(None)
        future.set_result(7)
        waiting.close()

    def check_future(future, done):
        if not future.done():
            assert not done
            future.set_result(7)
        assert future.result(0) == 7

    async def awaits():
        assert at_each_request(await_it, check_future, futures.Future, refused=REFUSED) > 0

    asyncio.run(awaits())
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

# Threads run in turn: none gives way but where it waits. So the partner comes when the operation waits,
# or has failed before that. What it does fails whole as well, and is done again.
WAITS = (
    REFUSING
    + """
    import _thread
    sys.setswitchinterval(1000)

    def at_each_request_of_a_wait(name, make, wait, end, check, requests=40):
        '''The partner ends the wait. An operation that failed is done again: what it lost, it waits for.'''
        ready, go = _thread.allocate_lock(), _thread.allocate_lock()
        ready.acquire()
        go.acquire()
        thing, waiting, ended, met = [None], [False], [None], [0]

        def partner():
            for _ in range(requests + 1):
                ready.release()
                go.acquire()
                met[0] += waiting[0]
                while True:
                    try:
                        ended[0] = end(thing[0])
                        break
                    except MemoryError:
                        pass
            ready.release()

        failures = 0
        thread = threading.Thread(target=partner)
        thread.start()
        ready.acquire()
        for first in range(-1, requests):  # first of all, with memory: see above
            thing[0], result, done = make(), None, False
            if first >= 0:
                _testcapi.set_nomemory(first, first + 1)
            try:
                go.release()
                waiting[0] = True
                result = wait(thing[0])
                done = True
            except MemoryError:
                pass
            finally:
                waiting[0] = False
                _testcapi.remove_mem_hooks()
            if not done:
                failures += 1
                result = wait(thing[0])
            ready.acquire()
            check(thing[0], result, ended[0])
        thread.join()
        assert threading.enumerate() == [threading.main_thread()], name
        assert met[0] > requests // 4, (name, met)
        return failures

    def held(make=threading.Lock):
        it = make()
        it.acquire()
        return it

    def check_lock(lock, got, _):
        assert got is True and lock.locked()
        lock.release()
        assert lock.acquire(False)

    def notify(condition):
        with condition:
            condition.notify()

    def check_condition(condition, got, _):
        assert got is True
        assert repr(condition).endswith(", 0)>"), condition
        condition.release()
        assert condition.acquire(False)

    def check_semaphore(semaphore, got, _):
        assert got is True
        assert not semaphore.acquire(False)
        semaphore.release()
        assert semaphore.acquire(False)

    def check_event(event, got, _):
        assert got is True and event.is_set()

    def check_barrier(barrier, place, other):
        assert sorted([place, other]) == [0, 1]
        assert barrier.n_waiting == 0 and not barrier.broken

    def check_get(to, got, _):
        assert got == "it"
        assert to.empty()
        to.put("next")
        assert to.get_nowait() == "next"

    def check_put(to, _, got):
        assert got == "before"
        assert to.get_nowait() == "it"
        assert to.empty() and to.unfinished_tasks == 2

    def check_joined(to, *_):
        assert to.unfinished_tasks == 0

    def check_result(future, got, _):
        assert got == future.result(0) == 7

    def check_futures(future, got, _):
        assert got.done == {future} and not got.not_done

    def filled(make, *size):
        to = make(*size)
        to.put("before")
        return to

    condition = lambda: held(threading.Condition)
    semaphore = lambda: threading.Semaphore(0)
    bounded = lambda: held(threading.BoundedSemaphore)
    filled_queue = lambda: filled(queue.Queue)
    acquire, release = lambda it: it.acquire(), lambda it: it.release()
    wait, join, result = lambda it: it.wait(), lambda it: it.join(), lambda it: it.result()
    put, get = lambda to: to.put("it"), lambda to: to.get()
    finish = lambda future: future.set_result(7)
    waits = {
        "Lock": (held, acquire, release, check_lock),
        "Lock, a while": (held, lambda it: it.acquire(timeout=60), release, check_lock),
        "Semaphore": (semaphore, acquire, release, check_semaphore),
        "BoundedSemaphore": (bounded, acquire, release, check_semaphore),
        "Event": (threading.Event, wait, lambda it: it.set(), check_event),
        "Event, a while": (threading.Event, lambda it: it.wait(60), lambda it: it.set(), check_event),
        "Condition": (condition, wait, notify, check_condition),
        "Condition, a while": (condition, lambda it: it.wait(60), notify, check_condition),
        "Barrier": (lambda: threading.Barrier(2), wait, wait, check_barrier),
        "Queue.join": (filled_queue, join, lambda to: to.task_done(), check_joined),
        "Future": (futures.Future, result, finish, check_result),
        "Future, a while": (futures.Future, lambda it: it.result(60), finish, check_result),
        "futures.wait": (futures.Future, lambda it: futures.wait([it]), finish, check_futures),
    }
    for make in (queue.Queue, queue.LifoQueue, queue.PriorityQueue):
        name = make.__name__
        opened_one, full = lambda make=make: opened(make()), lambda make=make: filled(make, 1)
        opened_full = lambda make=make: opened(filled(make, 1))
        waits[name + ".get"] = make, get, put, check_get
        waits[name + ".get, a while"] = make, lambda to: to.get(timeout=60), put, check_get
        waits[name + ".put"] = full, put, get, check_put
        waits[name + ".get, open"] = opened_one, get, put, check_get
        waits[name + ".put, open"] = opened_full, put, get, check_put
    waits["SimpleQueue.get"] = queue.SimpleQueue, get, put, check_get

    failed = {name for name in waits if at_each_request_of_a_wait(name, *waits[name])}
    # Most ask for no memory at all. These do, for a list or a set.
    assert failed >= {"LifoQueue.put, open", "futures.wait"}, failed
    print("whole")
    """
)

# Until there is a thread that could get no memory: see above.
STARTS = (
    REFUSING
    + """
    starting = next(
        name for name in ("_start_joinable_thread", "_start_new_thread")
        if hasattr(sys.modules["threading"], name)
    )
    start_thread = getattr(sys.modules["threading"], starting)

    def start_with_memory(*arguments, **options):
        _testcapi.remove_mem_hooks()
        return start_thread(*arguments, **options)

    setattr(sys.modules["threading"], starting, start_with_memory)
    only_this = [threading.main_thread()]
    ran = [0]

    def run():
        ran[0] += 1

    def start_and_join(thread):
        thread.start()
        thread.join()

    def check_thread(thread, done):
        if not done:
            assert not thread.is_alive() and thread.ident is None
            assert threading.enumerate() == only_this
            start_and_join(thread)
        assert threading.enumerate() == only_this
        assert ran == [1]
        ran[0] = 0

    make = lambda: threading.Thread(target=run)
    assert at_each_request(start_and_join, check_thread, make) > 0

    # While another one is pending, a timer needs no thread.
    other = threading.Timer(3000, run)
    other.start()
    only_this.append(other)

    def check_timer(timer, done):
        if not timer.is_alive():
            assert not done
            assert threading.enumerate() == only_this
            timer.start()
        timer.cancel()
        timer.join()
        assert not timer.is_alive()
        assert threading.enumerate() == only_this

    make = lambda: threading.Timer(6000, run)
    assert at_each_request(lambda timer: timer.start(), check_timer, make) > 0
    other.cancel()
    other.join()
    assert threading.enumerate() == only_this[:1] and ran == [0]
    print("whole")
    """
)

PROGRAMS = {
    "primitives": PRIMITIVES,
    "queues": QUEUES,
    "coroutines": COROUTINES,
    "waits": WAITS,
    "starts": STARTS,
    "pools": POOLS,
    "the first call of a pool": FIRST_CALL,
}


@pytest.mark.parametrize("program", PROGRAMS)
def test_an_operation_that_gets_no_memory_fails_whole(program: str) -> None:
    if program == "coroutines" and sys.version_info[:2] in {(3, 12), (3, 13)}:
        pytest.skip("there a function that gets no memory is a crash")
    outcome = run_program(PROGRAMS[program], limit=60.0)
    assert outcome.out == "whole\n", str(outcome)
