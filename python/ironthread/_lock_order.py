"""Locks taken in two orders: told when the second order is seen, whether or not it deadlocked.

The engine finds them (`ironthread::observe::order` in the crate says how, and what is harmless).
"""

from __future__ import annotations

from ironthread import _core, _explain
from ironthread._taken import Taken

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from ironthread._core.order import Found


class Step:
    """A thread that took a lock while it held another."""

    __slots__ = ("held", "taken", "thread")

    def __init__(self, thread: str, held: Taken, taken: Taken) -> None:
        self.thread = thread
        """Its name."""
        self.held = held
        self.taken = taken

    def __repr__(self) -> str:
        return f"<Step {self.thread!r} held {self.held}, took {self.taken}>"


class LockOrderInversion:
    """Locks taken in orders that can end in a deadlock, though this time they did not."""

    def __init__(self, steps: list[Step], is_of_locks: bool) -> None:
        self.steps = steps
        """Each took what the next one held, the last what the first one held."""
        self.is_of_locks = is_of_locks
        """Whether it is of these very locks, or of others that the same lines made."""

    def __repr__(self) -> str:
        return f"<LockOrderInversion of {len(self.steps)} steps>"

    def __str__(self) -> str:
        """An explanation, for people."""
        return "\n".join(self._lines())

    def headline(self) -> str:
        """What it is, in a few words."""
        return f"{len(self.steps)} locks are taken in orders that can end in a deadlock"

    def _lines(self) -> Iterator[str]:
        yield self.headline() + ":"
        for step in self.steps:
            yield ""
            yield f"{step.thread} held {step.held}, taken at"
            yield from _explain.frames(step.held.stack)
            yield f"  and took {step.taken}, at"
            yield from _explain.frames(step.taken.stack)
        yield ""
        yield (
            "What is wrong: threads that do this at the same time can wait for one another for "
            "ever. It did not happen this time."
        )
        if not self.is_of_locks:
            yield (
                "(It was seen of different locks that were made on the same lines. If the program "
                "makes sure that the very same ones never meet so, all is well.)"
            )
        yield (
            "How it is usually cured: take these locks in the same order everywhere, or guard what "
            "they protect by one lock, or always take a third one first."
        )


class _Settings:
    hook: Callable[[LockOrderInversion], object] | None = None


settings = _Settings()


class lock_order:  # noqa: N801 (used like a function)
    """In a `with` block, for the whole process: the order is watched in which threads take locks.

    hook: is called with each `LockOrderInversion`, in the thread that completed it and holds the
        locks in question; None: it is told on standard error.

    While it is on, each lock that is taken costs some microseconds.
    """

    def __init__(self, hook: Callable[[LockOrderInversion], object] | None = None) -> None:
        self._hook = hook

    def __enter__(self) -> None:
        self._before = _core.set_lock_order(True), settings.hook
        settings.hook = self._hook

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        was_on, settings.hook = self._before
        _core.set_lock_order(was_on)


def _tell(found: Found) -> None:
    steps = [
        Step(
            _explain.thread_name(row["thread"], row["ident"], is_alive=row["alive"]),
            Taken(row["held"]),
            Taken(row["taken"]),
        )
        for row in found["steps"]
    ]
    inversion = LockOrderInversion(steps, found["is_of_locks"])
    hook = settings.hook
    if hook is not None:
        hook(inversion)
    else:
        _explain.tell("lock order", inversion.headline(), str(inversion))


_core.lock_order_words(_tell)
