"""The program's own code that runs in the middle of an operation and comes back into the same object."""

from __future__ import annotations

import pytest
from programs import run_program

COLLECTIONS = """
    import gc, sys
    from concurrent.futures import CancelledError
    from ironthread.futures import Future, ThreadPoolExecutor, wait
    from ironthread.queue import LifoQueue, PriorityQueue, Queue, SimpleQueue
    from ironthread.threading import Barrier, Condition, Event, Lock, RLock, Semaphore, Thread

    rounds, users = map(int, sys.argv[1:])
    queues = [Queue(), LifoQueue(), PriorityQueue(), SimpleQueue()]
    locks = [Lock(), RLock(), Condition(), Semaphore()]
    event, pool = Event(), ThreadPoolExecutor(2)
    futures = [Future() for _ in range(3 * users)]
    came = []
    calls = []

    class Cycle:
        '''Found by the collector, wherever that runs: it comes back into everything.'''
        def __init__(self):
            self.itself = self

        def __del__(self):
            came.append(None)
            for queue in queues:
                queue.put(len(came))
                queue.get()  # there is one for each thread that is in here
            for lock in locks:
                if lock.acquire(False):
                    lock.release()
            event.set()
            event.wait(None if users == 1 else 0)  # another thread may clear it
            event.clear()
            for future in futures:
                future.add_done_callback(len if future is None else id)
                future.done()
            wait(futures, 0)
            if len(calls) < 2000:
                calls.append(pool.submit(int))

    def use(seed):
        for number in range(rounds):
            Cycle()
            for queue in queues:
                queue.put(number)
                queue.get()
            for lock in locks:
                with lock:
                    Cycle()
            made = [Queue(), PriorityQueue(), SimpleQueue(), Condition(), Future(), Event()]
            mine = 3 * seed + number % 3
            futures[mine].set_result(number)
            futures[mine] = Future()
            assert pool.submit(int, number).result() == number
        through.append(seed)

    def use_with_the_others(seed):
        together.wait()
        use(seed)

    through, together = [], Barrier(users)
    sys.setswitchinterval(1e-5)
    gc.set_threshold(1)
    if users == 1:
        use(0)
    else:
        threads = [Thread(target=use_with_the_others, args=(seed,)) for seed in range(users)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    gc.set_threshold(700)
    gc.collect()
    assert sorted(through) == [*range(users)], through
    assert len(came) >= rounds * users, len(came)
    assert [queue.qsize() for queue in queues] == [0] * 4
    assert all(lock.acquire(False) for lock in locks)
    assert all(call.result() == 0 for call in calls)
    pool.shutdown()
    print("whole")
"""


@pytest.mark.parametrize("users", [1, 4])
def test_finalizers_that_a_collection_calls_come_back_into_everything(
    long: bool, users: int
) -> None:
    rounds, limit = (3000, 600.0) if long else (60, 60.0)
    outcome = run_program(COLLECTIONS, str(rounds), str(users), limit=limit)
    assert (outcome.out, outcome.err) == ("whole\n", ""), str(outcome)


