from collections.abc import Callable
from typing import Any, Literal, Self, TypedDict

from .order import TakenRow

Mode = Literal["off", "report", "raise"]

class Link(TypedDict):
    id: int
    ident: int
    name: str | None
    kind: str
    # Which one, among those that live.
    address: int
    origin: tuple[str, int] | None
    # Since when it waits.
    seconds: float
    # The id of the thread that has to bring it about, where that is known.
    owner: int | None
    # What the thread holds, in the order in which it took it, while the order of locks is watched.
    held: list[TakenRow]
    # Whether it waits for a call that no worker of its pool has begun.
    unbegun: bool
    # Whether that thread has ended.
    orphaned: bool

class PoolWorkers:
    def __new__(cls, limit: int) -> Self: ...
    def join(self) -> None: ...

class Found(TypedDict):
    nature: Literal["certain", "likely", "all asleep"]
    links: list[Link]

def deadlock_words(
    error: Callable[[Any], BaseException], tell: Callable[[Any], object]
) -> None: ...
def deadlock_mode() -> tuple[Mode, bool]: ...
def set_deadlock_mode(mode: str) -> Mode: ...
def set_tell_all_asleep(tell: bool) -> bool: ...
def thread_is_over(is_over: bool) -> None: ...
