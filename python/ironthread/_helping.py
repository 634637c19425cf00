"""Workers of a work-stealing pool that have to wait, and work meanwhile.

A worker that waits for the future of a call of its own pool makes that call itself, if nobody has
begun it: a call like any other, as deep as the program means it to be. While another worker makes
it, it makes other calls of the pool, on top of its own stack; `MOST_HELP` bounds how many of these
lie on one another. Beyond that it just waits, which is safe: what it waits for has begun elsewhere,
and among calls that wait for what they submitted themselves nobody waits in a circle.

See `ironthread::exec::Pool` in the crate, which does the same for closures.
"""

from __future__ import annotations

import threading
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from ironthread import _core

MOST_HELP = 32
"""How many calls a waiting worker makes on top of one another."""


class Here(threading.local):
    """What the calling thread is."""

    crew: _core.Crew | None = None
    """The pool's jobs, if it is a worker of a work-stealing pool."""
    hand: _core.Hand | None = None
    """Its place there."""
    helps = 0
    """How many calls it makes while it waits for others."""


here = Here()


def work_until(is_over: Callable[[], bool], futures: Iterable[Any], deadline: float | None) -> None:
    """Work until `is_over()`, or until the deadline of `time.monotonic()`; not always until then.

    For a worker that waits for `futures`, and has asked to be nudged when one of them is done.
    """
    hand, crew = here.hand, here.crew
    assert hand is not None
    assert crew is not None
    for future in futures:
        if is_over():
            return
        unbegun = getattr(future, "_unbegun", None)  # others' futures have none
        job = unbegun and unbegun(crew)
        if job:
            job.run()
    if here.helps >= MOST_HELP:
        return
    here.helps += 1
    try:
        while True:
            seen = hand.news()
            limit = None if deadline is None else max(deadline - monotonic(), 0.0)
            if is_over() or limit == 0.0:
                return
            job = hand.get_unless_news(seen, limit)
            if job is not None:
                job.run()
                del job  # not for the time of the next wait
    finally:
        here.helps -= 1


def nudger() -> Callable[[object], None]:
    """A callback for futures that has the calling worker look again."""
    hand, crew = here.hand, here.crew
    assert hand is not None
    assert crew is not None
    number = hand.number

    def nudge(_: object) -> None:
        crew.nudge(number)

    return nudge
