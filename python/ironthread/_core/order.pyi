from collections.abc import Callable
from typing import Any, TypedDict

class TakenRow(TypedDict):
    kind: str
    # Which one, among those that live.
    address: int
    origin: tuple[str, int] | None
    # File, line and function, the innermost last.
    stack: list[tuple[str, int, str]]

class _StepRow(TypedDict):
    thread: str | None
    # Of one that has ended it may be another's by now.
    ident: int
    alive: bool
    held: TakenRow
    taken: TakenRow

class Found(TypedDict):
    steps: list[_StepRow]
    is_of_locks: bool

def lock_order_words(tell: Callable[[Any], object]) -> None: ...
def set_lock_order(on: bool) -> bool: ...
