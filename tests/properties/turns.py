"""Threads that do one step at a time, each when it is its turn."""

from __future__ import annotations

import queue
from collections.abc import Callable
from typing import Any, Self

from crew import Crew

THREADS = 3
LIMIT_SECONDS = 60.0

Step = Callable[[], Any]


class Turns:
    """As many threads; `do()` has one of them make a call and waits for the result."""

    def __init__(self) -> None:
        self._crew = Crew()
        self._steps: list[queue.SimpleQueue[Step | None]] = []
        self._results: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def __enter__(self) -> Self:
        for _ in range(THREADS):
            steps: queue.SimpleQueue[Step | None] = queue.SimpleQueue()
            self._steps.append(steps)
            self._crew.start(self._take, steps)
        return self

    def __exit__(self, *_: object) -> None:
        for steps in self._steps:
            steps.put(None)
        self._crew.join()

    def _take(self, steps: queue.SimpleQueue[Step | None]) -> None:
        while (step := steps.get()) is not None:
            self._results.put(step())

    def do(self, thread: int, step: Step) -> Any:
        """Return what the step returns; it must not raise. One that waits for ever is a hang."""
        self._steps[thread].put(step)
        try:
            return self._results.get(timeout=LIMIT_SECONDS)
        except queue.Empty:
            raise AssertionError(f"thread {thread} does not come back from its step") from None
