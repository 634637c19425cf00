"""Queues: what was put is what was got and what is left, and the tasks are as many."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from crew import Crew
from ironthread import threading
from ironthread.queue import Empty, Full

from torture.struck.scene import MOMENT, Part, Scene
from torture.struck.worker import Account


class Moving(Part):
    """Puts items, gets items, and says that they are done."""

    def __init__(self, seed: int, queue: Any, has_tasks: bool) -> None:
        super().__init__(seed)
        self.number, self.queue, self.has_tasks = seed, queue, has_tasks
        self.put, self.got, self.done = Account(), Account(), Account()
        self.item: tuple[int, int] = (0, seed)

    def step(self) -> None:
        limit = self.rng.choice([(False,), (True, MOMENT)])
        try:
            if self.has_tasks and len(self.got) > len(self.done):
                self.done.note(self.queue.task_done)
            elif self.rng.random() < 0.5:
                # Put again under another number if it is not sure to have got in.
                self.item = (len(self.put), self.number)
                self.put.note(self.putting, self.item, *limit)
            else:
                self.got.note(self.queue.get, *limit)
        except (Empty, Full):
            pass

    @property
    def putting(self) -> Callable[..., Any]:
        put: Callable[..., Any] = self.queue.put
        return put

    def finish(self) -> None:
        while self.has_tasks and len(self.got) > len(self.done):
            self.done.note(self.queue.task_done)


class Queues(Scene):
    """A queue."""

    def __init__(self, make: Callable[[], Any], has_tasks: bool = True) -> None:
        self.queue, self.has_tasks = make(), has_tasks

    def part(self, seed: int) -> Part:
        return Moving(seed, self.queue, self.has_tasks)

    def check(self, parts: list[Part]) -> None:
        moving = [part for part in parts if isinstance(part, Moving)]
        left = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        assert self.queue.empty()
        put = Counter((number, part.number) for part in moving for number in range(len(part.put)))
        got = Counter(item for part in moving for item in part.got.noted) + Counter(left)
        assert put == got, f"lost {put - got}, doubled {got - put}"
        if self.has_tasks:
            assert self.queue.unfinished_tasks == len(left)
            with Crew() as crew:
                joining = crew.start(self.queue.join)
                for _ in left:
                    self.queue.task_done()
                joining.result()


class Giving(Part):
    """Puts items, and waits until all of them are done."""

    def __init__(self, seed: int, scene: Tasks) -> None:
        super().__init__(seed)
        self.number, self.scene, self.put = seed, scene, Account()

    def step(self) -> None:
        if self.rng.random() < 0.5:
            self.put.note(self.scene.queue.put, self.number)
            return
        self.scene.queue.join()
        done = self.scene.done[self.number]
        assert done == len(self.put), f"joined with {done} done of {len(self.put)}"


class Tasks(Scene):
    """A queue whose items somebody else, whom nothing strikes, gets and does."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.queue, self.done = make(), Counter[int]()
        self.doer = threading.Thread(target=self.do, daemon=True)
        self.doer.start()

    def do(self) -> None:
        while (number := self.queue.get()) is not None:
            time.sleep(MOMENT / 5)
            self.done[number] += 1
            self.queue.task_done()

    def part(self, seed: int) -> Part:
        return Giving(seed, self)

    def check(self, parts: list[Part]) -> None:
        with Crew() as crew:
            crew.start(self.queue.join)
        assert self.queue.unfinished_tasks == 0
        giving = [part for part in parts if isinstance(part, Giving)]
        assert self.done == Counter({part.number: len(part.put) for part in giving})
        self.queue.put(None)
        self.doer.join()
