"""`ironthread.aio.Queue`: threads and coroutines of real loops at one queue."""

from __future__ import annotations

import asyncio
import gc
import pickle
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine
from typing import Any

import ironthread
import pytest
from crew import Crew, until
from ironthread import aio
from programs import run_program
from waits import opened


class SetQueue(aio.Queue[Any]):
    """One that stores its items its own way."""

    def _init(self, _maxsize: int) -> None:
        self.queue = set()

    def _qsize(self) -> int:
        return len(self.queue)

    def _put(self, item: Any) -> None:
        self.queue.add(item)

    def _get(self) -> Any:
        return self.queue.pop()


KINDS: dict[str, Callable[[int], Any]] = {
    "fifo": aio.Queue,
    "lifo": aio.LifoQueue,
    "priority": aio.PriorityQueue,
    "open": lambda maxsize: opened(aio.Queue(maxsize)),
    "custom": SetQueue,
}


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest) -> Callable[[int], Any]:
    return KINDS[request.param]


async def begun(work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
    """A task that has come to its first wait."""
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    assert not task.done()
    return task


async def cancelled(task: asyncio.Task[Any]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_a_coroutine_gets_what_a_thread_puts(make: Callable[[int], Any]) -> None:
    queue = make(0)

    async def main() -> Any:
        getter = await begun(queue.aget())
        await asyncio.to_thread(queue.put, 1)
        return await getter

    assert asyncio.run(main()) == 1


def test_a_thread_gets_what_a_coroutine_puts(make: Callable[[int], Any]) -> None:
    queue = make(0)
    with Crew() as crew:
        getter = crew.start(queue.get).until_asleep()
        asyncio.run(queue.aput(1))
        assert getter.result() == 1


def test_a_coroutine_waits_for_a_slot_that_a_thread_makes(make: Callable[[int], Any]) -> None:
    queue = make(1)

    async def main() -> list[Any]:
        await queue.aput(1)
        putter = await begun(queue.aput(2))
        first = await asyncio.to_thread(queue.get)
        await putter
        return [first, await queue.aget()]

    assert sorted(asyncio.run(main())) == [1, 2]


def test_a_thread_waits_for_a_slot_that_a_coroutine_makes(make: Callable[[int], Any]) -> None:
    queue = make(1)
    queue.put(1)
    with Crew() as crew:
        putter = crew.start(queue.put, 2).until_asleep()
        assert asyncio.run(queue.aget()) == 1
        putter.result()
    assert queue.get() == 2


def test_coroutines_of_one_loop_wait_for_each_other(make: Callable[[int], Any]) -> None:
    queue = make(1)

    async def main() -> int:
        async def put() -> None:
            for number in range(100):
                await queue.aput(number)

        async def get() -> int:
            return sum([await queue.aget() for _ in range(100)])

        return (await asyncio.gather(get(), put()))[0]

    assert asyncio.run(main()) == 4950


def test_join_is_awaited_until_a_thread_has_done_the_last_task(make: Callable[[int], Any]) -> None:
    queue = make(0)
    queue.put(1)
    queue.put(2)

    async def main() -> None:
        joiner = await begun(queue.ajoin())
        queue.task_done()
        await asyncio.sleep(0)
        assert not joiner.done()
        await asyncio.to_thread(queue.task_done)
        await joiner
        await queue.ajoin()

    asyncio.run(main())


def test_tasks_given_up_by_a_shutdown_are_done(make: Callable[[int], Any]) -> None:
    queue = make(0)
    queue.put(1)

    async def main() -> None:
        joiner = await begun(queue.ajoin())
        queue.shutdown(immediate=True)
        await joiner

    asyncio.run(main())


def test_shutdown_wakes_all_who_wait(make: Callable[[int], Any]) -> None:
    async def main() -> None:
        empty, full = make(0), make(1)
        full.put(1)
        tasks = [await begun(work) for work in (empty.aget(), empty.aget(), full.aput(2))]
        for queue in (empty, full):
            await asyncio.to_thread(queue.shutdown)
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(end) for end in ends] == [aio.ShutDown] * 3
        assert await full.aget() == 1
        with pytest.raises(aio.ShutDown):
            await full.aget()
        with pytest.raises(aio.ShutDown):
            await full.aput(1)

    asyncio.run(main())


def test_a_raised_limit_lets_coroutines_put(make: Callable[[int], Any]) -> None:
    queue = make(1)
    queue.put(1)

    async def main() -> None:
        putters = [await begun(queue.aput(item)) for item in (2, 3)]
        queue.maxsize = 3
        await asyncio.gather(*putters)

    asyncio.run(main())
    assert queue.qsize() == 3


def test_who_was_called_and_is_cancelled_has_the_next_called(make: Callable[[int], Any]) -> None:
    queue = make(0)

    async def main() -> Any:
        first, second = await begun(queue.aget()), await begun(queue.aget())
        queue.put(1)  # calls the first ...
        await cancelled(first)  # ... which does not come
        return await second

    assert asyncio.run(main()) == 1


def test_a_putter_that_was_called_and_is_cancelled_puts_nothing(make: Callable[[int], Any]) -> None:
    queue = make(1)
    queue.put(1)

    async def main() -> None:
        first, second = await begun(queue.aput(2)), await begun(queue.aput(3))
        assert queue.get() == 1
        await cancelled(first)
        await second

    asyncio.run(main())
    assert [queue.get(), queue.qsize()] == [3, 0]


def test_a_time_limit_loses_no_item() -> None:
    queue = aio.Queue[int]()

    async def main() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(queue.aget(), 0.001)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await queue.aget()
        queue.put(1)
        assert await asyncio.wait_for(queue.aget(), 30) == 1

    asyncio.run(main())


def test_who_waits_longest_is_called_first() -> None:
    queue = aio.Queue[int]()
    order = []

    async def get(name: str) -> None:
        await queue.aget()
        order.append(name)

    async def main() -> None:
        tasks = [await begun(get(name)) for name in "abc"]
        for item in range(3):
            queue.put(item)
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert order == ["a", "b", "c"]


def test_who_found_nothing_keeps_the_first_place() -> None:
    queue = aio.Queue[int]()
    order = []

    async def get(name: str) -> None:
        await queue.aget()
        order.append(name)

    async def main() -> None:
        tasks = [await begun(get(name)) for name in "ab"]
        queue.put(1)
        assert queue.get() == 1  # before the first has come
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        queue.put(2)
        queue.put(3)
        await asyncio.gather(*tasks)

    asyncio.run(main())
    assert order == ["a", "b"]


def leave_waiting(queue: Any) -> weakref.ref[Any]:
    """Have a coroutine wait in a loop that is closed then."""
    loop = asyncio.new_event_loop()
    waiting = queue.aget()

    async def begin() -> None:
        # Its steps are made by hand, and the loop never hears of it.
        loop.call_soon(lambda: None)
        waiting.send(None)

    loop.run_until_complete(begin())
    loop.close()
    left.append(waiting)
    return weakref.ref(loop)


left: list[Coroutine[Any, Any, Any]] = []


def test_the_call_of_a_closed_loop_goes_to_the_next() -> None:
    queue = aio.Queue[int]()
    leave_waiting(queue)

    async def main() -> int:
        getter = await begun(queue.aget())
        await asyncio.to_thread(queue.put, 1)
        return int(await getter)

    try:
        assert asyncio.run(main()) == 1
        queue.put(2)
        assert queue.get() == 2
    finally:
        while left:
            left.pop().close()


def test_a_waiting_coroutine_and_its_queue_are_collected_together() -> None:
    queue = aio.Queue[int]()
    reference = weakref.ref(queue)
    loop = leave_waiting(queue)
    left.clear()
    del queue
    gc.collect()
    assert reference() is None
    assert loop() is None


def test_a_finalizer_may_put_while_a_coroutine_waits() -> None:
    queue = aio.Queue[int]()

    class Last:
        def __del__(self) -> None:
            queue.put(1)

    async def main() -> int:
        getter = await begun(queue.aget())
        last = Last()
        last.itself = last  # type: ignore[attr-defined]
        del last
        gc.collect()
        return int(await getter)

    assert asyncio.run(main()) == 1


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs setitimer")
def test_a_signal_handler_may_put_while_the_loop_sleeps() -> None:
    queue = aio.Queue[int]()

    async def main() -> int:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        return await asyncio.wait_for(queue.aget(), 30)

    before = signal.signal(signal.SIGALRM, lambda number, frame: queue.put(1))
    try:
        assert asyncio.run(main()) == 1
    finally:
        signal.signal(signal.SIGALRM, before)


def test_what_a_signal_handler_raises_in_the_middle_of_a_call_loses_nothing() -> None:
    run_program("""
        import asyncio, signal, threading
        from ironthread import aio
        from ironthread.aio import _call

        class Interrupted(Exception):
            pass

        def handler(number, frame):
            raise Interrupted

        signal.signal(signal.SIGALRM, handler)
        inside = asyncio.BaseEventLoop.call_soon_threadsafe
        interruptions = iter([True])

        class Loop(asyncio.SelectorEventLoop):
            def call_soon_threadsafe(self, *arguments, **options):
                if threading.current_thread() is threading.main_thread() and next(interruptions, False):
                    signal.raise_signal(signal.SIGALRM)
                return super().call_soon_threadsafe(*arguments, **options)

        queue, waiting, found = aio.Queue(), threading.Event(), []

        async def main():
            asyncio.get_running_loop().call_soon(waiting.set)
            found.append(await queue.aget())

        def run():
            with asyncio.Runner(loop_factory=Loop) as runner:
                runner.run(main())

        thread = threading.Thread(target=run)
        thread.start()
        waiting.wait()
        try:
            queue.put(1)
        except Interrupted:
            print("interrupted")
        else:
            raise SystemExit("nothing was raised")
        thread.join(20)
        assert found == [1], found
    """)


def test_a_forked_child_calls_nobody_of_the_parent() -> None:
    run_program("""
        import asyncio, os, warnings
        from ironthread import aio

        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        queue = aio.Queue()

        async def main():
            getter = asyncio.ensure_future(queue.aget())
            await asyncio.sleep(0)
            child = os.fork()
            if child == 0:
                queue.put("child")
                os._exit(0 if queue.get(timeout=5) == "child" else 1)
            _, status = await asyncio.to_thread(os.waitpid, child, 0)
            assert status == 0, status
            assert not getter.done()
            queue.put("parent")
            assert await getter == "parent"

        asyncio.run(main())
    """)


def test_a_forked_child_runs_a_loop_of_its_own_at_the_queue() -> None:
    run_program("""
        import asyncio, os, threading, warnings
        from ironthread import aio

        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        queue, waiting = aio.Queue(), threading.Event()

        async def parent():
            asyncio.get_running_loop().call_soon(waiting.set)
            return await queue.aget()

        async def child():
            getter = asyncio.ensure_future(queue.aget())
            await asyncio.sleep(0)
            threading.Thread(target=queue.put, args=("child",)).start()
            return await asyncio.wait_for(getter, 10)

        results = []
        thread = threading.Thread(target=lambda: results.append(asyncio.run(parent())))
        thread.start()
        waiting.wait()
        pid = os.fork()
        if pid == 0:
            os._exit(0 if asyncio.run(child()) == "child" else 1)
        assert os.waitpid(pid, 0)[1] == 0
        queue.put("parent")
        thread.join()
        assert results == ["parent"]
    """)


def test_it_is_the_queue_of_threads_as_well() -> None:
    queue = aio.Queue[int](1)
    assert isinstance(queue, ironthread.Queue)
    queue.put(1)
    with pytest.raises(aio.Full):
        queue.put(2, timeout=0.001)
    with pytest.raises(aio.Full):
        queue.put_nowait(2)
    assert queue.get() == 1
    with pytest.raises(aio.Empty):
        queue.get_nowait()
    assert (queue.maxsize, queue.unfinished_tasks, queue.full()) == (1, 1, False)
    queue.task_done()
    queue.join()
    assert repr(queue).startswith("<ironthread.aio.Queue object at")
    assert repr(aio.Queue[int]) == "ironthread.aio.Queue[int]"
    with pytest.raises(TypeError):
        pickle.dumps(queue)


def test_put_nowait_is_put_of_a_subclass() -> None:
    class Doubling(aio.Queue[int]):
        def put(self, item: int, block: bool = True, timeout: float | None = None) -> None:
            super().put(2 * item, block, timeout)

    queue = Doubling()
    queue.put_nowait(1)
    asyncio.run(queue.aput(2))
    assert [queue.get_nowait(), asyncio.run(queue.aget())] == [2, 4]


def test_loops_of_several_threads_share_a_queue() -> None:
    queue = aio.Queue[int](2)
    got: list[int] = []

    async def consume() -> None:
        while True:
            try:
                got.append(await queue.aget())
            except aio.ShutDown:
                return
            queue.task_done()

    async def produce(first: int) -> None:
        for number in range(first, first + 200):
            await queue.aput(number)

    with Crew() as crew:
        for _ in range(2):
            crew.start(asyncio.run, consume())
        producers = [crew.start(asyncio.run, produce(first)) for first in (0, 200)]
        for producer in producers:
            producer.result()
        asyncio.run(queue.ajoin())
        queue.shutdown()
    assert sorted(got) == list(range(400))


def test_only_known_sides_of_a_queue_can_be_waited_for() -> None:
    with pytest.raises(ValueError, match="side must be"):
        ironthread._core.queue_enlist(aio.Queue[int](), "top", lambda: True, False)  # type: ignore[arg-type]


def test_a_caller_that_fails_stays_in_line() -> None:
    queue = aio.Queue[int]()
    answers = iter([OSError, OSError, OSError, True])
    calls = []

    def caller() -> bool:
        answer = next(answers)
        calls.append(answer)
        if answer is True:
            return True
        raise OSError("not reached")

    ironthread._core.queue_enlist(queue, "get", caller, False)
    with pytest.raises(OSError, match="not reached"):
        queue.put(1)
    assert queue.qsize() == 1
    queue.put(2)
    until(lambda: len(calls) == 4)
    assert not ironthread._core.queue_withdraw(queue, "get", caller)


def test_a_call_that_came_and_failed_all_the_same_is_not_made_again() -> None:
    class Loop(asyncio.SelectorEventLoop):
        failing = False

        def call_soon_threadsafe(  # type: ignore[override]
            self, *arguments: Any, **options: Any
        ) -> Any:
            handle = super().call_soon_threadsafe(*arguments, **options)
            if self.failing:
                raise OSError("too late")
            return handle

    queue = aio.Queue[int]()
    loop = Loop()
    waiting = threading.Semaphore(0)

    async def main() -> list[int]:
        getter = await begun(queue.aget())
        waiting.release()
        first = await getter
        getter = await begun(queue.aget())
        waiting.release()
        return [first, await getter]

    with Crew() as crew:
        runner = crew.start(loop.run_until_complete, main())
        assert waiting.acquire(timeout=30)
        loop.failing = True
        with pytest.raises(OSError, match="too late"):
            queue.put(1)
        loop.failing = False
        assert waiting.acquire(timeout=30)
        queue.put(2)
        assert runner.result() == [1, 2]
    loop.close()


def test_a_blocked_loop_keeps_no_item_from_a_thread() -> None:
    queue = aio.Queue[int]()
    blocked, free = threading.Event(), threading.Event()

    async def main() -> int:
        getter = await begun(queue.aget())

        def block() -> None:
            blocked.set()
            free.wait(30)

        asyncio.get_running_loop().call_soon(block)
        return int(await getter)

    with Crew() as crew:
        loop = crew.start(asyncio.run, main())
        assert blocked.wait(30)
        thread = crew.start(queue.get).until_asleep()
        queue.put(1)  # calls both, and the loop does not come
        assert thread.result() == 1
        free.set()
        queue.put(2)
        assert loop.result() == 2


class Beaten:
    """A coroutine that was called for an item, and found that a thread had been quicker."""

    def __init__(self, queue: aio.Queue[int]) -> None:
        self.queue = queue
        self.blocked, self.free, self.waits_again = (threading.Event() for _ in range(3))
        self.cancel = threading.Event()

    async def main(self) -> Any:
        getter = await begun(self.queue.aget())
        asyncio.get_running_loop().call_soon(self.block)
        while not self.free.is_set():
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        self.waits_again.set()
        if self.cancel.is_set():
            # In one step of the loop: it is called, and does not come.
            self.queue.put(2)
            getter.cancel()
        try:
            return await getter
        except asyncio.CancelledError:
            return None

    def block(self) -> None:
        self.blocked.set()
        assert self.free.wait(30)

    def start(self, crew: Crew) -> Any:
        loop = crew.start(asyncio.run, self.main())
        assert self.blocked.wait(30)
        quicker = crew.start(self.queue.get).until_asleep()
        self.queue.put(1)
        assert quicker.result() == 1
        return loop


def test_who_was_beaten_by_a_thread_has_the_next_item_to_itself() -> None:
    queue = aio.Queue[int]()
    beaten = Beaten(queue)
    with Crew() as crew:
        loop = beaten.start(crew)
        beaten.free.set()
        assert beaten.waits_again.wait(30)
        thread = crew.start(queue.get).until_asleep()
        queue.put(2)
        assert loop.result() == 2
        assert thread.is_alive
        queue.put(3)
        assert thread.result() == 3


def test_the_item_of_a_beaten_coroutine_that_is_cancelled_goes_to_a_thread() -> None:
    queue = aio.Queue[int]()
    beaten = Beaten(queue)
    beaten.cancel.set()
    with Crew() as crew:
        loop = beaten.start(crew)
        thread = crew.start(queue.get).until_asleep()
        beaten.free.set()
        assert thread.result() == 2
        assert loop.result() is None


def test_coroutines_have_their_turns_among_threads_that_put_all_the_time() -> None:
    queue = aio.Queue[str](1)
    got: list[str] = []

    def flood() -> None:
        try:
            while True:
                queue.put("thread")
        except aio.ShutDown:
            pass

    async def put() -> None:
        for _ in range(50):
            await queue.aput("coroutine")
        queue.shutdown()

    def consume() -> None:
        try:
            while True:
                got.append(queue.get())
        except aio.ShutDown:
            pass

    with Crew() as crew:
        crew.start(consume)
        for _ in range(3):
            crew.start(flood)
        asyncio.run(put())
    assert got.count("coroutine") == 50


def test_a_strike_as_a_coroutine_leaves_keeps_no_other_from_its_item() -> None:
    async def main() -> list[Any]:
        queue: aio.Queue[str] = aio.Queue()
        leaves, stays = await begun(queue.aget()), await begun(queue.aget())
        queue.put("for whoever is there")
        leaves.cancel()  # it has been called, and passes the call on

        def strike(frame: Any, event: str, called: Any) -> None:
            if event == "c_return" and frame.f_code.co_name == "_when":
                sys.setprofile(None)
                struck.append(called.__name__)
                raise OSError("struck")

        sys.setprofile(strike)
        with pytest.raises(OSError, match=r"^struck$"):
            await leaves
        return [await asyncio.wait_for(stays, 30)]

    struck: list[str] = []
    try:
        assert asyncio.run(main()) == ["for whoever is there"]
    finally:
        sys.setprofile(None)
    assert struck == ["queue_leave"]
