"""Workers of a work-stealing pool that have to wait, and work meanwhile.

A worker that waits for the future of a call of its own pool makes that call itself, if nobody has
begun it: a call like any other, as deep as the program means it to be. When all that it waits for
has begun elsewhere it sleeps, and there is progress all the same: follow each begun call that waits
to the call it waits for. That one has begun, on some stack; if it is not the top of that stack it
waits itself, for the call on top of it, which was made for that reason and no other. So the way
leads on, and ends in a call that runs, unless the program itself has calls wait in a circle. And
what lies on a worker's stack above a call is what that call waits for: no stranger meets a lock
that the call holds, or waits on top of it for something else.

A pool can be made to do more (`while_waiting="any"`): its workers then make whatever calls there
are while they wait, on top of their stacks; `MOST_HELP` bounds how many of these lie on one
another. Then there are strangers, and a lock that is held over a wait is a trap: one of them may
want it on the same stack, and would wait for ever for the call beneath it; or enter, if it is an
RLock.

See `ironthread::exec::Pool` in the crate, which does the latter for closures.
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
    helps_any = False
    """Whether it makes other calls while it waits than those that it waits for."""
    helps = 0
    """How many such calls it makes now."""


here = Here()


def work_until(is_over: Callable[[], bool], futures: Iterable[Any], deadline: float | None) -> None:
    """Work until `is_over()`, or until the deadline of `time.monotonic()`; not always until then.

    For a worker that waits for `futures`, and has called `nudge_at_end_of()` for them.
    """
    crew = here.crew
    assert crew is not None
    job = future = None
    try:
        for future in futures:
            if is_over():
                return
            job = _unbegun(future, crew)
            if job is not None:
                job.run()
        if here.helps_any and here.helps < MOST_HELP:
            _help_until(is_over, deadline)
    finally:
        # What a call raises leads by its traceback to the frames below it: no cycle through this.
        del is_over, futures, future, job


def _unbegun(future: Any, crew: _core.Crew) -> Any:
    """The job of that future, if it is that pool's and nobody has begun it."""
    unbegun = getattr(future, "_unbegun", None)  # others' futures have none
    return None if unbegun is None else unbegun(crew)


def _help_until(is_over: Callable[[], bool], deadline: float | None) -> None:
    """Make whatever calls there are."""
    hand = here.hand
    assert hand is not None
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
        del is_over  # no cycle, as above


def nudge_at_end_of(futures: Iterable[Any]) -> None:
    """Have the calling worker look again when one of them is done, if it does others' work then."""
    if not here.helps_any:
        return
    hand, crew = here.hand, here.crew
    assert hand is not None
    assert crew is not None
    number = hand.number

    def nudge(_: object) -> None:
        crew.nudge(number)

    for future in futures:
        future.add_done_callback(nudge)
