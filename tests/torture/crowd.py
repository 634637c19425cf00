"""The other threads of a process that forks."""

from __future__ import annotations

import importlib
import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

from waits import Wait

from torture.cast import end_for_good, is_refusal


class Crowd:
    """Threads that hold, wait and move, until they are told to disperse."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.over = Event()
        self.legacies: list[Callable[[], object]] = []
        """What a child does with what it inherits."""
        self.threads: list[Thread] = []
        self._waiting: list[tuple[Wait, Thread]] = []
        self._closing: list[Callable[[], object]] = []

    def gather(self, kind: str) -> None:
        """Have the threads do what the kind says."""
        importlib.import_module(f"torture.crowds.{kind}").gather(self)

    def some(self, few: int, many: int) -> range:
        """As many rounds as the seed says."""
        return range(self.rng.randint(few, many))

    def start(self, function: Callable[..., object], *arguments: object) -> Thread:
        """Start a thread that comes to its end when the crowd disperses."""
        thread = Thread(target=go_on, args=(function, *arguments), daemon=True)
        self.threads.append(thread)
        thread.start()
        return thread

    def have_wait(self, wait: Wait) -> None:
        """Start a thread that waits until the crowd disperses."""
        self._waiting.append((wait, self.start(wait.wait)))

    def again_and_again(self, step: Callable[[], object]) -> None:
        """Start a thread that does something all the time."""

        def go() -> None:
            while not self.over.is_set():
                step()

        self.start(go)

    def at_the_end(self, function: Callable[[], object]) -> None:
        """Something that ends some of the threads."""
        self._closing.append(function)

    @property
    def may_stay(self) -> bool:
        """Whether nobody waits for the crowd when the program ends."""
        return not self._closing

    def disperse(self) -> None:
        """End all."""
        self.over.set()
        for function in self._closing:
            function()
        for wait, thread in self._waiting:
            end_for_good(wait, thread)
        for thread in self.threads:
            thread.join()


def go_on(function: Callable[..., object], *arguments: object) -> None:
    """Do something for as long as the interpreter takes new threads."""
    try:
        function(*arguments)
    except RuntimeError as error:
        if not is_refusal(error):
            raise


def settle() -> None:
    """Wait until no other thread of this process gets anywhere any more: what waits is asleep."""
    seen = None
    while seen != (now := _progress()):
        seen = now
        time.sleep(0.003)


def _progress() -> list[str]:
    own = str(os.getpid())
    found = []
    for task in Path("/proc/self/task").iterdir():
        if task.name != own:
            status = (task / "status").read_text()
            found.append(status[status.index("State:") :].partition("Cpus_allowed")[0])
    return sorted(found)