CALLBACKS = """
    import sys, weakref
    from ironthread.futures import Future, ThreadPoolExecutor, as_completed, wait
    from ironthread.queue import SimpleQueue
    from ironthread.threading import Condition

    # A callback comes back into its future, in all ways.
    called = []
    def again(future):
        called.append(future.result(0))
        assert not future.cancel()
        if len(called) < 50:
            future.add_done_callback(again)
        assert wait([future], 0).done == {future}
        assert list(as_completed([future])) == [future]
    future = Future()
    future.add_done_callback(again)
    future.set_result("it")
    assert called == ["it"] * 50

    # Cancelling, setting and adding from within.
    future, seen = Future(), []
    def adding(it):
        seen.append(it.cancelled())
        it.add_done_callback(lambda it: seen.append(it.cancel()))
    future.add_done_callback(adding)
    assert future.cancel()
    assert seen == [True, True]

    # Futures that compare and hash by code that looks at them.
    class Odd(Future):
        def __eq__(self, other):
            return self.done() == other.done() and self is other
        def __hash__(self):
            self.add_done_callback(id)
            return 7
    odd = [Odd() for _ in range(20)]
    odd[3].set_result(1)
    done, pending = wait(odd, 0)
    assert (len(done), len(pending)) == (1, 19)
    for each in odd[4:] + odd[:3]:
        each.set_result(2)
    assert len(list(as_completed(odd))) == 20

    # A pool is called by its calls, by callbacks and by what dies with them.
    pool, late, references = ThreadPoolExecutor(1), SimpleQueue(), []
    class Result:
        def __del__(self):
            late.put(pool.submit(int, "7"))
    for _ in range(100):
        call = pool.submit(Result)
        call.add_done_callback(lambda call: late.put(pool.submit(int, "8")))
        references.append(weakref.ref(call, lambda _: late.put(pool.submit(int, "9"))))
        wait([call])
        del call
    results = []
    while len(results) < 300:
        results.append(late.get(timeout=30).result())
    assert sorted(results) == [7] * 100 + [8] * 100 + [9] * 100, results
    pool.shutdown()

    # What a queue lets go comes back into the queue.
    queue = SimpleQueue()
    class Item:
        def __init__(self, left):
            self.left = left
        def __del__(self):
            if self.left:
                queue.put(Item(self.left - 1))
                queue.get()
    queue.put(Item(50))
    queue.get()
    assert queue.empty()

    # A predicate notifies, waits and lets go.
    condition, asked = Condition(), []
    def predicate():
        asked.append(1)
        condition.notify_all()
        condition.wait(0)
        with condition:
            condition.wait_for(lambda: True)
        return len(asked) == 3
    with condition:
        while not condition.wait_for(predicate, 0.001):
            pass
    assert repr(condition).endswith(", 0)>")
    print("whole")
"""


def test_callbacks_and_finalizers_come_back_into_futures_pools_and_queues() -> None:
    assert run_program(CALLBACKS, limit=60.0).out == "whole\n"


RECURSION = """
    import sys
    from ironthread.futures import Future, ThreadPoolExecutor
    from ironthread.queue import PriorityQueue, Queue
    from ironthread.threading import Condition, RLock
    import logging
    logging.disable(logging.CRITICAL)  # of a callback that cannot be called

    class Item:
        def __init__(self, rank):
            self.rank = rank
        def __lt__(self, other):
            return self.deeply(other)
        def deeply(self, other):
            return self.rank < other.rank

    def at_depth(depth, call):
        return call() if depth == 0 else at_depth(depth - 1, call)

    def at_every_depth(call):
        '''How often the call did, at all depths around the limit; the rest are too deep.'''
        done = 0
        for depth in range(sys.getrecursionlimit() - 40, sys.getrecursionlimit()):
            try:
                at_depth(depth, call)
                done += 1
            except RecursionError:
                pass
        assert 0 < done < 40, done
        return done

    for make, item in ((PriorityQueue, Item), (PriorityQueue, int), (Queue, int)):
        queue = make()
        for number in range(10):
            queue.put(item(number))
        put = at_every_depth(lambda: queue.put(item(-1)))
        assert queue.qsize() == 10 + put, (queue.qsize(), put)
        got = at_every_depth(lambda: queue.get_nowait())
        assert queue.qsize() == 10 + put - got

    endless = PriorityQueue()
    class Endless:
        def __lt__(self, other):
            return self < other
    endless.put(Endless())
    try:
        endless.put(Endless())
    except RecursionError:
        pass
    else:
        raise AssertionError
    assert (endless.qsize(), endless.unfinished_tasks) == (1, 1)

    condition = Condition()
    def wait():
        with condition:
            condition.wait_for(lambda: len([]) == 0)
    at_every_depth(wait)
    assert condition.acquire(False)
    condition.release()

    called = []
    def finish():
        future = Future()
        future.add_done_callback(lambda _: called.append(int()))
        future.set_result(1)
        assert future.result() == 1
    at_every_depth(finish)

    pool, futures = ThreadPoolExecutor(1), []
    pool.submit(int).result()
    done = at_every_depth(lambda: futures.append(pool.submit(int, "7")))
    assert [future.result(30) for future in futures] == [7] * done
    pool.shutdown()
    print("whole")
"""


def test_at_the_recursion_limit_all_is_done_or_nothing() -> None:
    assert run_program(RECURSION, limit=60.0).out == "whole\n"


