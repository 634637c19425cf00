"""Joins of threads, futures, and pools."""

from __future__ import annotations

import time
from concurrent.futures import TimeoutError as NotDone
from typing import Any

from ironthread import futures, threading
from ironthread.queue import SimpleQueue

from torture.struck.scene import MOMENT, Part, Scene
from torture.struck.worker import Account

AHEAD = 20


class Joining(Part):
    """Joins threads that end now and then."""

    def __init__(self, seed: int, scene: Joins) -> None:
        super().__init__(seed)
        self.scene = scene

    def step(self) -> None:
        self.rng.choice(self.scene.threads).join(MOMENT)
        if self.rng.random() < 0.05:
            self.scene.ends.put(None)


class Joins(Scene):
    """Threads that end one after the other."""

    def __init__(self) -> None:
        self.ends: SimpleQueue[None] = SimpleQueue()
        self.threads = [threading.Thread(target=self.ends.get) for _ in range(AHEAD)]
        for thread in self.threads:
            thread.start()

    def part(self, seed: int) -> Part:
        return Joining(seed, self)

    def check(self, parts: list[Part]) -> None:
        for _ in self.threads:
            self.ends.put(None)
        for thread in self.threads:
            thread.join()
            assert not thread.is_alive()
        assert not set(self.threads) & set(threading.enumerate())


class Asking(Part):
    """Waits for futures in all ways, and sets some."""

    def __init__(self, seed: int, scene: Futures) -> None:
        super().__init__(seed)
        self.scene = scene

    def step(self) -> None:
        future = self.rng.choice(self.scene.futures)
        do = self.rng.choice(["result", "exception", "wait", "as completed", "set"])
        try:
            if do == "result":
                assert future.result(MOMENT) == "it"
            elif do == "exception":
                assert future.exception(MOMENT) is None
            elif do == "wait":
                futures.wait(self.scene.futures, MOMENT)
            elif do == "as completed":
                list(futures.as_completed(self.scene.futures, MOMENT))
            elif self.rng.random() < 0.05:
                future.set_result("it")
        except (NotDone, futures.InvalidStateError):
            pass


class Futures(Scene):
    """Futures that are set one after the other."""

    def __init__(self) -> None:
        self.futures: list[Any] = [futures.Future() for _ in range(AHEAD)]
        self.called: list[Any] = []
        for future in self.futures:
            future.add_done_callback(self.called.append)

    def part(self, seed: int) -> Part:
        return Asking(seed, self)

    def check(self, parts: list[Part]) -> None:
        for future in self.futures:
            if not future.done():
                future.set_result("it")
        assert [future.result(0) for future in self.futures] == ["it"] * AHEAD
        assert futures.wait(self.futures, 0).not_done == set()
        # A thread that is struck in `set_result` may not have come to the callbacks.
        assert len(self.called) == len(set(self.called))


class Submitting(Part):
    """Submits calls to a pool, and waits for their results."""

    def __init__(self, seed: int, pool: Any) -> None:
        super().__init__(seed)
        self.pool, self.submitted = pool, Account()

    def step(self) -> None:
        if self.rng.random() < 0.7:
            self.submitted.note(self.pool.submit, int, len(self.submitted))
        elif self.submitted.noted:
            self.rng.choice(self.submitted.noted).result()


class Pools(Scene):
    """A pool."""

    def __init__(self, kind: type[Any], **options: Any) -> None:
        self.pool = kind(2, **options)
        # Its threads are there: a strike in the middle of a start is the standard class's matter.
        waiting = threading.Barrier(3)
        calls = [self.pool.submit(waiting.wait) for _ in range(2)]
        waiting.wait()
        futures.wait(calls)

    def part(self, seed: int) -> Part:
        return Submitting(seed, self.pool)

    def check(self, parts: list[Part]) -> None:
        submitting = [part for part in parts if isinstance(part, Submitting)]
        for part in submitting:
            results = [future.result() for future in part.submitted.noted]
            assert results == list(range(len(results)))
        self.pool.shutdown()
        assert not any(thread.is_alive() for thread in self.pool._threads)


class Ending(Part):
    """Makes pools and shuts them down, until each has been."""

    def __init__(self, seed: int, kind: type[Any]) -> None:
        super().__init__(seed)
        self.kind, self.pools, self.ended = kind, Account(), Account()

    def make(self) -> Any:
        pool = self.kind(2)
        for _ in range(3):
            pool.submit(time.sleep, self.rng.random() * MOMENT)
        return pool

    def step(self) -> None:
        if len(self.pools) > len(self.ended):
            self.ended.note(self.pools.noted[-1].shutdown)
        else:
            self.pools.note(self.make)


class Ends(Scene):
    """Pools that are shut down."""

    def __init__(self, kind: type[Any]) -> None:
        self.kind = kind

    def part(self, seed: int) -> Part:
        return Ending(seed, self.kind)

    def check(self, parts: list[Part]) -> None:
        pools = [pool for part in parts if isinstance(part, Ending) for pool in part.pools.noted]
        for pool in pools:
            pool.shutdown()
            assert not any(thread.is_alive() for thread in pool._threads)
