"""A lock that a thread has taken, as reports tell of it."""

from __future__ import annotations

from ironthread import _explain
from ironthread._origin import is_program

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ironthread._core.order import TakenRow
    from ironthread._explain import Frame


class Taken:
    """A lock, as it was taken."""

    __slots__ = ("kind", "origin", "stack")

    def __init__(self, row: TakenRow) -> None:
        self.kind = row["kind"]
        """"Lock" or "RLock"."""
        self.origin = row["origin"]
        """File and line that made it, where that was recorded."""
        own = [frame for frame in row["stack"] if is_program(frame[0])]
        self.stack: list[Frame] = own or row["stack"]
        """Where it was taken: file, line and function of the frames, the innermost last; empty
        where that was not recorded."""

    def __repr__(self) -> str:
        return f"<Taken {self}>"

    def __str__(self) -> str:
        name = "an RLock" if self.kind == "RLock" else "a Lock"
        return f"{name} made at {_explain.place(*self.origin)}" if self.origin else name
