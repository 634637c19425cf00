"""Queues that threads and coroutines use together.

Each is one of ironthread's queues, all of it, for threads; and has `aput()`, `aget()` and
`ajoin()` for coroutines of any loop in any thread. There are no helper threads and no polling,
and no loop is ever blocked: a coroutine that has to wait leaves a `Call` with the queue, and
whoever changes the queue makes the call.

**What is waited for is looked up again.** A call carries nothing. A coroutine takes an item, puts
one, by an attempt that does not wait, in one step with its return: so neither a cancellation nor
a time limit can come between, and no item is lost or put twice.

**No call is lost.** The coroutine enlists its call *before* each attempt, so that a change after
a failed attempt finds it (the argument is in the engine's `queue/callers.rs`). A call is for one
thing: who was called and does not use it (cancelled meanwhile, or done by an attempt that
succeeded besides) has the next one called. Calls of closed loops, and of the parent process after
a fork, are passed over by the queue.

**No order is broken by being reentrant.** The call is made with no lock held, by code that may
run in a signal handler or a finalizer; nothing here relies on the interpreter's lock.

Names: `a` and the name of the blocking method, as the language has `anext`, `aclose` and `aiter`.
Two views (janus: `q.sync_q.put()`, `q.async_q.put()`) would be two more objects a queue, and the
queue itself could not be handed to code that knows `queue.Queue` only.
"""

from __future__ import annotations

from queue import Empty, Full
from types import GenericAlias
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar

from ironthread import _core
from ironthread.aio._call import Call

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

if TYPE_CHECKING:
    from collections.abc import Callable

    class _Base(_core.Queue[Item], Generic[Item]):
        """What `_ForCoroutines` is mixed into."""
else:

    class _Base:
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)


class _NotDone(Exception):  # noqa: N818 (like Empty and Full)
    """Tasks are unfinished."""


async def _when(
    queue: _core.Queue[Any],
    side: Literal["get", "put", "join"],
    attempt: Callable[[], Outcome],
    in_vain: type[Exception],
) -> Outcome:
    """Wait until the attempt succeeds, which raises `in_vain` when there is nothing for it yet."""
    call: Call | None = None
    try:
        while True:
            called_before = call is not None
            call = Call()
            _core.queue_enlist(queue, side, call, called_before)
            try:
                return attempt()
            except in_vain:
                pass
            await call.come
            # One that failed on its way stands in the line again, and may have come all the same.
            _core.queue_withdraw(queue, side, call)
            if call.in_doubt:
                # It may have been made for two things: another looks, in vain perhaps.
                _core.queue_call_next(queue, side)
    finally:
        if call is not None:
            _core.queue_leave(queue, side, call)


class _ForCoroutines(_Base[Item]):
    """What coroutines use."""

    async def aput(self, item: Item) -> None:
        """Put an item into the queue, waiting for a free slot.

        ShutDown is raised when the queue was shut down, before the call or while it waits. A
        cancelled call has not put the item.
        """
        try:
            self.put(item, False)
        except Full:
            await _when(self, "put", lambda: self.put(item, False), Full)

    async def aget(self) -> Item:
        """Remove and return the next item, waiting for one.

        ShutDown is raised when the queue was shut down and is empty, before the call or while it
        waits. A cancelled call has not removed an item.
        """
        try:
            return self.get(False)
        except Empty:
            return await _when(self, "get", lambda: self.get(False), Empty)

    async def ajoin(self) -> None:
        """Wait until every item that was put has been marked as done."""

        def look() -> None:
            if not _core.queue_is_done(self):
                raise _NotDone

        await _when(self, "join", look, _NotDone)


class Queue(_ForCoroutines[Item], _core.Queue[Item]):
    """A queue for threads and coroutines, first in, first out.

    If maxsize is zero or less, the queue's size has no limit.
    """


class LifoQueue(_ForCoroutines[Item], _core.LifoQueue[Item]):
    """A queue for threads and coroutines whose items leave last in, first out."""


class PriorityQueue(_ForCoroutines[Item], _core.PriorityQueue[Item]):
    """A queue for threads and coroutines whose lowest item leaves first, by the items' own `<`."""


for _class in (Queue, LifoQueue, PriorityQueue):
    _class.__module__ = "ironthread.aio"
