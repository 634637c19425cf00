"""Coroutines in loops that are struck too: queues shared with threads, and awaited futures."""

from __future__ import annotations

import asyncio
import threading as standard
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine
from concurrent.futures import InvalidStateError
from typing import Any

from crew import Crew
from ironthread import aio, futures

from torture.struck.scene import MOMENT, Part, Scene
from torture.struck.worker import Account, Strike

AHEAD = 8


class Looping(Part):
    """Runs coroutines in a loop of its own, and takes another loop when a strike has hit in there.

    asyncio's own steps are not made for strikes: a task that its loop has lost is closed here.
    """

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.escaped: Strike | None = None
        self.children: list[asyncio.Task[Any]] = []
        """The tasks that the coroutine has begun, whose exceptions may not be its own."""
        # Kept: their finalizers would swallow a strike.
        self.left: list[Any] = []
        self.loop = self.make_loop()

    def make_loop(self) -> asyncio.AbstractEventLoop:
        loop = asyncio.new_event_loop()
        loop.set_exception_handler(self.on_error)
        return loop

    def on_error(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Keep a strike that hit in a callback, of which asyncio tells and goes on."""
        error = context.get("exception")
        if isinstance(error, Strike):
            self.escaped = error
            loop.stop()

    def run(self, function: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Run the coroutine for a moment."""
        failure: BaseException | None = None
        try:
            self.loop.run_until_complete(self.for_a_moment(function))
        except BaseException as error:
            failure = error
        strike = self.strike_in(failure)
        if strike is not None:
            # Nothing else strikes until the next step.
            self.leave()
            raise strike
        if failure is not None and not isinstance(failure, TimeoutError | asyncio.CancelledError):
            raise failure

    def strike_in(self, failure: BaseException | None) -> Strike | None:
        """The strike that has hit in the loop, wherever it came out."""
        strike, self.escaped = self.escaped, None
        failures = [failure, *(task.exception() for task in self.children if ended(task))]
        self.children = []
        return strike or next((each for each in failures if isinstance(each, Strike)), None)

    async def for_a_moment(self, function: Callable[[], Coroutine[Any, Any, object]]) -> None:
        async with asyncio.timeout(self.rng.random() * 3 * MOMENT):
            await function()

    def leave(self) -> None:
        """Close what is left of the loop's tasks, and the loop."""
        loop: Any = self.loop
        self.left.append(loop)
        asyncio._set_running_loop(None)
        for task in asyncio.all_tasks(loop):
            self.left.append(task)
            task._log_destroy_pending = False  # type: ignore[attr-defined]
            task.cancel()
            coroutine: Any = task.get_coro()
            coroutine.close()
        loop._thread_id = None
        loop.close()
        self.loop = self.make_loop()

    def finish(self) -> None:
        self.loop.close()


def ended(task: asyncio.Task[Any]) -> bool:
    """Whether the task has a result, or an exception that can be asked for."""
    return task.done() and not task.cancelled()


class Moved:
    """What one thread has done at a queue."""

    def __init__(self) -> None:
        self.put, self.got, self.done = Account(), Account(), Account()
        self.asked: list[tuple[int, int]] = []
        """The items that it has tried to put: one that was struck may be in."""
        self.struck_gets = self.tried_done = 0


def noting(kind: type[Any]) -> type[Any]:
    """A queue that notes, in one step with its doing, which thread did what."""

    class Noting(kind):  # type: ignore[misc]
        def __init__(self, maxsize: int) -> None:
            super().__init__(maxsize)
            self.moved: dict[int, Moved] = defaultdict(Moved)

        def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
            account = self.moved[standard.get_ident()].put
            account.note_as(item, super().put, item, block, timeout)

        def get(self, block: bool = True, timeout: float | None = None) -> Any:
            moved = self.moved[standard.get_ident()]
            try:
                moved.got.note(super().get, block, timeout)
            except Strike:
                moved.struck_gets += 1
                raise
            return moved.got.noted[-1]

    return Noting


class Crossing(Looping):
    """Puts items, gets items, does and joins them, as a coroutine and as a thread."""

    def __init__(self, seed: int, queue: Any) -> None:
        super().__init__(seed)
        self.number, self.queue = seed, queue

    def step(self) -> None:
        moved = self.queue.moved[standard.get_ident()]
        if moved.tried_done < len(moved.got):
            moved.tried_done += 1
            moved.done.note(self.queue.task_done)
            return
        try:
            match self.rng.randrange(8):
                case 0:
                    self.queue.put(self.item(), True, MOMENT)
                case 1:
                    self.queue.get(True, MOMENT)
                case 2 | 3:
                    self.run(self.aput)
                case 4 | 5:
                    self.run(self.queue.aget)
                case 6:
                    self.run(self.both)
                case _:
                    self.run(self.queue.ajoin)
        except (aio.Empty, aio.Full):
            pass

    def item(self) -> tuple[int, int]:
        asked = self.queue.moved[standard.get_ident()].asked
        asked.append((len(asked), self.number))
        return (len(asked) - 1, self.number)

    async def aput(self) -> None:
        await self.queue.aput(self.item())

    async def both(self) -> None:
        for work in (self.queue.aget, self.aput):
            self.children.append(asyncio.ensure_future(work()))
        await asyncio.gather(*self.children)

    def finish(self) -> None:
        super().finish()
        moved = self.queue.moved[standard.get_ident()]
        while moved.tried_done < len(moved.got):
            moved.tried_done += 1
            moved.done.note(self.queue.task_done)


class Crossings(Scene):
    """A queue of threads and coroutines."""

    def __init__(self, kind: type[Any], size: int, prepare: Callable[[Any], Any] = id) -> None:
        self.queue = noting(kind)(size)
        prepare(self.queue)

    def part(self, seed: int) -> Part:
        return Crossing(seed, self.queue)

    def check(self, parts: list[Part]) -> None:
        every = list(self.queue.moved.values())
        asked = Counter(item for moved in every for item in moved.asked)
        put = Counter(item for moved in every for item in moved.put.noted)
        found = Counter(item for moved in every for item in moved.got.noted)
        left = self.queue.qsize()
        found.update(self.queue.get_nowait() for _ in range(left))
        assert self.queue.empty()
        assert not found - asked, f"doubled {found - asked}"
        lost = (put - found).total()
        most_lost = self.most_lost(every)
        assert lost <= most_lost, f"lost {put - found}"
        # A strike that comes while `task_done()` calls those who join comes out of it.
        doubtful = sum(moved.tried_done - len(moved.done) for moved in every)
        assert left <= self.queue.unfinished_tasks <= left + doubtful + most_lost
        while self.queue.unfinished_tasks:
            self.queue.task_done()
        self.check_goes_on()

    def most_lost(self, every: list[Moved]) -> int:
        """How many items may be lost: with no limit of its size a queue calls nobody in `get()`."""
        return sum(moved.struck_gets for moved in every) if self.queue.maxsize else 0

    def check_goes_on(self) -> None:
        """See that no call of a loop that is gone stands between those who come now."""
        with Crew() as crew:
            crew.start(self.queue.join)
            crew.start(asyncio.run, self.queue.ajoin())
        with Crew() as crew:
            getters = [crew.start(asyncio.run, self.queue.aget()) for _ in range(2)]
            getters.append(crew.start(self.queue.get))
            for number in range(9):
                crew.start(asyncio.run, self.queue.aput(number))
            got = [getter.result() for getter in getters]
            got += [self.queue.get() for _ in range(6)]
        assert sorted(got) == list(range(9))
        assert self.queue.empty()


class Awaiting(Looping):
    """Awaits futures, which a time limit cancels, and sets them."""

    def __init__(self, seed: int, scene: Awaits) -> None:
        super().__init__(seed)
        self.scene = scene

    def step(self) -> None:
        place = self.rng.randrange(AHEAD)
        future = self.scene.futures[place]
        if future.done():
            self.scene.futures[place] = self.scene.make()
        elif self.rng.random() < 0.5:
            try:
                future.set_result("it")
            except InvalidStateError:  # another was sooner
                pass
        else:
            self.run(lambda: self.wait(future))

    async def wait(self, future: Any) -> None:
        assert await future == "it"


class Awaits(Scene):
    """Futures that are awaited."""

    def __init__(self) -> None:
        self.all: list[Any] = []
        self.called: list[Any] = []
        self.futures = [self.make() for _ in range(AHEAD)]

    def make(self) -> Any:
        future: Any = futures.Future()
        self.all.append(future)
        future.add_done_callback(self.called.append)
        return future

    def part(self, seed: int) -> Part:
        return Awaiting(seed, self)

    def check(self, parts: list[Part]) -> None:
        for future in self.all:
            if not future.done():
                future.set_result("it")
        outcomes = asyncio.run(self.outcomes())
        for future, outcome in zip(self.all, outcomes, strict=True):
            if future.cancelled():
                assert isinstance(outcome, asyncio.CancelledError)
            else:
                assert outcome == future.result(0) == "it"
        # A thread that is struck as it ends a future may not have come to the callbacks.
        assert len(self.called) == len(set(self.called))

    async def outcomes(self) -> list[Any]:
        return await asyncio.gather(
            *(asyncio.wrap_future(future) for future in self.all), return_exceptions=True
        )
