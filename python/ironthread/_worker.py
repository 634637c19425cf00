"""What the threads of a pool do.

The loop is Python: between its turns the interpreter looks at what else it has to do. Of the pool's
own queue it has some calls made in each turn. A worker knows its pool by a weak reference, so that
a pool that is dropped ends.
"""

from __future__ import annotations

from concurrent.futures import _base
from concurrent.futures import thread as _standard_module
from queue import Empty

from ironthread import _core

TYPE_CHECKING = False
if TYPE_CHECKING:
    import weakref
    from collections.abc import Callable
    from typing import Any, Protocol

    from ironthread._job import Job
    from ironthread._pool import ThreadPoolExecutor

    class JobQueue(Protocol):
        """Where a worker's jobs come from. None in it says: look whether you should end."""

        def put(self, job: Job | None) -> object: ...
        def get(self) -> Job | None: ...
        def get_nowait(self) -> Job | None: ...


# The standard module's own parts have no types.
_standard: Any = _standard_module


def work(
    reference: weakref.ref[ThreadPoolExecutor],
    queue: JobQueue,
    initializer: Callable[..., object] | None,
    initargs: tuple[Any, ...],
    workers: _core.PoolWorkers | None,
) -> None:
    """What a worker does."""
    if workers is not None:
        workers.join()
    if initializer is not None:
        try:
            initializer(*initargs)
        except BaseException:
            _base.LOGGER.critical("Exception in initializer:", exc_info=True)
            executor = reference()
            if executor is not None:
                executor._initializer_failed()
            return
    # A backlog knows itself how many workers are idle.
    wait = queue.get if isinstance(queue, _core.Backlog) else None
    try:
        if isinstance(queue, _core.PoolJobs):
            while not (queue.make() and _should_end(reference)):
                pass
            queue.put(None)  # for the next worker
            return
        while True:
            if wait is not None:
                job = wait()
            else:
                try:
                    job = queue.get_nowait()
                except Empty:
                    _note_idle(reference)
                    job = queue.get()
            if job is not None:
                job.run()
                del job  # not for the time of the next wait
            elif _should_end(reference):
                queue.put(None)  # for the next worker
                return
    except BaseException:
        _base.LOGGER.critical("Exception in worker", exc_info=True)


def _note_idle(reference: weakref.ref[ThreadPoolExecutor]) -> None:
    executor = reference()
    if executor is not None:
        executor._idle_semaphore.release()


def _should_end(reference: weakref.ref[ThreadPoolExecutor]) -> bool:
    executor = reference()
    if executor is None:
        return True
    if _standard._shutdown:
        executor._shutdown = True
    return bool(executor._shutdown)
