"""The operations that are measured, in the order of the table: one file for each concept."""

from __future__ import annotations

from measure.operation import Operation

from . import (
    aio,
    barrier,
    condition,
    construction,
    event,
    future,
    handover,
    lock,
    memory,
    pipeline,
    pool,
    queue,
    rlock,
    semaphore,
    thread,
)

OPERATIONS: tuple[Operation, ...] = (
    *construction.OPERATIONS,
    *lock.OPERATIONS,
    *rlock.OPERATIONS,
    *semaphore.OPERATIONS,
    *event.OPERATIONS,
    *condition.OPERATIONS,
    *barrier.OPERATIONS,
    *queue.OPERATIONS,
    *pipeline.OPERATIONS,
    *handover.OPERATIONS,
    *thread.OPERATIONS,
    *future.OPERATIONS,
    *pool.OPERATIONS,
    *aio.OPERATIONS,
    *memory.OPERATIONS,
)