COMPARISONS = """
    from ironthread.queue import Full, PriorityQueue

    # What is raised when the list is another after a comparison, or ends before where that was.
    CHANGED = (RuntimeError, IndexError)
    call = None

    def rank(it):
        return it if isinstance(it, int) else it.rank

    class Item:
        '''Its comparisons make a call, once.'''
        def __init__(self, rank):
            self.rank = rank
        def __lt__(self, other):
            come_back()
            return self.rank < rank(other)
        def __gt__(self, other):
            come_back()
            return self.rank > rank(other)

    def come_back():
        global call
        if call is not None:
            here, call = call, None
            came.append(here(queue))

    def left():
        return [rank(queue.get_nowait()) for _ in range(queue.qsize())]

    def add_and_get(item, again):
        '''A put and a get of the queue, in whose comparisons `again` is called; what came of them.'''
        global call, came
        came = []
        for operation in (lambda: queue.put(item), lambda: rank(queue.get())):
            call = again
            try:
                yield operation()
            except CHANGED as error:
                yield error
            assert call is None, "nothing was compared"

    # What takes no lock sees the queue as it was before. Another item than a number opens the queue.
    views = {
        "full": (lambda queue: queue.full(), False, False),
        "maxsize": (lambda queue: queue.maxsize, 0, 0),
        "unfinished": (lambda queue: queue.unfinished_tasks, 8, 9),
        "queue": (lambda queue: sorted(map(rank, queue.queue)), [*range(8)], [*range(7), 6.5, 7]),
        "mutex": (lambda queue: queue.mutex.locked(), True, True),
        "mutex, at once": (lambda queue: queue.mutex.acquire(False), False, False),
        "mutex, for a while": (lambda queue: queue.mutex.acquire(timeout=0.001), False, False),
        "notify": (lambda queue: queue.not_empty.notify_all(), None, None),
    }
    for inside in (Item, int):
        for name, (view, at_put, at_get) in views.items():
            queue = PriorityQueue()
            for number in range(8):
                queue.put(inside(number))
            assert list(add_and_get(Item(6.5), view)) == [None, 0], name
            assert came == [at_put, at_get], (name, came)
            assert left() == [1, 2, 3, 4, 5, 6, 6.5, 7], name

    # Any thread may let the lock go, also this one: then the call comes in, and what compares says so.
    def let_in(call):
        def through(queue):
            queue.mutex.release()
            try:
                return call(queue)
            finally:
                queue.mutex.acquire()
        return through

    def items(queue, count):
        return [rank(queue.get_nowait()) for _ in range(count)]

    # What is called, what it returns both times, and what it adds to the items.
    calls = {
        "put": (lambda queue: queue.put(Item(5.5)), [None, None], [5.5, 5.5]),
        "put_nowait": (lambda queue: queue.put_nowait(Item(9)), [None, None], [9, 9]),
        "get": (lambda queue: rank(queue.get()), [0, 1], []),
        "get_nowait": (lambda queue: rank(queue.get_nowait()), [0, 1], []),
        "several": (lambda queue: items(queue, 3), [[0, 1, 2], [3, 4, 5]], []),
    }
    for name, (again, returned, added) in calls.items():
        queue = PriorityQueue()
        for number in range(8):
            queue.put(Item(number))
        for error in add_and_get(Item(6.5), let_in(again)):
            assert isinstance(error, CHANGED), (name, error)
        assert came == returned, (name, came)
        got = [] if added else [*range(6)] if name == "several" else [0, 1]
        assert queue.unfinished_tasks == 8 + len(added), name
        assert left() == sorted([number for number in range(8) if number not in got] + added), name

    # What changes nothing goes through.
    harmless = {
        "qsize": (lambda queue: queue.qsize(), [8, 9]),
        "empty": (lambda queue: queue.empty(), [False, False]),
        "full": (lambda queue: queue.full(), [False, False]),
        "task_done": (lambda queue: queue.task_done(), [None, None]),
    }
    for name, (again, returned) in harmless.items():
        for size in (0, 20):
            queue = PriorityQueue(size)
            for number in range(8):
                queue.put(Item(number))
            assert list(add_and_get(Item(6.5), let_in(again))) == [None, 0], name
            assert came == returned, (name, came)
            assert queue.unfinished_tasks == (7 if name == "task_done" else 9), name
            assert left() == [1, 2, 3, 4, 5, 6, 6.5, 7], name
            # It is as usable as before.
            for number in range(size):
                queue.put(Item(number))
            try:
                queue.put_nowait(Item(0))
                assert not size
            except Full:
                assert size
    print("whole")
"""


def test_comparisons_come_back_into_their_own_priority_queue() -> None:
    assert run_program(COMPARISONS, limit=60.0).out == "whole\n"
